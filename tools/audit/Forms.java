import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Streams that the audit gives to readers, written byte by byte: an int is a byte, a text a string of Hessian. */
final class Forms {
    /** A class that no loader has. */
    static final String UNKNOWN = "x.Unknown";

    private static final String TEXT_OF_UUID = "00000000-0000-0000-0000-000000000001";

    /** A stream and where its first value ends. Copies of the last value follow, for a reader that goes too far. */
    record Stream(byte[] bytes, int end) {}

    /** One value of each kind. Objects use the classes 0 and 1, which every stream of the audit defines first. */
    static final Map<String, byte[]> VALUES = new LinkedHashMap<>();

    static {
        VALUES.put("null", bytes('N'));
        VALUES.put("true", bytes('T'));
        VALUES.put("int", bytes(0x91));
        VALUES.put("long", bytes(0xe1));
        VALUES.put("double", bytes(0x5c));
        VALUES.put("text", bytes("1"));
        VALUES.put("uuid", bytes(TEXT_OF_UUID));
        VALUES.put("class name", bytes("java.lang.String"));
        VALUES.put("date", bytes('J', 0, 0, 0, 0, 0, 0, 0, 1));
        VALUES.put("binary", bytes(0x21, 7));
        VALUES.put("empty list", bytes(0x78));
        VALUES.put("list", bytes(0x7a, 0x91, 0x92));
        VALUES.put("open list", bytes('W', "a", 'Z'));
        VALUES.put("typed list", bytes(0x71, "[int", 0x91));
        VALUES.put("map", bytes('H', "a", 0x91, 'Z'));
        VALUES.put("typed map", bytes('M', "java.util.HashMap", "a", 0x91, 'Z'));
        VALUES.put("object without fields", bytes(0x60));
        VALUES.put("object of two texts", bytes(0x61, "1", "1"));
        VALUES.put("object of two uuids", bytes(0x61, TEXT_OF_UUID, TEXT_OF_UUID));
        VALUES.put("object of two ints", bytes(0x61, 0x91, 0x91));
    }

    /** An object of a class that is defined with these fields, all of the same value. */
    static Stream object(String name, List<String> fields, byte[] value) {
        ByteArrayOutputStream out = begin();
        define(out, name, fields);
        out.write(0x62);
        fields.forEach(field -> out.writeBytes(value));
        return end(out, value);
    }

    /** Typed lists and maps of every form. */
    static Map<String, Stream> typed(String name, byte[] value) {
        Map<String, Stream> streams = new LinkedHashMap<>();
        streams.put("list 70", end(begin(0x70, name), value));
        streams.put("list 72", end(begin(0x72, name, value, value), value));
        streams.put("list V", end(begin('V', name, 0x92, value, value), value));
        streams.put("list U", end(begin('U', name, value, 'Z'), value));
        String array = "[" + name;
        streams.put("list of an array", end(begin('V', array, 0x92, value, value), value));
        streams.put("list of an array of one", end(begin(0x71, array, value), value));
        streams.put("list of an array of arrays", end(begin(0x71, "[" + array, 0x7a, value, value), value));
        streams.put("map M", end(begin('M', name, 'Z'), value));
        streams.put("map M value", end(begin('M', name, "value", value, 'Z'), value));
        streams.put("map M two", end(begin('M', name, "x", value, "value", value, 'Z'), value));
        return streams;
    }

    private static ByteArrayOutputStream begin(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        define(out, UNKNOWN, List.of());
        define(out, UNKNOWN, List.of("x", "y"));
        out.writeBytes(bytes(parts));
        return out;
    }

    private static Stream end(ByteArrayOutputStream out, byte[] value) {
        int end = out.size();
        for (int i = 0; i < 8; i++) {
            out.writeBytes(value);
        }
        return new Stream(out.toByteArray(), end);
    }

    private static void define(ByteArrayOutputStream out, String name, List<String> fields) {
        out.writeBytes(bytes('C', name));
        out.writeBytes(fields.size() < 48 ? bytes(0x90 + fields.size()) : bytes('I', 0, 0, 0, fields.size()));
        fields.forEach(field -> out.writeBytes(bytes(field)));
    }

    static byte[] bytes(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            if (part instanceof byte[] bytes) {
                out.writeBytes(bytes);
            } else if (part instanceof String text) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                out.writeBytes(bytes.length < 32 ? new byte[] {(byte) bytes.length}
                    : new byte[] {(byte) (0x30 + (bytes.length >> 8)), (byte) bytes.length});
                out.writeBytes(bytes);
            } else {
                out.write(part instanceof Character tag ? tag : (Integer) part);
            }
        }
        return out.toByteArray();
    }

    private Forms() {}
}
