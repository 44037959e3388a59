package lab;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import com.google.gson.Gson;
import org.apache.dubbo.config.MethodConfig;
import org.apache.dubbo.config.ReferenceConfig;

/** The proxies of the services that were asked for, made at the first use. */
final class References {
    private final Map<String, Object> proxies = new ConcurrentHashMap<>();

    Object proxy(Command.Reference wanted) {
        return proxies.computeIfAbsent(new Gson().toJson(wanted), key -> refer(wanted));
    }

    /** The interface: the one that is named, or the URL's path. */
    static Class<?> type(Command.Reference wanted) {
        String name = wanted.type != null ? wanted.type : wanted.url.replaceFirst("^dubbo://[^/]*/", "").replaceFirst("\\?.*$", "");
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException missing) {
            throw new IllegalArgumentException("no such interface: " + name);
        }
    }

    private static Object refer(Command.Reference wanted) {
        ReferenceConfig<Object> reference = new ReferenceConfig<>();
        // Dubbo connects to the machine's outward address when it reads 127.0.0.1.
        reference.setUrl(wanted.url.replace("//127.0.0.1:", "//" + Loopback.HOST + ":"));
        reference.setInterface(type(wanted).getName());
        reference.setGroup(wanted.group);
        reference.setVersion(wanted.version);
        reference.setGeneric(wanted.generic);
        reference.setCheck(false);
        if (wanted.callbacks) {
            reference.setParameters(new HashMap<>(Map.of("url-merge-processor", "method-parameters")));
        }
        List<MethodConfig> methods = wanted.oneway.stream().map(References::oneway).collect(Collectors.toList());
        if (!methods.isEmpty()) {
            reference.setMethods(methods);
        }
        return reference.get();
    }

    private static MethodConfig oneway(String name) {
        MethodConfig method = new MethodConfig();
        method.setName(name);
        method.setReturn(false);
        return method;
    }
}
