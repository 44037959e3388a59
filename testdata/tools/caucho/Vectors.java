import com.caucho.hessian.io.Hessian2Output;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.UUID;

/** Writes the vectors of testdata/hessian with Caucho's Hessian2Output. testdata/README.md has the command. */
public final class Vectors {
    interface Writing {
        void to(Hessian2Output out) throws IOException;
    }

    private final StringBuilder lines = new StringBuilder();

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Vectors values = new Vectors();
        values.scalars();
        values.strings();
        values.binaries();
        values.lists();
        values.maps();
        values.objects();
        values.generated();
        Files.writeString(folder.resolve("values.txt"), values.lines, StandardCharsets.US_ASCII);
        Vectors streams = new Vectors();
        streams.streams();
        Files.writeString(folder.resolve("streams.txt"), streams.lines, StandardCharsets.US_ASCII);
    }

    private void scalars() throws IOException {
        object("null", null);
        object("true", true);
        object("false", false);
        int[] ints = {0, 1, 47, -16, 0x30, 0x7ff, -17, -0x800, 0x800, 0x3ffff, -0x801, -0x40000, 0x40000, -0x40001,
            Integer.MAX_VALUE, Integer.MIN_VALUE};
        for (int value : ints) {
            object("int " + value, value);
        }
        long[] longs = {0, 1, 15, -8, 16, 0x7ff, -9, -0x800, 0x800, 0x3ffff, -0x801, -0x40000, 0x40000, -0x40001,
            Integer.MAX_VALUE, Integer.MIN_VALUE, 0x80000000L, -0x80000001L, Long.MAX_VALUE, Long.MIN_VALUE};
        for (long value : longs) {
            object("long " + value, value);
        }
        double[] doubles = {0.0, -0.0, 1.0, 2.0, -1.0, 127.0, -128.0, 128.0, -129.0, 32767.0, -32768.0, 32768.0, 0.001,
            -0.001, 65.536, 2147483.647, 3.14159, 1e300, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN,
            Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        for (double value : doubles) {
            object("double " + value, value);
        }
        object("float", 1.5f);
        object("short", (short) -3);
        object("byte", (byte) 7);
        object("character", 'x');
        long[] dates = {0, 60_000, 60_001, 894_621_091_000L, 894_621_060_000L, -1, -60_000, Long.MAX_VALUE,
            60_000L * Integer.MAX_VALUE, 60_000L * Integer.MIN_VALUE, 60_000L * (Integer.MAX_VALUE + 1L)};
        for (long value : dates) {
            object("date " + value, new Date(value));
        }
    }

    private void strings() throws IOException {
        int[] lengths = {0, 1, 2, 30, 31, 32, 33, 255, 256, 1022, 1023, 1024, 1025, 0x7fff, 0x8000, 0x8001, 65535,
            65536, 65537, 100_000};
        for (int length : lengths) {
            object("string ascii " + length, "a".repeat(length));
            object("string two bytes " + length, "\u00e9".repeat(length));
            object("string three bytes " + length, "\u5317".repeat(length));
            object("string pairs " + length, "\ud83d\ude00".repeat((length + 1) / 2));
        }
        object("string pair over a chunk's end", "a" + "\ud83d\ude00".repeat(0x8000));
        object("string high surrogate", "\ud83d");
        object("string low surrogate", "\ude00");
        object("string surrogates in the wrong order", "\ude00\ud83d!");
        object("string lone surrogates at a chunk's end", "a".repeat(0x7fff) + "\ud83d".repeat(2));
        object("string of every width", "\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff");
        object("string mixed", "h\u00e9llo \u5317\u4eac \ud83d\ude00 ".repeat(200));
    }

    private void binaries() throws IOException {
        int[] lengths = {0, 1, 2, 14, 15, 16, 17, 1022, 1023, 1024, 1025, 4093, 8188, 8189, 8190, 8191, 8192, 16384,
            0x8000, 65535, 65536, 100_000};
        for (int length : lengths) {
            byte[] bytes = new byte[length];
            Arrays.fill(bytes, (byte) 0xfe);
            object("binary " + length, bytes);
        }
    }

    private void lists() throws IOException {
        int[] lengths = {0, 1, 2, 6, 7, 8, 9, 100, 300};
        for (int length : lengths) {
            List<Object> values = new ArrayList<>();
            String[] texts = new String[length];
            int[] ints = new int[length];
            for (int i = 0; i < length; i++) {
                values.add(Integer.toString(i));
                texts[i] = Integer.toString(i);
                ints[i] = i * i;
            }
            object("list of ArrayList " + length, values);
            object("list of LinkedList " + length, new LinkedList<>(values));
            object("list of HashSet " + length, new HashSet<>(values));
            object("list of String[] " + length, texts);
            object("list of int[] " + length, ints);
            object("list of Object[] " + length, values.toArray());
            object("list of Iterator " + length, values.iterator());
            value("list open " + length, out -> {
                boolean end = out.writeListBegin(-1, null);
                for (Object value : values) {
                    out.writeObject(value);
                }
                if (end) {
                    out.writeListEnd();
                }
            });
            value("list typed open " + length, out -> {
                boolean end = out.writeListBegin(-1, "java.util.Enumeration");
                for (Object value : values) {
                    out.writeObject(value);
                }
                if (end) {
                    out.writeListEnd();
                }
            });
        }
        object("list of every array", new Object[] {new boolean[] {true, false}, new short[] {1, -2}, new long[] {3L, 1L << 40},
            new float[] {4.5f}, new double[] {5.25, 6}, new char[] {'a', 'b'}, new byte[] {1, 2}, new Date[] {new Date(0)},
            new int[][] {{1}, {}, {2, 3}}, new String[][][] {{{"x"}}}});
        object("list with repeated types", new Object[] {new int[] {1}, new int[] {2}, new String[] {"a"}, new int[] {3},
            new String[] {}, new long[20], new long[9]});
        object("list of Arrays.asList", Arrays.asList("a", 1, 2L, 3.5, null, true));
        List<Object> cycle = new ArrayList<>();
        cycle.add(cycle);
        object("list in itself", cycle);
        Object nested = null;
        for (int i = 0; i < 100; i++) {
            nested = new ArrayList<>(Collections.singletonList(nested));
        }
        object("list nested 100", nested);
    }

    private void maps() throws IOException {
        int[] lengths = {0, 1, 2, 3, 7, 8, 100};
        for (int length : lengths) {
            Map<Object, Object> values = new LinkedHashMap<>();
            for (int i = 0; i < length; i++) {
                values.put("key" + i, i);
            }
            object("map of HashMap " + length, new HashMap<>(values));
            object("map of LinkedHashMap " + length, values);
            object("map of TreeMap " + length, new TreeMap<>(values));
        }
        Map<Object, Object> odd = new LinkedHashMap<>();
        odd.put(null, 1);
        odd.put(1, null);
        odd.put(2L, new Date(0));
        odd.put(1.5, true);
        odd.put(new ArrayList<>(List.of("k")), new byte[] {1});
        odd.put(new HashMap<>(Map.of("a", "b")), new HashMap<>());
        odd.put(new Point(1, 2), new Point(3, 4));
        object("map with keys of every kind", odd);
        Map<Object, Object> cycle = new HashMap<>();
        cycle.put("self", cycle);
        object("map in itself", cycle);
    }

    private void objects() throws IOException {
        object("object without fields", new Empty());
        object("object", new Point(-1, 1000));
        object("object twice in a list", List.of(new Point(1, 2), new Point(3, 4)));
        Point shared = new Point(5, 6);
        object("object by reference", new Object[] {shared, shared, new ArrayList<>(List.of(shared))});
        Node first = new Node("first", null);
        Node second = new Node("second", first);
        first.next = second;
        object("object cycle", first);
        Node chain = null;
        for (int i = 0; i < 100; i++) {
            chain = new Node("n" + i, chain);
        }
        object("object chain 100", chain);
        object("object of every field type", new Everything());
        Object[] many = {new C0(), new C1(), new C2(), new C3(), new C4(), new C5(), new C6(), new C7(), new C8(), new C9(),
            new C10(), new C11(), new C12(), new C13(), new C14(), new C15(), new C16(), new C17(), new C18(), new C17(),
            new C18(), new C0(), new C15(), new C16()};
        object("object of many classes", many);
        object("object enum", Color.GREEN);
        object("object enums", new Object[] {Color.RED, Color.GREEN, Color.RED});
        object("object enum with a body", Color.BLUE);
        object("object BigDecimal", new BigDecimal("12345678901234567890.123456789"));
        object("object BigInteger", new BigInteger("-1234567890123456789012345678901234567890"));
        object("object UUID", UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"));
        object("object Locale", Locale.CANADA_FRENCH);
        object("object Currency", Currency.getInstance("EUR"));
        object("object Class", String.class);
        object("object java.sql.Date", new java.sql.Date(0));
        object("object java.sql.Time", new java.sql.Time(1));
        object("object java.sql.Timestamp", new java.sql.Timestamp(894_621_091_000L));
        Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("UTC"), Locale.ROOT);
        calendar.setTimeInMillis(0);
        object("object Calendar", calendar);
        object("object StringBuilder", new StringBuilder("text"));
        object("object exception", exception(0));
        object("object exception with a cause", exception(2));
    }

    /** Random graphs of all of the above, the same ones each time. */
    private void generated() throws IOException {
        Random random = new Random(20240607);
        for (int i = 0; i < 200; i++) {
            List<Object> seen = new ArrayList<>();
            Object[] values = new Object[5];
            seen.add(values);
            for (int j = 0; j < values.length; j++) {
                values[j] = any(random, 4, seen);
            }
            object("generated " + i, values);
        }
    }

    private static Object any(Random random, int depth, List<Object> seen) {
        int kind = random.nextInt(depth == 0 ? 9 : 16);
        int length = random.nextInt(6);
        switch (kind) {
            case 0: return null;
            case 1: return random.nextBoolean();
            case 2: return random.nextInt() >> random.nextInt(32);
            case 3: return random.nextLong() >> random.nextInt(64);
            case 4: return random.nextBoolean() ? random.nextDouble() : (double) (random.nextInt() >> random.nextInt(32)) / 8;
            case 5: return new Date(random.nextLong() >> 20);
            case 6: return text(random);
            case 7: {
                byte[] bytes = new byte[random.nextInt(40)];
                random.nextBytes(bytes);
                return bytes;
            }
            case 8: return seen.isEmpty() ? Color.RED : seen.get(random.nextInt(seen.size()));
            case 9: {
                Map<Object, Object> map = random.nextBoolean() ? new LinkedHashMap<>() : new HashMap<>();
                seen.add(map);
                for (int i = 0; i < length; i++) {
                    map.put(text(random), any(random, depth - 1, seen));
                }
                return map;
            }
            case 10: {
                Object[] array = new Object[length * 2];
                seen.add(array);
                for (int i = 0; i < array.length; i++) {
                    array[i] = any(random, depth - 1, seen);
                }
                return array;
            }
            case 11: return new Point(random.nextInt(), length);
            case 12: {
                Node node = new Node(text(random), null);
                seen.add(node);
                node.value = any(random, depth - 1, seen);
                return node;
            }
            case 13: return random.nextBoolean() ? new C7() : new Empty();
            case 14: return new BigDecimal(random.nextInt());
            default: {
                List<Object> list = random.nextBoolean() ? new LinkedList<>() : new ArrayList<>();
                for (int i = 0; i < length; i++) {
                    list.add(any(random, depth - 1, seen));
                }
                return list;
            }
        }
    }

    private static String text(Random random) {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(45);
        for (int i = 0; i < length; i++) {
            int width = random.nextInt(20);
            text.appendCodePoint(width == 0 ? 0x1f600 : width == 1 ? 0x5317 : width == 2 ? 0xe9 : width == 3 ? 0xd800 : 'a' + width);
        }
        return text.toString();
    }

    /** Streams of several values, shaped like Dubbo's bodies. */
    private void streams() throws IOException {
        value("request", out -> request(out, "hello", "Ljava/lang/String;", "world"));
        value("request with an object", out -> request(out, "save", "Lcom/acme/User;", user(1)));
        value("answer with an exception", out -> {
            out.writeInt(0);
            out.writeObject(exception(0));
        });
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Hessian2Output out = new Hessian2Output(bytes);
        out.writeObject(user(1));
        out.flush();
        line("user, the first", bytes.toByteArray());
        bytes.reset();
        out.writeObject(user(2));
        out.flush();
        line("user, one more in the same stream", bytes.toByteArray());
    }

    private static void request(Hessian2Output out, String method, String descriptor, Object argument) throws IOException {
        out.writeString("2.0.2");
        out.writeString("com.acme.user.UserService");
        out.writeString("1.0.0");
        out.writeString(method);
        out.writeString(descriptor);
        out.writeObject(argument);
        Map<String, Object> attachments = new LinkedHashMap<>();
        attachments.put("path", "com.acme.user.UserService");
        attachments.put("remote.application", "order-service");
        attachments.put("interface", "com.acme.user.UserService");
        attachments.put("version", "1.0.0");
        attachments.put("group", "production");
        attachments.put("timeout", "3000");
        out.writeObject(attachments);
    }

    private static User user(int id) {
        User user = new User();
        user.id = 1_000_000L + id;
        user.name = "J\u00f6rg M\u00fcller " + id;
        user.email = "user" + id + "@example.com";
        user.age = 20 + id;
        user.score = 99.5 + id;
        user.active = true;
        user.created = new Date(1_600_000_000_000L + id);
        user.tags = new ArrayList<>(List.of("admin", "beta", "east"));
        user.address = new Address();
        user.settings = new LinkedHashMap<>();
        user.settings.put("theme", "dark");
        user.settings.put("pageSize", 50);
        return user;
    }

    private static RuntimeException exception(int causes) {
        RuntimeException thrown = causes == 0
            ? new IllegalStateException("no such user: 42")
            : new RuntimeException("outer " + causes, exception(causes - 1));
        thrown.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("com.acme.user.UserServiceImpl", "find", "UserServiceImpl.java", 128),
            new StackTraceElement("com.acme.user.UserServiceImpl", "hello", "UserServiceImpl.java", 64),
            new StackTraceElement("java.lang.Thread", "run", "Thread.java", 840)});
        return thrown;
    }

    private void object(String name, Object value) throws IOException {
        value(name, out -> out.writeObject(value));
    }

    private void value(String name, Writing writing) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Hessian2Output out = new Hessian2Output(bytes);
        writing.to(out);
        out.flush();
        line(name, bytes.toByteArray());
    }

    /** One line a vector: the name, a colon, and hexadecimal bytes; `AB*N` stands for N times the group AB. */
    private void line(String name, byte[] bytes) {
        lines.append(name).append(": ").append(hex(bytes)).append('\n');
    }

    static String hex(byte[] bytes) {
        StringBuilder hex = new StringBuilder();
        for (int at = 0; at < bytes.length; ) {
            int group = 1;
            int times = 1;
            for (int length = 1; length <= 8; length++) {
                int count = 1;
                while (at + (count + 1) * length <= bytes.length && Arrays.equals(bytes, at, at + length, bytes,
                    at + count * length, at + (count + 1) * length)) {
                    count++;
                }
                if (count * length >= 24 && count * length > group * times) {
                    group = length;
                    times = count;
                }
            }
            if (times > 1) {
                hex.append(' ');
            }
            for (int i = 0; i < group; i++) {
                hex.append(String.format("%02x", bytes[at + i]));
            }
            if (times > 1) {
                hex.append('*').append(times).append(' ');
            }
            at += group * times;
        }
        return hex.toString();
    }

    enum Color {
        RED, GREEN, BLUE { }
    }

    static class Empty implements java.io.Serializable { }

    static class Point implements java.io.Serializable {
        int x;
        int y;

        Point(int x, int y) {
            this.x = x;
            this.y = y;
        }
    }

    static class Node implements java.io.Serializable {
        String name;
        Node next;
        Object value;

        Node(String name, Node next) {
            this.name = name;
            this.next = next;
        }
    }

    static class Everything implements java.io.Serializable {
        boolean flag = true;
        byte octet = -1;
        short small = 300;
        char letter = 'z';
        int number = 70000;
        long large = 1L << 50;
        float ratio = 0.25f;
        double precise = 2.718281828;
        String text = "text";
        byte[] bytes = {1, 2, 3};
        Date date = new Date(1);
        List<Object> list = new ArrayList<>(List.of(1, "two", 3.0));
        Map<String, Object> map = new HashMap<>(Map.of("k", "v"));
        Color color = Color.RED;
        Object nothing = null;
        BigDecimal amount = new BigDecimal("0.10");
    }

    static class User implements java.io.Serializable {
        long id;
        String name;
        String email;
        int age;
        double score;
        boolean active;
        Date created;
        List<String> tags;
        Address address;
        Map<String, Object> settings;
    }

    static class Address implements java.io.Serializable {
        String street = "Unter den Linden 1";
        String city = "Berlin";
        int zip = 10117;
    }

    static class C0 implements java.io.Serializable { int a = 0; }
    static class C1 implements java.io.Serializable { int a = 1; }
    static class C2 implements java.io.Serializable { int a = 2; }
    static class C3 implements java.io.Serializable { int a = 3; }
    static class C4 implements java.io.Serializable { int a = 4; }
    static class C5 implements java.io.Serializable { int a = 5; }
    static class C6 implements java.io.Serializable { int a = 6; }
    static class C7 implements java.io.Serializable { int a = 7; String b = "b"; }
    static class C8 implements java.io.Serializable { int a = 8; }
    static class C9 implements java.io.Serializable { int a = 9; }
    static class C10 implements java.io.Serializable { int a = 10; }
    static class C11 implements java.io.Serializable { int a = 11; }
    static class C12 implements java.io.Serializable { int a = 12; }
    static class C13 implements java.io.Serializable { int a = 13; }
    static class C14 implements java.io.Serializable { int a = 14; }
    static class C15 implements java.io.Serializable { int a = 15; }
    static class C16 implements java.io.Serializable { int a = 16; }
    static class C17 implements java.io.Serializable { int a = 17; List<String> b = new ArrayList<>(); }
    static class C18 implements java.io.Serializable { int a = 18; }
}
