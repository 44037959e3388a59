import com.alibaba.com.caucho.hessian.io.Hessian2Output;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Set;
import java.util.Stack;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Writes vectors of what Dubbo calls carry with hessian-lite's Hessian2Output, beside those of Vectors.java. run.sh has the
 * command. A value that this hessian-lite cannot write is named on the standard error and left out.
 */
public final class LiteVectors {
    private final StringBuilder lines = new StringBuilder();

    public static void main(String[] args) throws Exception {
        LiteVectors vectors = new LiteVectors();
        vectors.values();
        vectors.times();
        vectors.collections();
        vectors.objects();
        vectors.exceptions();
        vectors.texts();
        Files.writeString(Path.of(args[0]), vectors.lines, StandardCharsets.US_ASCII);
    }

    private void values() throws Exception {
        for (String number : List.of("0", "1.10", "-12345678901234567890.0987654321", "1E+400")) {
            value("BigDecimal " + number, new BigDecimal(number));
        }
        for (String number : List.of("0", "-1", "123456789012345678901234567890")) {
            value("BigInteger " + number, new BigInteger(number));
        }
        value("UUID", UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"));
        for (Locale locale : List.of(Locale.ROOT, Locale.GERMAN, Locale.SIMPLIFIED_CHINESE)) {
            value("Locale " + locale, locale);
        }
        value("Currency", Currency.getInstance("CNY"));
        value("Class", String.class);
        value("Class of int", int.class);
        value("Class of arrays", byte[][].class);
        value("TimeZone", TimeZone.getTimeZone("Asia/Shanghai"));
        value("URI", URI.create("dubbo://127.0.0.1:20880/lab.UserService?group=g1"));
        value("URL", new URL("http://localhost/a"));
        value("File", new File("/tmp/a"));
        value("InetAddress", InetAddress.getByAddress("h", new byte[] {127, 0, 0, 1}));
        value("InetAddress 6", InetAddress.getByAddress("h", new byte[16]));
        value("InetSocketAddress", new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 80));
        value("StringBuilder", new StringBuilder("text"));
        value("StringBuffer", new StringBuffer("text"));
        value("AtomicInteger", new AtomicInteger(7));
        value("AtomicLong", new AtomicLong(7));
        value("AtomicBoolean", new AtomicBoolean(true));
        value("AtomicReference", new AtomicReference<>("text"));
        value("AtomicIntegerArray", new AtomicIntegerArray(3));
        LongAdder adder = new LongAdder();
        adder.add(5);
        value("LongAdder", adder);
        value("BitSet", BitSet.valueOf(new long[] {5, 0, 7}));
        value("Optional", Optional.of("a"));
        value("enum", Side.BUY);
        value("enum with a body", Side.SELL);
        value("enum of the JDK", TimeUnit.SECONDS);
        value("enum of java.time", DayOfWeek.MONDAY);
        value("enum of java.math", RoundingMode.HALF_UP);
        value("wrappers", new Object[] {1, 2L, 3.5, 4.5f, (short) 5, (byte) 6, '7', true, null, "9"});
    }

    private void times() throws Exception {
        value("Date", new Date(1_700_000_000_123L));
        value("Date of whole minutes", new Date(60_000L * 28_333_333));
        value("sql Date", new java.sql.Date(1_700_000_000_000L));
        value("sql Time", new java.sql.Time(1_700_000_000_000L));
        java.sql.Timestamp stamp = new java.sql.Timestamp(1_700_000_000_000L);
        stamp.setNanos(123_456_789);
        value("sql Timestamp", stamp);
        GregorianCalendar calendar = new GregorianCalendar(TimeZone.getTimeZone("UTC"), Locale.ROOT);
        calendar.setTimeInMillis(1_700_000_000_000L);
        value("Calendar", calendar);
        LocalDate date = LocalDate.of(2024, 2, 29);
        LocalTime time = LocalTime.of(23, 59, 59, 999_999_999);
        ZoneOffset offset = ZoneOffset.ofHours(8);
        value("LocalDate", date);
        value("LocalTime", time);
        value("LocalDateTime", LocalDateTime.of(date, time));
        value("OffsetTime", OffsetTime.of(time, offset));
        value("OffsetDateTime", OffsetDateTime.of(date, time, offset));
        value("ZonedDateTime", ZonedDateTime.of(date, time, ZoneId.of("Asia/Shanghai")));
        value("ZoneId", ZoneId.of("Asia/Shanghai"));
        value("ZoneOffset", offset);
        value("Instant", Instant.ofEpochSecond(1_700_000_000, 5));
        value("Duration", Duration.ofMillis(1500));
        value("Period", Period.of(1, 2, 3));
        value("Year", Year.of(2024));
        value("YearMonth", YearMonth.of(2024, 2));
        value("MonthDay", MonthDay.of(2, 29));
        value("times together", List.of(date, time, LocalDateTime.of(date, time), LocalDateTime.of(date, time), date));
    }

    private void collections() throws Exception {
        List<String> few = List.of("a", "b", "c");
        List<Collection<String>> all = List.of(new ArrayList<>(few), new LinkedList<>(few), new Vector<>(few),
            new CopyOnWriteArrayList<>(few), Arrays.asList("a", "b", "c"), Collections.unmodifiableList(new ArrayList<>(few)),
            Collections.synchronizedList(new ArrayList<>(few)), Collections.emptyList(), Collections.singletonList("a"),
            Collections.nCopies(3, "a"), few, List.of(), List.of("a"), new ArrayList<>(few).subList(1, 3), new HashSet<>(few),
            new LinkedHashSet<>(few), new TreeSet<>(few), new CopyOnWriteArraySet<>(few), Collections.emptySet(),
            Collections.singleton("a"), Collections.unmodifiableSet(new LinkedHashSet<>(few)), Set.of("a"), new ArrayDeque<>(few),
            new PriorityQueue<>(few), new LinkedBlockingQueue<>(few), new ConcurrentLinkedQueue<>(few),
            new HashMap<>(Map.of("k", "v")).keySet(), new HashMap<>(Map.of("k", "v")).values(),
            ConcurrentHashMap.newKeySet());
        for (Collection<String> one : all) {
            value("collection " + one.getClass().getName() + " " + one.size(), one);
        }
        Stack<String> stack = new Stack<>();
        stack.push("a");
        value("collection java.util.Stack", stack);
        value("collection EnumSet", EnumSet.of(TimeUnit.DAYS, TimeUnit.HOURS));
        value("collection EnumSet empty", EnumSet.noneOf(TimeUnit.class));
        Map<String, Object> one = Map.of("k", 1);
        Properties properties = new Properties();
        properties.setProperty("k", "v");
        List<Map<String, Object>> maps = List.of(new HashMap<>(one), new LinkedHashMap<>(one), new TreeMap<>(one),
            new Hashtable<>(one), new ConcurrentHashMap<>(one), new ConcurrentSkipListMap<>(one), new IdentityHashMap<>(one),
            Collections.emptyMap(), Collections.singletonMap("k", "v"), Collections.unmodifiableMap(new HashMap<>(one)),
            Collections.synchronizedMap(new HashMap<>(one)), one, Map.of(), new TreeMap<>(one).descendingMap());
        for (Map<String, Object> map : maps) {
            value("map " + map.getClass().getName() + " " + map.size(), map);
        }
        value("map Properties", properties);
        EnumMap<TimeUnit, String> enums = new EnumMap<>(TimeUnit.class);
        enums.put(TimeUnit.DAYS, "d");
        value("map EnumMap", enums);
        Map<String, Object> nested = new LinkedHashMap<>();
        for (int i = 0; i < 20; i++) {
            nested = new LinkedHashMap<>(Map.of("map " + i, nested));
        }
        value("map nested", nested);
        value("map of objects as keys", new HashMap<>(Map.of(new Point(1, 2), new Point(3, 4))));
        value("entry", Map.entry("k", "v"));
        value("array of bytes", new byte[] {1, 2, 3});
        value("array of 40,000 bytes", new byte[40_000]);
        value("array of 300,000 bytes", new byte[300_000]);
        value("array of ints", new int[] {1, -1, 1 << 20});
        value("array of longs", new long[] {1, 1L << 40});
        value("array of shorts", new short[] {1, 300});
        value("array of floats", new float[] {1.5f, 0.1f});
        value("array of doubles", new double[] {1.5, 0.1});
        value("array of booleans", new boolean[] {true, false});
        value("array of chars", new char[] {'a', '\u5317'});
        value("array of arrays of ints", new int[][] {{1}, {}, {2, 3}});
        value("array of Strings", new String[] {"a", null});
        value("array of Integers", new Integer[] {1, null});
        value("array of Objects", new Object[] {"a", 1, new Object[] {}, null});
        value("array of UUIDs", new UUID[] {new UUID(0, 1), new UUID(0, 2)});
        value("array of Points", new Point[] {new Point(1, 2), null});
        value("array of enums", Side.values());
        value("array of classes", new Class<?>[] {String.class, int.class});
        value("array of BigDecimals", new BigDecimal[] {BigDecimal.ONE, BigDecimal.TEN});
    }

    private void objects() throws Exception {
        value("object without fields", new Nothing());
        value("object", new Point(1, 2));
        Order order = order(1);
        value("object of everything", order);
        value("objects that share", List.of(order, order, order.lines, order.buyer));
        Order cycle = order(2);
        cycle.parent = cycle;
        cycle.extra.put("self", cycle);
        value("object in a cycle", cycle);
        List<Object> list = new ArrayList<>();
        list.add(list);
        value("list in a cycle", list);
        List<Object> orders = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            orders.add(order(i));
        }
        value("objects, two hundred", orders);
        Chain chain = null;
        for (int i = 0; i < 200; i++) {
            chain = new Chain(chain);
        }
        value("objects in a chain of 200", chain);
        value("object of a subclass that hides a field", new Hiding());
    }

    private void exceptions() throws Exception {
        Exception cause = trace(new IOException("disk"));
        Exception thrown = trace(new IllegalStateException("no such user: 42", cause));
        thrown.addSuppressed(trace(new IllegalArgumentException("suppressed")));
        value("exception", trace(new RuntimeException("plain")));
        value("exception without a text", trace(new NullPointerException()));
        value("exception with a cause and a suppressed one", thrown);
        value("exception of our own", trace(new OrderException(7, "sold out", thrown)));
        value("error", trace(new StackOverflowError()));
        value("StackTraceElement", cause.getStackTrace()[0]);
        value("StackTraceElements", cause.getStackTrace());
    }

    private void texts() throws Exception {
        value("text of 5 MB", "a".repeat(5 << 20));
        value("text of 2 million characters of three bytes", "\u5317".repeat(2_000_000));
        value("text of a million pairs", "\ud83d\ude00".repeat(1_000_000));
        value("text of a pair over each chunk's end", "a" + "\ud83d\ude00".repeat(0x10000));
        value("text emoji", "\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67 \ud83c\udde8\ud83c\uddf3");
        value("text with a lone surrogate", "a\ud83d!");
        value("text with NUL", "a\u0000b");
        value("texts", List.of("", "a".repeat(31), "a".repeat(32), "a".repeat(1023), "a".repeat(1024), "a".repeat(0x8000), "a".repeat(0x8001)));
    }

    private static <T extends Throwable> T trace(T thrown) {
        thrown.setStackTrace(new StackTraceElement[] {
            new StackTraceElement("lab.UserServiceImpl", "find", "UserServiceImpl.java", 128),
            new StackTraceElement("java.lang.Thread", "run", null, -2)});
        return thrown;
    }

    private static Order order(int id) {
        Order order = new Order();
        order.id = id;
        order.lines = new ArrayList<>(List.of(new Point(id, 1), new Point(id, 2)));
        order.extra = new LinkedHashMap<>(Map.of("note", "n" + id));
        return order;
    }

    private void value(String name, Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            Hessian2Output out = new Hessian2Output(bytes);
            out.writeObject(value);
            out.flush();
        } catch (Throwable e) {
            System.err.println("left out: " + name + ": " + e);
            return;
        }
        lines.append(name.replace(": ", ", ")).append(": ").append(Vectors.hex(bytes.toByteArray())).append('\n');
    }

    enum Side {
        BUY, SELL { }
    }

    static class Nothing implements Serializable { }

    static class Point implements Serializable {
        int x;
        Integer y;

        Point(int x, int y) {
            this.x = x;
            this.y = y;
        }
    }

    static class Chain implements Serializable {
        Chain next;

        Chain(Chain next) {
            this.next = next;
        }
    }

    static class Hidden implements Serializable {
        String field = "of the parent";
    }

    static class Hiding extends Hidden {
        String field = "of the child";
    }

    static class OrderException extends Exception {
        final int code;
        final List<String> hints = new ArrayList<>(List.of("wait"));

        OrderException(int code, String text, Throwable cause) {
            super(text, cause);
            this.code = code;
        }
    }

    static class Order implements Serializable {
        long id;
        UUID key = new UUID(1, 2);
        boolean paid = true;
        byte octet = -1;
        short small = 300;
        char letter = 'z';
        int number = 70_000;
        float ratio = 0.25f;
        double precise = 2.718281828;
        Boolean wrapped = Boolean.FALSE;
        Character glyph = '\u5317';
        String text = "caf\u00e9 \ud83d\ude00";
        byte[] bytes = {1, 2, 3};
        int[] ints = {1, 2};
        Date created = new Date(1_700_000_000_000L);
        java.sql.Timestamp stamp = new java.sql.Timestamp(1_700_000_000_000L);
        LocalDateTime moment = LocalDateTime.of(2024, 2, 29, 23, 59, 59, 5);
        LocalDate day = LocalDate.of(2024, 2, 29);
        BigDecimal amount = new BigDecimal("19.99");
        BigInteger big = BigInteger.TWO.pow(100);
        Side side = Side.SELL;
        Class<?> type = String.class;
        Locale locale = Locale.GERMANY;
        Currency currency = Currency.getInstance("EUR");
        AtomicLong counter = new AtomicLong(3);
        Point buyer = new Point(7, 8);
        List<Point> lines;
        Set<String> tags = new LinkedHashSet<>(List.of("a", "b"));
        Map<String, Object> extra;
        Order parent;
        Object nothing;
        transient String skipped = "never written";
    }
}
