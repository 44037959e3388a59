import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Writes dubbo/src/canonical/table.rs from what Examine found. */
final class Table {
    /** Field lists that known writers define such classes with: see testdata/hessian. All other classes have none. */
    private static final Map<String, List<String>> LEGAL = new HashMap<>();

    static {
        for (String name : List.of("java.util.UUID", "java.util.concurrent.atomic.LongAdder$SerializationProxy",
            "java.util.concurrent.atomic.AtomicBoolean", "java.util.concurrent.atomic.AtomicInteger",
            "java.util.concurrent.atomic.AtomicLong", "java.util.concurrent.atomic.AtomicReference", "java.sql.Date",
            "java.sql.Time", "java.sql.Timestamp")) {
            LEGAL.put(name, List.of("value"));
        }
        // JDK 9 and later (21 has one more), as Caucho and hessian-lite order them; JDK 8, in either order.
        for (String name : List.of("java.lang.StringBuffer", "java.lang.StringBuilder")) {
            LEGAL.put(name, List.of("coder,count,value", "count,value", "value,count", "value,count,coder",
                "value,count,maybeLatin1,coder"));
        }
    }

    /**
     * Where an exception in an argument is swallowed (Dubbo 2.7), reading went on in the middle of these: seen there. And
     * LongAdder, which is never written under its own name.
     */
    private static final List<String> THROWING = List.of("java.lang.Object", "java.lang.Number", "java.lang.StringBuffer", "java.lang.StringBuilder",
        "java.sql.Date", "java.sql.Time", "java.sql.Timestamp", "java.util.Date", "java.util.EnumSet", "java.util.Properties",
        "java.util.TimeZone", "java.util.concurrent.ConcurrentHashMap", "java.util.concurrent.atomic.AtomicBoolean",
        "java.util.concurrent.atomic.AtomicInteger", "java.util.concurrent.atomic.AtomicLong",
        "java.util.concurrent.atomic.AtomicReference", "java.util.concurrent.atomic.LongAdder", "java.util.Arrays$ArrayList", "java.util.Collections$EmptyList",
        "java.util.Collections$UnmodifiableRandomAccessList");

    /** Readers that take a list or a plain value, and throw at an object of such a class. */
    private static final Set<String> NO_OBJECTS = Set.of("BasicDeserializer", "CollectionDeserializer",
        "IteratorDeserializer", "EnumerationDeserializer");

    /** Classes that are looked into value by value, because their own fields are what they should be (holder.rs). */
    private static final Set<String> HOLDERS = Set.of("com.alibaba.com.caucho.hessian.io.java8.LocalDateTimeHandle",
        "com.alibaba.com.caucho.hessian.io.java8.OffsetTimeHandle");

    /** Classes whose arrays holder.rs looks into, so that what arrays of them do needs no row: a row is about an object. */
    private static final Set<String> ELEMENTS = Set.of("java.io.InputStream", "java.time.LocalDate", "java.time.LocalTime",
        "java.util.UUID", "java.util.concurrent.atomic.LongAdder$SerializationProxy");

    static void write(List<Path> jars, Path findings, Path table) throws IOException {
        Set<String> names = new TreeSet<>(THROWING);
        Set<String> moving = new HashSet<>();
        List<String> versions = new ArrayList<>();
        for (Path jar : jars) {
            String release = jar.getFileName().toString().replace(".jar", "");
            versions.add(release.replace("hessian-lite-", ""));
            Set<String> readers = new HashSet<>();
            for (String line : Files.readAllLines(findings.resolve(release + ".txt"))) {
                String[] finding = line.split("\t", -1);
                String name = finding[1];
                switch (finding[0]) {
                    case "moves" -> {
                        names.add(name);
                        moving.add(name + " " + finding[2]);
                    }
                    case "moves in a list of an array", "moves in a list of an array of one",
                        "moves in a list of an array of arrays" -> {
                        if (!ELEMENTS.contains(name)) {
                            throw new IOException("holder.rs does not know the arrays of " + name);
                        }
                    }
                    case "reader" -> {
                        if (NO_OBJECTS.contains(finding[2]) && finding[3].equals("public") && name.startsWith("java.")) {
                            readers.add(name);
                        }
                    }
                    case "never reads" -> {
                        if (readers.contains(name)) {
                            names.add(name);
                        }
                    }
                    case "passed over" -> System.err.println(release + " passed over " + name);
                    default -> throw new IOException("a finding of another kind: " + line);
                }
            }
        }
        names.removeAll(HOLDERS);
        StringBuilder out = new StringBuilder();
        out.append("// Written by tools/audit/run.sh on JDK ").append(Runtime.version().feature()).append(", with hessian-lite ")
            .append(String.join(", ", versions)).append(".\n\n")
            .append("/// For each class that some reader does not read as it is defined: the field lists that writers define it with\n")
            .append("/// and every reader reads to the right byte. Sorted.\n")
            .append("#[rustfmt::skip]\n")
            .append("pub(super) static TABLE: &[(&str, &[&[&str]])] = &[\n");
        for (String name : names) {
            List<String> lists = LEGAL.getOrDefault(name, List.of());
            for (String list : lists) {
                if (moving.contains(name + " " + list)) {
                    throw new IOException(name + " moves though it is defined as writers do: " + list);
                }
            }
            out.append("    (\"").append(name).append("\", &[")
                .append(String.join(", ", lists.stream().map(list -> "&[\"" + list.replace(",", "\", \"") + "\"]").toList()))
                .append("]),\n");
        }
        Files.writeString(table, out.append("];\n"), StandardCharsets.UTF_8);
    }

    private Table() {}
}
