package lab;

import java.io.Serializable;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Inheritance, generics, arrays of a class and references in one value. */
public class Staff implements Serializable {
    private static final long serialVersionUID = 1L;

    public Manager head;
    public List<Employee> all = new ArrayList<>();
    public Map<String, List<Employee>> byCity = new LinkedHashMap<>();
    public Employee[] board;
    public Object anything;

    /** A base class. */
    public static class Employee implements Serializable {
        private static final long serialVersionUID = 1L;

        public String name;
        public LocalDate since;
        public Manager manager;
    }

    /** With fields of its own, and a way back to who points here. */
    public static class Manager extends Employee {
        private static final long serialVersionUID = 1L;

        public long budget;
        public List<Employee> reports = new ArrayList<>();
    }

    /** A small one, in which everybody points at somebody. */
    public static Staff sample() {
        Staff staff = new Staff();
        staff.head = new Manager();
        staff.head.name = "ada";
        staff.head.since = LocalDate.of(1999, 12, 31);
        staff.head.manager = staff.head;
        staff.head.budget = 1L << 50;
        Employee bob = new Employee();
        bob.name = "bob \u4e2d";
        bob.manager = staff.head;
        staff.head.reports.add(bob);
        staff.all.add(staff.head);
        staff.all.add(bob);
        staff.byCity.put("Bern", staff.all);
        staff.byCity.put("Oslo", new ArrayList<>(List.of(bob)));
        staff.board = new Employee[] {bob, staff.head, null};
        staff.anything = new Object[] {1, "two", 3.5, bob};
        return staff;
    }
}
