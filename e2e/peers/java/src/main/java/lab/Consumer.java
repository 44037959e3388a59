package lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * A consumer: {@code Consumer APPLICATION}. Prints {@code READY}, then takes a {@link Command} a line from standard input, runs
 * them side by side, and prints a line {@code {"id": ID, "outcomes": [...]}} for each, as they end. Ends when its standard input
 * ends, so it cannot outlive who started it.
 */
public final class Consumer {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();
    private static final References REFERENCES = new References();

    private Consumer() {
    }

    public static void main(String[] args) throws IOException {
        DubboBootstrap.getInstance()
            .application(Loopback.application(args[0]))
            .registry(new RegistryConfig(RegistryConfig.NO_AVAILABLE))
            .start();
        System.out.println("READY");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Command command = new Gson().fromJson(line, Command.class);
            THREADS.submit(() -> answer(command));
        }
        System.exit(0);
    }

    private static void answer(Command command) {
        JsonObject answer = new JsonObject();
        answer.addProperty("id", command.id);
        try {
            answer.add("outcomes", command.suite == null ? outcomes(command) : Legal.run(REFERENCES, command.suite));
        } catch (Exception failure) {
            answer.addProperty("failure", failure.toString());
        }
        System.out.println(answer);
    }

    private static JsonArray outcomes(Command command) throws Exception {
        Caller caller = new Caller(command.reference, REFERENCES.proxy(command.reference));
        List<Callable<List<JsonObject>>> threads = new ArrayList<>();
        for (int thread = 0; thread < command.threads; thread++) {
            String name = command.id + "-" + thread;
            threads.add(() -> rounds(command, caller, name));
        }
        JsonArray outcomes = new JsonArray();
        for (Future<List<JsonObject>> ended : THREADS.invokeAll(threads)) {
            ended.get().forEach(outcomes::add);
        }
        return outcomes;
    }

    private static List<JsonObject> rounds(Command command, Caller caller, String thread) {
        List<JsonObject> outcomes = new ArrayList<>();
        for (int round = 0; round < command.rounds; round++) {
            for (int call = 0; call < command.calls.size(); call++) {
                outcomes.add(caller.call(command.calls.get(call), thread + "-" + round + "-" + call));
            }
        }
        return outcomes;
    }
}
