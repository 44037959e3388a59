package lab;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collection;
import java.util.Date;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TimeZone;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/** A text that is equal for equal values: with classes, all fields, and references back; without what differs by chance. */
final class Canonical {
    /** Longer ones are told by length and checksum. */
    private static final int LONG = 300;

    private final Map<Object, Integer> open = new IdentityHashMap<>();

    private Canonical() {
    }

    static String text(Object value) {
        return new Canonical().of(value);
    }

    private String of(Object value) {
        if (value == null) {
            return "null";
        }
        if (value instanceof String) {
            return string((String) value);
        }
        Integer above = open.get(value);
        if (above != null) {
            return "^" + (open.size() - above);
        }
        open.put(value, open.size());
        String text = value.getClass().getName() + content(value);
        open.remove(value);
        return text;
    }

    private String content(Object value) {
        if (value.getClass().isArray()) {
            return array(value);
        }
        if (value instanceof Map) {
            return "{" + list(((Map<?, ?>) value).entrySet(), entry -> of(entry.getKey()) + "=" + of(entry.getValue()), true) + "}";
        }
        if (value instanceof Collection) {
            boolean unordered = value instanceof Set && !(value instanceof SortedSet);
            return "[" + list((Collection<?>) value, this::of, unordered) + "]";
        }
        if (value instanceof Throwable) {
            Throwable thrown = (Throwable) value;
            String code = value instanceof BusinessException ? " code " + ((BusinessException) value).code : "";
            return "(" + of(message(thrown)) + code + " cause " + of(thrown.getCause()) + " suppressed "
                + list(Arrays.asList(thrown.getSuppressed()), this::of, false) + ")";
        }
        if (value instanceof Calendar) {
            return "(" + ((Calendar) value).getTimeInMillis() + ")";
        }
        if (value instanceof TimeZone) {
            return "(" + ((TimeZone) value).getID() + ")";
        }
        if (value.getClass().getName().startsWith("lab.") && !(value instanceof Enum)) {
            return "{" + list(fields(value.getClass()), field -> field.getName() + "=" + of(get(field, value)), true) + "}";
        }
        String text = value.toString();
        // What Object.toString says differs each time.
        return text.startsWith(value.getClass().getName() + "@") ? "" : "(" + string(text) + ")"
            + (value instanceof Date ? ((Date) value).getTime() : "");
    }

    /** What Dubbo throws tells addresses, times and the provider's stack trace. */
    private static String message(Throwable thrown) {
        String name = thrown.getClass().getName();
        boolean own = thrown.getMessage() == null || !(name.contains(".dubbo.") || thrown instanceof ExecutionException);
        return own ? thrown.getMessage() : thrown.getMessage().replaceFirst("(?s)[\r\n].*", "").replaceAll("@[0-9a-f]+|[0-9.:]+", "#");
    }

    private String array(Object array) {
        if (array instanceof byte[] && ((byte[]) array).length > LONG) {
            return summary((byte[]) array, "bytes");
        }
        List<Object> elements = IntStream.range(0, Array.getLength(array)).mapToObj(i -> Array.get(array, i)).collect(Collectors.toList());
        return "[" + list(elements, this::of, false) + "]";
    }

    private static <T> String list(Collection<T> elements, Function<T, String> text, boolean sorted) {
        List<String> texts = new ArrayList<>();
        elements.forEach(element -> texts.add(text.apply(element)));
        if (sorted) {
            texts.sort(null);
        }
        String joined = String.join(", ", texts);
        return joined.length() > 20 * LONG ? summary(joined.getBytes(StandardCharsets.UTF_16BE), "in " + texts.size()) : joined;
    }

    private static String string(String text) {
        // By UTF-16 units: a lone surrogate counts as itself.
        return text.length() > LONG ? summary(text.getBytes(StandardCharsets.UTF_16BE), "UTF-16") : "\"" + escaped(text) + "\"";
    }

    /** Lone surrogates have no form in UTF-8, in which the outcome is told. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(point -> {
            if (point >= 0xd800 && point <= 0xdfff) {
                escaped.append(String.format("\\u%04x", point));
            } else {
                escaped.appendCodePoint(point);
            }
        });
        return escaped.toString();
    }

    private static String summary(byte[] bytes, String what) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return "<" + bytes.length + " " + what + ", " + Long.toHexString(sum.getValue()) + ">";
    }

    private static List<Field> fields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        for (Class<?> at = type; at != Object.class; at = at.getSuperclass()) {
            Arrays.stream(at.getDeclaredFields()).filter(field -> !Modifier.isStatic(field.getModifiers())).forEach(fields::add);
        }
        return fields;
    }

    private static Object get(Field field, Object value) {
        try {
            return field.get(value);
        } catch (IllegalAccessException closed) {
            throw new IllegalArgumentException("a field that is not public: " + field, closed);
        }
    }
}
