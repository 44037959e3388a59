package lab;

import java.lang.reflect.UndeclaredThrowableException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import org.apache.dubbo.rpc.RpcContext;

/** Runs the calls of an ordinary consumer ({@link LegalCalls}, {@link Samples}) one after the other, and tells what came of each. */
final class Legal {
    /** One call, or a few that belong together; the result is told as {@link Canonical} says. */
    interface Case {
        Object run() throws Exception;
    }

    private Legal() {
    }

    /** {@code {"name": .., "value": .. or "exception": .., "same": true when a sample came back as it went}} for each case. */
    static JsonArray run(References references, Command.Suite suite) {
        LegalCalls calls = new LegalCalls(references, suite);
        Map<String, Case> cases = new LinkedHashMap<>(calls.all());
        TypesService types = calls.types();
        Samples.all().forEach((name, sample) -> cases.put("echo " + name, () -> types.echo(sample)));
        Predicate<String> wanted = suite.only.isEmpty() ? name -> true : suite.only::contains;
        JsonArray outcomes = new JsonArray();
        cases.forEach((name, call) -> {
            if (wanted.test(name)) {
                outcomes.add(outcome(name, call));
            }
        });
        return outcomes;
    }

    private static JsonObject outcome(String name, Case call) {
        JsonObject outcome = new JsonObject();
        outcome.addProperty("name", name);
        long start = System.nanoTime();
        try {
            String value = Canonical.text(call.run());
            outcome.addProperty("value", value);
            Object sample = Samples.all().get(name.replaceFirst("^echo ", ""));
            outcome.addProperty("same", Canonical.text(sample).equals(value));
        } catch (Throwable thrown) {
            Throwable cause = thrown instanceof UndeclaredThrowableException ? thrown.getCause() : thrown;
            outcome.addProperty("exception", Canonical.text(cause));
        }
        outcome.addProperty("millis", (System.nanoTime() - start) / 1_000_000);
        // What one case sets, the next must not send.
        RpcContext.removeContext();
        return outcome;
    }

    /** All that a listener was told, in order. */
    static final class Heard implements Listener {
        final List<Object> heard = Collections.synchronizedList(new ArrayList<>());

        @Override
        public Object changed(String topic, User user) {
            heard.add(topic);
            heard.add(user);
            return "heard " + topic;
        }
    }
}
