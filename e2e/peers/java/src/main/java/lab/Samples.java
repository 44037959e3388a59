package lab;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/** A value of every class that services commonly hand around, by name. The same values each time. */
final class Samples {
    private static final Map<String, Object> SAMPLES = new LinkedHashMap<>();

    static {
        scalars();
        texts();
        times();
        lists();
        setsAndMaps();
        immutable();
        arrays();
        graphs();
        throwables();
        large();
    }

    private Samples() {
    }

    static Map<String, Object> all() {
        return SAMPLES;
    }

    private static void add(String name, Object value) {
        if (SAMPLES.put(name, value) != null) {
            throw new IllegalArgumentException("two samples: " + name);
        }
    }

    private static void scalars() {
        add("null", null);
        add("true", true);
        add("byte", (byte) -7);
        add("short", (short) -30_000);
        add("char", '\u4e2d');
        add("float", 1.1f);
        add("infinity", Double.POSITIVE_INFINITY);
        add("not a number", Double.NaN);
        add("ints", new ArrayList<>(List.of(0, -16, 47, 48, -2048, 2047, 2048, -262_144, 262_143, 262_144, Integer.MIN_VALUE)));
        add("longs", new ArrayList<>(List.of(0L, -8L, 15L, 16L, -2048L, 2047L, -262_144L, 262_143L, 1L << 31, Long.MIN_VALUE)));
        add("doubles", new ArrayList<>(List.of(0.0, 1.0, 127.0, -128.0, 32767.0, 0.001, 12.25, Math.PI, Double.MIN_VALUE, -0.0)));
        add("BigDecimal", new BigDecimal("-12345678901234567890.123456789"));
        add("BigInteger", BigInteger.TEN.pow(60).negate());
        add("enum", User.Role.WRITER);
        add("enum with a body", Shade.DARK);
        add("TimeUnit", TimeUnit.MICROSECONDS);
        add("DayOfWeek", DayOfWeek.FRIDAY);
        add("UUID", new UUID(0x0123456789abcdefL, 0xfedcba9876543210L));
        add("Locale", Locale.forLanguageTag("zh-Hant-TW"));
        add("Currency", Currency.getInstance("CHF"));
        add("TimeZone", TimeZone.getTimeZone("Europe/Zurich"));
        add("Class", User.class);
        add("URI", URI.create("http://lab.example/a?b=%20c"));
        add("InetAddress", InetAddress.getLoopbackAddress());
        add("BitSet", BitSet.valueOf(new long[] {5, 1L << 40}));
        add("StringBuilder", new StringBuilder("built"));
        add("StringBuffer", new StringBuffer("buffered"));
        add("AtomicInteger", new AtomicInteger(42));
        add("AtomicLong", new AtomicLong(1L << 42));
        add("AtomicBoolean", new AtomicBoolean(true));
        add("AtomicReference", new AtomicReference<>("referred to"));
        LongAdder adder = new LongAdder();
        adder.add(99);
        add("LongAdder", adder);
    }

    /** A constant with a class of its own. */
    public enum Shade {
        LIGHT,
        DARK {
            @Override
            public String toString() {
                return "very dark";
            }
        }
    }

    private static void texts() {
        add("empty text", "");
        for (int length : new int[] {31, 32, 1023, 1024, 0x7fff, 0x8000, 0x8001, 0x10000}) {
            add(length + " letters", "x".repeat(length));
        }
        add("Latin-1", "\u00e4\u00ff");
        add("emoji", "\uD83D\uDE00 \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67 \uD83C\uDDE8\uD83C\uDDED");
        // A pair lies across the end of a chunk.
        add("emoji at a chunk's end", "x".repeat(0x7fff) + "\uD83D\uDE00".repeat(3));
        StringBuilder plane = new StringBuilder();
        for (int unit = 0; unit < 0x10000; unit++) {
            if (!Character.isSurrogate((char) unit)) {
                plane.append((char) unit);
            }
        }
        add("the basic plane", plane.toString());
        add("a lone surrogate", "a\uD800b");
        add("control characters", "\u0000\t\r\n\u007f");
    }

    private static void times() {
        Date date = new Date(1_700_000_000_123L);
        add("Date", date);
        add("Date in whole minutes", new Date(1_699_999_980_000L));
        add("Date long ago", new Date(-62_135_596_800_000L));
        add("sql.Date", new java.sql.Date(1_700_000_000_123L));
        add("sql.Time", new java.sql.Time(1_700_000_000_123L));
        java.sql.Timestamp stamp = new java.sql.Timestamp(1_700_000_000_123L);
        stamp.setNanos(123_456_789);
        add("sql.Timestamp", stamp);
        Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone("UTC"), Locale.ROOT);
        calendar.setTime(date);
        add("Calendar", calendar);
        LocalDateTime local = LocalDateTime.of(2024, 2, 29, 23, 59, 58, 123_456_789);
        ZoneOffset offset = ZoneOffset.ofHoursMinutes(5, 30);
        add("Instant", Instant.ofEpochSecond(1_700_000_000L, 999_999_999));
        add("Duration", Duration.ofSeconds(-5, 250));
        add("Period", Period.of(1, -2, 3));
        add("LocalDate", local.toLocalDate());
        add("LocalTime", local.toLocalTime());
        add("LocalDateTime", local);
        add("OffsetDateTime", OffsetDateTime.of(local, offset));
        add("OffsetTime", OffsetTime.of(local.toLocalTime(), offset));
        add("ZonedDateTime", ZonedDateTime.of(local, ZoneId.of("Asia/Tokyo")));
        add("ZoneId", ZoneId.of("America/New_York"));
        add("ZoneOffset", offset);
        add("Year", Year.of(2024));
        add("YearMonth", YearMonth.of(2024, 2));
        add("MonthDay", MonthDay.of(2, 29));
        add("times in a list", new ArrayList<>(List.of(date, local, local.toLocalDate(), Duration.ofDays(1), LocalDate.MIN, LocalTime.NOON)));
    }

    private static <C extends Collection<Object>> C filled(C collection) {
        collection.addAll(List.of("one", "two", "three"));
        return collection;
    }

    private static void lists() {
        add("ArrayList", filled(new ArrayList<>()));
        add("ArrayList of everything", new ArrayList<>(Arrays.asList(1, "two", 3.0, null, true, new Date(0), User.sample(1))));
        add("LinkedList", filled(new LinkedList<>()));
        add("Vector", filled(new Vector<>()));
        add("Stack", filled(new Stack<>()));
        add("ArrayDeque", filled(new ArrayDeque<>()));
        add("PriorityQueue", filled(new PriorityQueue<>()));
        add("ConcurrentLinkedQueue", filled(new ConcurrentLinkedQueue<>()));
        add("CopyOnWriteArrayList", filled(new CopyOnWriteArrayList<>()));
        add("sublist", filled(new ArrayList<>()).subList(1, 3));
        add("lists of 7, 8 and 300", new ArrayList<>(List.of(numbers(7), numbers(8), numbers(300))));
    }

    private static List<Integer> numbers(int count) {
        List<Integer> numbers = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            numbers.add(n * n);
        }
        return numbers;
    }

    private static <M extends Map<Object, Object>> M filled(M map) {
        map.put("one", 1);
        map.put("two", new ArrayList<>(List.of(2.5, "two")));
        return map;
    }

    private static void setsAndMaps() {
        add("HashSet", filled(new HashSet<>()));
        add("LinkedHashSet", filled(new LinkedHashSet<>()));
        add("TreeSet", filled(new TreeSet<>()));
        add("EnumSet", EnumSet.allOf(User.Role.class));
        add("empty EnumSet", EnumSet.noneOf(User.Role.class));
        add("HashMap", filled(new HashMap<>()));
        add("LinkedHashMap", filled(new LinkedHashMap<>()));
        add("TreeMap", filled(new TreeMap<>()));
        add("TreeMap, reversed", new TreeMap<>(Map.of("a", 1, "b", 2)).descendingMap());
        add("Hashtable", filled(new Hashtable<>()));
        add("ConcurrentHashMap", filled(new ConcurrentHashMap<>()));
        add("ConcurrentSkipListMap", filled(new ConcurrentSkipListMap<>()));
        add("IdentityHashMap", filled(new IdentityHashMap<>()));
        Map<User.Role, String> roles = new EnumMap<>(User.Role.class);
        roles.put(User.Role.READER, "reads");
        add("EnumMap", roles);
        Properties properties = new Properties();
        properties.setProperty("key", "value");
        add("Properties", properties);
        Map<Object, Object> keys = new LinkedHashMap<>();
        keys.put(1, "int");
        keys.put(2L, "long");
        keys.put(User.Role.READER, "enum");
        keys.put(null, "null");
        keys.put(new ArrayList<>(List.of(1)), "list");
        keys.put(new UUID(1, 2), "uuid");
        add("map with keys of any class", keys);
        Map<String, Object> names = new LinkedHashMap<>();
        for (String name : new String[] {"path", "interface", "version", "group", "class", "generic", "service"}) {
            names.put(name, "lab.SecretService");
        }
        add("map with the names of attachments", names);
    }

    private static void immutable() {
        List<Object> list = filled(new ArrayList<>());
        add("emptyList", Collections.emptyList());
        add("emptyMap", Collections.emptyMap());
        add("emptySet", Collections.emptySet());
        add("singletonList", Collections.singletonList("one"));
        add("singleton", Collections.singleton("one"));
        add("singletonMap", Collections.singletonMap("one", 1));
        add("nCopies", Collections.nCopies(3, "one"));
        add("unmodifiableList", Collections.unmodifiableList(list));
        add("unmodifiableList of a LinkedList", Collections.unmodifiableList(new LinkedList<>(list)));
        add("unmodifiableSet", Collections.unmodifiableSet(filled(new HashSet<>())));
        add("unmodifiableMap", Collections.unmodifiableMap(filled(new HashMap<>())));
        add("unmodifiableCollection", Collections.unmodifiableCollection(list));
        add("unmodifiableSortedMap", Collections.unmodifiableSortedMap(filled(new TreeMap<>())));
        add("synchronizedList", Collections.synchronizedList(filled(new ArrayList<>())));
        add("synchronizedMap", Collections.synchronizedMap(filled(new HashMap<>())));
        add("Arrays.asList", Arrays.asList("one", 2, null));
        add("List.of", List.of("one"));
        add("List.of many", List.of("one", "two", "three"));
        add("Set.of", Set.of("one"));
        add("Set.of many", Set.of("one", "two", "three"));
        add("Map.of", Map.of("one", 1));
        add("Map.of many", Map.of("one", 1, "two", 2, "three", 3));
        add("entry", new java.util.AbstractMap.SimpleEntry<>("key", "value"));
        add("keySet", new ArrayList<>(filled(new LinkedHashMap<>()).keySet()));
    }

    private static void arrays() {
        add("boolean[]", new boolean[] {true, false});
        add("byte[]", UserServiceImpl.pattern(70));
        for (int size : new int[] {0, 15, 16, 1023, 1024, 4093, 4094, 8189, 8190, 0x8000, 100_000}) {
            add(size + " bytes", UserServiceImpl.pattern(size));
        }
        add("char[]", "chars \u4e2d".toCharArray());
        add("short[]", new short[] {1, -2});
        add("int[]", new int[] {1, -2, 1 << 30});
        add("long[]", new long[] {1, -2, 1L << 60});
        add("float[]", new float[] {1.5f, -2});
        add("double[]", new double[] {1.5, -2});
        add("int[][]", new int[][] {{1, 2}, {}, {3}});
        add("String[]", new String[] {"one", null, "three"});
        add("Object[]", new Object[] {1, "two", null, new int[] {3}});
        add("Integer[]", new Integer[] {1, null});
        add("User[]", new User[] {User.sample(1), User.sample(2), null});
        add("Date[]", new Date[] {new Date(0)});
        add("enum[]", User.Role.values());
        add("List[]", new List<?>[] {new ArrayList<>(List.of(1)), new ArrayList<>()});
        add("empty array", new String[0]);
    }

    private static void graphs() {
        add("User", User.sample(3));
        add("User with nothing", new User());
        add("Staff", Staff.sample());
        User narcissus = User.sample(4);
        narcissus.friends.add(narcissus);
        add("a friend of itself", narcissus);
        List<Object> list = new ArrayList<>();
        list.add(list);
        add("a list in itself", list);
        Map<Object, Object> map = new HashMap<>();
        map.put("me", map);
        add("a map in itself", map);
        User shared = User.sample(5);
        add("one user many times", new ArrayList<>(Collections.nCopies(40, shared)));
        Map<String, Object> nested = new HashMap<>(Map.of("bottom", 50));
        for (int depth = 0; depth < 50; depth++) {
            nested = new HashMap<>(Map.of("depth " + depth, nested, "beside", new ArrayList<>(List.of(depth))));
        }
        add("maps 50 deep", nested);
        User chain = User.sample(6);
        for (int length = 0; length < 100; length++) {
            User next = User.sample(length);
            next.friends.add(chain);
            chain = next;
        }
        add("a chain of 100 users", chain);
        // More classes than have short tags.
        add("twenty classes", new ArrayList<>(List.of(User.sample(1), Staff.sample(), new UUID(1, 2), Locale.ROOT,
            Currency.getInstance("CHF"), BigDecimal.ONE, BigInteger.ONE, User.Role.READER, TimeUnit.DAYS, Shade.LIGHT, DayOfWeek.MONDAY,
            LocalDate.EPOCH, LocalTime.NOON, LocalDateTime.MIN, Duration.ZERO, Instant.EPOCH, Year.of(1), MonthDay.of(1, 1),
            YearMonth.of(1, 1), Period.ZERO, User.sample(2), User.Role.WRITER)));
    }

    private static void throwables() {
        BusinessException business = new BusinessException(3, "as a value");
        business.initCause(new IllegalStateException("because"));
        business.addSuppressed(new IllegalArgumentException("and of that"));
        add("BusinessException", business);
        add("RuntimeException", new RuntimeException("as a value", new NumberFormatException()));
        add("StackTraceElement", new StackTraceElement("lab.Samples", "throwables", "Samples.java", 1));
    }

    private static void large() {
        add("5 MB of text", "0123456789abcdef".repeat(5 << 16));
        add("1.5 million emoji units", "\uD83D\uDE00".repeat(750_000));
        add("5 MB of bytes", UserServiceImpl.pattern(5 << 20));
        add("100,000 numbers", numbers(100_000));
        List<User> users = new ArrayList<>();
        for (int n = 0; n < 1000; n++) {
            users.add(User.sample(n % 100));
        }
        add("1,000 users", users);
        Map<String, Object> map = new HashMap<>();
        for (int n = 0; n < 10_000; n++) {
            map.put("key " + n, "value " + n);
        }
        add("a map of 10,000", map);
    }
}
