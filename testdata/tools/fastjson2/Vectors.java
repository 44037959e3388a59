import com.alibaba.fastjson2.JSONB;
import com.alibaba.fastjson2.JSONReader;
import com.alibaba.fastjson2.JSONWriter;
import com.alibaba.fastjson2.filter.ContextAutoTypeBeforeHandler;

import java.io.PrintStream;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.*;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Writes values.txt and attachments.txt; see testdata/README.md. */
public class Vectors {
    /** As org.apache.dubbo.common.serialize.fastjson2.FastJson2ObjectOutput of Dubbo 3.3.6 writes. */
    static final JSONWriter.Feature[] WRITE = {
        JSONWriter.Feature.WriteClassName,
        JSONWriter.Feature.FieldBased,
        JSONWriter.Feature.ErrorOnNoneSerializable,
        JSONWriter.Feature.ReferenceDetection,
        JSONWriter.Feature.WriteNulls,
        JSONWriter.Feature.NotWriteDefaultValue,
        JSONWriter.Feature.NotWriteHashMapArrayListClassName,
        JSONWriter.Feature.WriteNameAsSymbol,
    };
    /** As its FastJson2ObjectInput reads. */
    static final JSONReader.Feature[] READ = {
        JSONReader.Feature.UseDefaultConstructorAsPossible,
        JSONReader.Feature.ErrorOnNoneSerializable,
        JSONReader.Feature.IgnoreAutoTypeNotMatch,
        JSONReader.Feature.UseNativeObject,
        JSONReader.Feature.FieldBased,
    };

    enum Level { LOW, HIGH { } }

    static class Inner implements Serializable {
        String name = "inner";
        int[] numbers = {1, 2, 300, 70000};
        Inner next;
    }

    static class User implements Serializable {
        boolean flag = true;
        byte small = 1;
        short little = 300;
        int number = 70000;
        long large = 1L << 40;
        float real = 1.5f;
        double precise = 2.5;
        char letter = 'c';
        Integer boxed = 7;
        Object any = Level.HIGH;
        String text = "é中\ud83d\ude00";
        byte[] bytes = {1, 2, 3};
        Level level = Level.LOW;
        List<String> names = new ArrayList<>(List.of("a", "b"));
        Map<String, Object> more = new TreeMap<>(Map.of("k", 1, "l", List.of(1L)));
        Set<Integer> numbers = new LinkedHashSet<>(List.of(1, 2));
        Inner inner = new Inner();
        Inner same = inner;
        Object[] objects = {new Inner(), null, "x", 1};
        UUID id = new UUID(1, 2);
        Date date = new Date(1_600_000_000_123L);
        LocalDate day = LocalDate.of(2020, 2, 29);
        BigDecimal money = new BigDecimal("12.345");
        Optional<String> maybe = Optional.of("x");
        User self = this;
    }

    static PrintStream out;

    static void write(String name, Object value) {
        out.println(name + ": " + packed(JSONB.toBytes(value, WRITE)));
    }

    /** Hexadecimal; AB*N stands for N times the group AB. */
    static String packed(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int best = 0;
            int times = 0;
            for (int group = 1; group <= 6; group++) {
                int count = 1;
                while (at + (count + 1) * group <= bytes.length
                        && Arrays.equals(bytes, at, at + group, bytes, at + count * group, at + (count + 1) * group)) {
                    count++;
                }
                if (count > 9 && count * group > best * times) {
                    best = group;
                    times = count;
                }
            }
            if (times == 0) {
                text.append(HexFormat.of().toHexDigits(bytes[at++]));
            } else {
                String group = HexFormat.of().formatHex(bytes, at, at + best);
                text.append(' ').append(group).append('*').append(times).append(' ');
                at += best * times;
            }
        }
        return text.toString().trim();
    }

    public static void main(String[] arguments) throws Exception {
        try (PrintStream file = new PrintStream(arguments[0] + "/values.txt", "UTF-8")) {
            out = file;
            values();
        }
        try (PrintStream file = new PrintStream(arguments[0] + "/attachments.txt", "UTF-8")) {
            out = file;
            attachments();
        }
    }

    static void values() {
        write("null", null);
        write("true", true);
        write("false", false);
        for (long edge : new long[] {0, 8, 15, 16, 47, 48, 2047, 2048, 262143, 262144, Integer.MAX_VALUE}) {
            for (long number : new long[] {edge, -edge, -edge - 1}) {
                write("int " + number, (int) number);
                write("long " + number, number);
                write("big integer " + number, BigInteger.valueOf(number));
                write("double " + number, (double) number);
                write("float " + number, (float) number);
                write("decimal " + number, BigDecimal.valueOf(number));
                write("short " + number, (short) number);
                write("byte " + number, (byte) number);
            }
        }
        write("long max", Long.MAX_VALUE);
        write("long min", Long.MIN_VALUE);
        write("big integer of 20 bytes", BigInteger.ONE.shiftLeft(150));
        write("decimal 12.345", new BigDecimal("12.345"));
        write("decimal of 20 bytes", new BigDecimal(BigInteger.ONE.shiftLeft(150), 7));
        write("double 1.5", 1.5);
        write("double not a number", Double.NaN);
        write("float 1.5", 1.5f);
        write("char", 'c');
        write("wide char", '中');
        for (int length : new int[] {0, 1, 46, 47, 48, 255, 256, 2047, 2048, 70000}) {
            write("string of " + length, "x".repeat(length));
            write("latin-1 string of " + length, "é".repeat(length));
            write("chinese string of " + length, "中".repeat(length));
            write("mixed string of " + length, "a中".repeat(length));
            write("string beyond the basic plane of " + length, "\ud83d\ude00".repeat(length));
            write("bytes " + length, new byte[length]);
        }
        write("half a pair", "\ud83d");
        write("enum", Level.LOW);
        write("enum with a body", Level.HIGH);
        write("uuid", new UUID(1, 2));
        for (long millis : new long[] {0, 60_000, 1_000, 1, 1_600_000_000_000L, 1_600_000_000_123L, -1}) {
            write("date " + millis, new Date(millis));
            write("instant " + millis, Instant.ofEpochMilli(millis));
        }
        write("instant with nanoseconds", Instant.ofEpochSecond(1_600_000_000L, 123_456_789));
        write("local date", LocalDate.of(2020, 2, 29));
        write("local time", LocalTime.of(1, 2, 3));
        write("local time with nanoseconds", LocalTime.of(1, 2, 3, 123_456_789));
        LocalDateTime moment = LocalDateTime.of(2020, 2, 29, 1, 2, 3, 456_000_000);
        write("local date and time", moment);
        write("zoned date and time", ZonedDateTime.of(moment, ZoneId.of("Europe/Berlin")));
        write("zoned date and time in Shanghai", ZonedDateTime.of(moment, ZoneId.of("Asia/Shanghai")));
        write("date and time with an offset", OffsetDateTime.of(moment, ZoneOffset.ofHours(2)));
        write("ints", new int[] {1, -1, 70000});
        write("longs", new long[] {1, -1, 70000, 1L << 40});
        write("doubles", new double[] {0, 1, 1.5});
        write("booleans", new boolean[] {true, false});
        write("chars", new char[] {'a', '中'});
        write("strings", new String[] {"a", null, "é"});
        write("objects", new Object[] {"a", 1, 2L, null, true, 1.5, new Inner(), new int[] {1}});
        write("array of arrays", new String[][] {{"a"}, {}});
        for (int length : new int[] {0, 1, 15, 16, 17, 47, 48, 3000}) {
            write("list of " + length, new ArrayList<>(Collections.nCopies(length, 1)));
        }
        write("linked list", new LinkedList<>(List.of("a")));
        write("unmodifiable list", List.of("a", 1));
        write("set", new HashSet<>(List.of("a")));
        write("hash map", new HashMap<>(Map.of("k", "v")));
        write("empty map", new HashMap<>());
        write("linked map", new LinkedHashMap<>(Map.of("k", "v")));
        write("tree map", new TreeMap<>(Map.of("k", "v")));
        write("map with numbers for keys", new HashMap<>(Map.of(1, "v", 2L, "w")));
        write("map with a list for a key", new HashMap<>(Map.of(List.of(1), Level.LOW)));
        List<Object> shared = new ArrayList<>(List.of("x"));
        write("list of one list twice", new ArrayList<>(Arrays.asList(shared, shared)));
        List<Object> itself = new ArrayList<>();
        itself.add(itself);
        write("list in itself", itself);
        write("bean", new Inner());
        write("user", new User());
        write("users", new ArrayList<>(List.of(new User(), new User())));
        write("users by name", new TreeMap<>(Map.of("a", new User(), "b", new Inner())));
        Inner deep = new Inner();
        for (int depth = 0; depth < 100; depth++) {
            Inner outer = new Inner();
            outer.next = deep;
            deep = outer;
        }
        write("beans in beans", deep);
        RuntimeException thrown = new RuntimeException("text", new IllegalStateException("cause"));
        thrown.setStackTrace(new StackTraceElement[] {new StackTraceElement("a.B", "run", "B.java", 7)});
        thrown.getCause().setStackTrace(new StackTraceElement[0]);
        write("exception", thrown);
        write("atomic int", new AtomicInteger(7));
        write("atomic long", new AtomicLong(7));
        write("locale", Locale.GERMANY);
        write("currency", Currency.getInstance("EUR"));
        write("uri", java.net.URI.create("http://a/b"));
        write("class", String.class);
        write("optional", Optional.of("x"));
        write("bits", BitSet.valueOf(new long[] {5}));
        HashMap<String, Object> attachments = new HashMap<>();
        attachments.put("path", "lab.UserService");
        attachments.put("timeout", 3000);
        attachments.put("é", "letter");
        attachments.put("half", "\ud83d");
        attachments.put("long", 1L);
        attachments.put("flag", true);
        attachments.put("list", new ArrayList<>(List.of("a", 1)));
        attachments.put("map", new HashMap<>(Map.of("k", "v")));
        write("attachments", attachments);
    }

    /** Attachments, and what Java takes for the path in them. */
    static void attachments() {
        String[] keys = {
            "4d70617468", "790470617468", "79380470617468", "7944000470617468", "79480000000470617468",
            "7a0470617468", "7b080070006100740068", "7b0afeff0070006100740068", "7b0afffe7000610074006800",
            "7c087000610074006800", "7d080070006100740068", "7e0470617468", "7f4d7061746805", "7f05", "7f00",
            "4e7061746800", "4d50617468", "924d706174680001", "af", "934a24",
        };
        for (String key : keys) {
            read("a6" + key + "4a78a5");
            read("a64d706174684a61" + key + "4a78a5");
        }
        String[] values = {
            "4a78", "790178", "7a0178", "7b020078", "7b04feff0078", "7b04fffe7800", "7c027800", "7d020078", "7e0178",
            "4ae9", "7a02c3a9", "7c02e900", "7a04f09f9880", "7c043dd800de", "7a03eda0bd", "7c023dd8", "7a02c080", "7a01ff",
            "7f4a7800", "7f00", "92596a6176612e6c616e672e537472696e67004a78", "924f537472696e67004a78", "af", "01", "b1",
            "934c242e784a784a79", "91020102",
        };
        for (String value : values) {
            read("a64d70617468" + value + "a5");
        }
        read("a67f4d70617468014a787f4d7061746a014a797f014a7aa5");
        read("a67f4d70617468014a787f014a79a5");
        read("a64a6ba67f4d70617468014a61a57f014a62a5");
        read("4d706174684a78a5");
        read("925a6a6176612e7574696c2e547265654d617000a64d706174684a78a5");
        read("925a6a6176612e7574696c2e547265654d6170004d706174684a78a5");
        read("927f5a6a6176612e7574696c2e547265654d617005a64d706174684a78a5");
        read("925a6a6176612e7574696c2e547265654d617005a67f054a784d706174684a79a5");
        read("a64a6b92536a6176612e7574696c2e4172726179004a78a5");
        // A list that takes the length of binary data for its count: the path stands behind the one value in it.
        read("a64a6b925c6a6176612e7574696c2e41727261794c69737400" + "9101" + "4c616263" + "4d706174684a78a5");
        read("af");
        read("a6a5");
        read("94");
    }

    static void read(String bytes) {
        String path;
        try {
            ContextAutoTypeBeforeHandler filter = new ContextAutoTypeBeforeHandler(true, "java.");
            Map<?, ?> map = JSONB.parseObject(HexFormat.of().parseHex(bytes), Map.class, filter, READ);
            Object value = map == null ? null : map.get("path");
            path = value == null ? "null" : value.getClass().getSimpleName() + " " + hex(value);
        } catch (Throwable thrown) {
            path = "error";
        }
        out.println(bytes + ": " + path);
    }

    /** The UTF-16 units of a string: half a pair has no other form. */
    static String hex(Object value) {
        StringBuilder units = new StringBuilder();
        value.toString().chars().forEach(unit -> units.append(String.format("%04x", unit)));
        return units.toString();
    }
}
