package lab;

import java.util.List;
import java.util.Map;

import com.google.gson.JsonElement;

/**
 * A line of the consumer's standard input: {@code threads} threads, which each make all {@code calls} one after the other,
 * {@code rounds} times over. {@code {n}} in a text argument becomes a text that no other call of the command has.
 */
final class Command {
    long id;
    Reference reference;
    int threads = 1;
    int rounds = 1;
    List<Call> calls;
    /** In place of calls. */
    Suite suite;

    /** Which service, where. References that are equal share what Dubbo makes of them, so a connection lives on. */
    static final class Reference {
        /** {@code dubbo://127.0.0.1:PORT/PATH?OPTION=VALUE}. */
        String url;
        /** The interface, where the path is not its name. */
        String type;
        String group;
        String version;
        /** {@code true} makes every call a generic one. */
        String generic;
        /** Whether arguments are called back, as the URL says ({@link MethodParameters}). */
        boolean callbacks;
        /** Methods that are called one-way. */
        List<String> oneway = List.of();
    }

    static final class Call {
        String method;
        /** A byte[] is given by its size. */
        List<JsonElement> args = List.of();
        Map<String, String> attachments = Map.of();
    }

    /** All calls of an ordinary consumer ({@link Legal}), or those named. */
    static final class Suite {
        int port;
        /** {@code timeout=20000&serialization=fastjson2}. */
        String options;
        List<String> only = List.of();
    }
}
