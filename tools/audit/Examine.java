import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.logging.LogManager;

/**
 * Reads streams of every class of some modules with one hessian-lite and prints what its reader does that the stream does
 * not say, a line a finding. It makes instances of anything, so it may crash: Audit starts it again behind the class.
 */
public final class Examine {
    private final Lite lite;
    private final PrintStream out;

    /** Arguments: the jar, the number of classes to pass over, the modules. */
    public static void main(String[] args) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err);
        LogManager.getLogManager().reset();
        Opened.everything();
        Examine examine = new Examine(new Lite(Path.of(args[0])), out);
        List<String> names = names(List.of(args).subList(2, args.length), Path.of(args[0]));
        for (int n = Integer.parseInt(args[1]); n < names.size(); n++) {
            out.println("at\t" + n + "\t" + names.get(n));
            examine.classNamed(names.get(n));
        }
        out.println("done");
        out.flush();
        Runtime.getRuntime().halt(0);
    }

    private Examine(Lite lite, PrintStream out) {
        this.lite = lite;
        this.out = out;
    }

    /** The classes of the modules, and hessian-lite's own. */
    private static List<String> names(List<String> modules, Path jar) throws Exception {
        Set<String> names = new TreeSet<>();
        FileSystem jdk = FileSystems.getFileSystem(URI.create("jrt:/"));
        for (String module : modules) {
            add(names, jdk.getPath("/modules/" + module));
        }
        try (FileSystem zip = FileSystems.newFileSystem(jar)) {
            add(names, zip.getPath("/"));
        }
        return new ArrayList<>(names);
    }

    private static void add(Set<String> names, Path root) throws Exception {
        try (var files = Files.walk(root)) {
            files.map(file -> root.relativize(file).toString())
                .filter(file -> file.endsWith(".class") && !file.contains("module-info") && !file.contains("package-info"))
                .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
                .forEach(names::add);
        }
    }

    private void classNamed(String name) throws Exception {
        Class<?> type;
        Set<List<String>> lists;
        try {
            type = lite.load(name);
            lists = fieldLists(type);
        } catch (Throwable e) {
            return;
        }
        out.println("reader\t" + name + "\t" + lite.reader(name) + "\t" + (Modifier.isPublic(type.getModifiers()) ? "public" : ""));
        for (List<String> fields : lists) {
            boolean reads = false;
            for (var value : Forms.VALUES.entrySet()) {
                Forms.Stream stream = Forms.object(name, fields, value.getValue());
                Lite.Taken taken = lite.read(stream.bytes());
                reads |= taken.bytes() == stream.end();
                if (moves(taken, stream)) {
                    finding("moves", name, fields, value.getKey(), taken.bytes() - stream.end());
                }
            }
            if (!reads && fields.equals(List.of("x", "y"))) {
                out.println("never reads\t" + name + "\t" + String.join(",", fields));
            }
        }
        for (var value : Forms.VALUES.entrySet()) {
            for (var form : Forms.typed(name, value.getValue()).entrySet()) {
                Lite.Taken taken = lite.read(form.getValue().bytes());
                if (moves(taken, form.getValue())) {
                    finding("moves in a " + form.getKey(), name, List.of(), value.getKey(), taken.bytes() - form.getValue().end());
                }
            }
        }
    }

    private static boolean moves(Lite.Taken taken, Forms.Stream stream) {
        return taken.thrown() == null && taken.bytes() != stream.end();
    }

    private void finding(String what, String name, List<String> fields, String value, int by) {
        out.println(what + "\t" + name + "\t" + String.join(",", fields) + "\t" + value + "\t" + by);
    }

    /** Unknown fields; each of its own; all of them, one more, one fewer, in the other order. */
    private static Set<List<String>> fieldLists(Class<?> type) {
        Set<List<String>> lists = new LinkedHashSet<>();
        lists.add(List.of());
        lists.add(List.of("x"));
        lists.add(List.of("x", "y"));
        lists.add(List.of("x", "y", "z"));
        lists.add(List.of("value"));
        lists.add(List.of("value", "x"));
        lists.add(List.of("name", "x"));
        List<String> own = new ArrayList<>();
        for (Class<?> part = type; part != null; part = part.getSuperclass()) {
            for (Field field : part.getDeclaredFields()) {
                if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0 && own.size() < 40) {
                    own.add(field.getName());
                }
            }
        }
        own.forEach(field -> lists.add(List.of(field)));
        lists.add(own);
        if (!own.isEmpty()) {
            lists.add(own.subList(1, own.size()));
            List<String> more = new ArrayList<>(own);
            more.add("x");
            lists.add(more);
            List<String> other = new ArrayList<>(own);
            java.util.Collections.reverse(other);
            lists.add(other);
        }
        return lists;
    }
}
