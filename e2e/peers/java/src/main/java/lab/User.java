package lab;

import java.io.Serializable;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value with a field of most kinds that Hessian writes in a form of its own. */
public class User implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Hessian writes an enum as an object with the one field {@code name}. */
    public enum Role { READER, WRITER }

    public String name;
    public int age;
    public long id;
    public double balance;
    public boolean active;
    public Date born;
    public BigDecimal limit;
    public Role role;
    public byte[] photo;
    public List<String> tags = new ArrayList<>();
    public Map<String, Integer> scores = new LinkedHashMap<>();
    public List<User> friends = new ArrayList<>();

    /** The user number {@code n}; the same for the same number. */
    public static User sample(int n) {
        User user = new User();
        // U+1F600 lies outside the basic plane: Java writes it as two surrogates of three bytes each.
        user.name = "user " + n + " \u00e4\u4e2d\uD83D\uDE00";
        user.age = 20 + n;
        user.id = 1L << (n % 60);
        user.balance = n + 0.25;
        user.active = n % 2 == 0;
        user.born = new Date(86_400_000L * n);
        user.limit = new BigDecimal("1234.50");
        user.role = n % 2 == 0 ? Role.READER : Role.WRITER;
        user.photo = UserServiceImpl.pattern(n);
        user.tags.add("tag " + n);
        user.scores.put("score", n);
        return user;
    }
}
