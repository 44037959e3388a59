package lab;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.InstanceCreator;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.service.GenericService;

/** Makes one call and tells its outcome as JSON. */
final class Caller {
    // Gson's own map class is on no list of classes that Dubbo serializes.
    private static final Gson GSON = new GsonBuilder()
        .serializeNulls()
        .registerTypeAdapter(Map.class, (InstanceCreator<Map<?, ?>>) type -> new HashMap<>())
        .create();

    private final Command.Reference reference;
    private final Object proxy;

    Caller(Command.Reference reference, Object proxy) {
        this.reference = reference;
        this.proxy = proxy;
    }

    /** {@code n} is the text that stands for {@code {n}} in arguments. */
    JsonObject call(Command.Call call, String n) {
        Method method = method(call.method);
        Object[] arguments = arguments(method, call, n);
        call.attachments.forEach((key, value) -> RpcContext.getContext().setAttachment(key, value));
        JsonObject outcome = new JsonObject();
        outcome.addProperty("method", call.method);
        outcome.addProperty("n", n);
        AttemptCounter.take();
        long start = System.nanoTime();
        try {
            Object value = proxy instanceof GenericService
                ? generic(method, arguments)
                : method.invoke(proxy, arguments);
            outcome.add("value", value(value));
        } catch (InvocationTargetException thrown) {
            describe(outcome, thrown.getCause());
        } catch (Exception thrown) {
            describe(outcome, thrown);
        }
        outcome.addProperty("millis", (System.nanoTime() - start) / 1_000_000);
        outcome.addProperty("attempts", AttemptCounter.take());
        return outcome;
    }

    private Method method(String name) {
        return Arrays.stream(References.type(reference).getMethods())
            .filter(method -> method.getName().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no such method: " + name));
    }

    private static Object[] arguments(Method method, Command.Call call, String n) {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            JsonElement given = call.args.get(i);
            if (types[i] == byte[].class) {
                arguments[i] = UserServiceImpl.pattern(given.getAsInt());
            } else if (types[i] == String.class) {
                arguments[i] = given.getAsString().replace("{n}", n);
            } else {
                arguments[i] = GSON.fromJson(given, types[i]);
            }
        }
        return arguments;
    }

    private Object generic(Method method, Object[] arguments) {
        String[] types = Arrays.stream(method.getParameterTypes()).map(Class::getName).toArray(String[]::new);
        return ((GenericService) proxy).$invoke(method.getName(), types, arguments);
    }

    /** A long byte[] by its length and checksum. */
    private static JsonElement value(Object value) {
        if (value instanceof byte[]) {
            byte[] bytes = (byte[]) value;
            CRC32 sum = new CRC32();
            sum.update(bytes);
            JsonObject summary = new JsonObject();
            summary.addProperty("bytes", bytes.length);
            summary.addProperty("crc32", sum.getValue());
            return summary;
        }
        return GSON.toJsonTree(value);
    }

    private static void describe(JsonObject outcome, Throwable thrown) {
        outcome.addProperty("exception", thrown.getClass().getName());
        outcome.addProperty("message", thrown.getMessage());
        if (thrown instanceof BusinessException) {
            outcome.addProperty("code", ((BusinessException) thrown).code);
        }
    }
}
