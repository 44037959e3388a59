package lab;

import java.io.IOException;
import java.util.Map;

import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * A provider: {@code Provider PORT LABEL [HEARTBEAT-MILLIS]}. Prints {@code READY} when it listens on 127.0.0.1, then a line for
 * every call that runs ({@link ExecutionLog}). Ends when its standard input ends, so it cannot outlive who started it.
 *
 * <p>The open service and the closed one are exported side by side: plain, in other versions, in a group, under a path of their
 * own, and below a context path.
 */
public final class Provider {
    private Provider() {
    }

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(args[0]);
        Integer heartbeat = args.length > 2 ? Integer.valueOf(args[2]) : null;
        ProtocolConfig plain = protocol("plain", port, heartbeat, null);
        // Of the same port, which the bootstrap would not take. The context path stands before the services' own.
        ProtocolConfig context = protocol("context", port, heartbeat, "ctx");
        DubboBootstrap.getInstance()
            .application(Loopback.application("lab-provider"))
            .registry(new RegistryConfig(RegistryConfig.NO_AVAILABLE))
            .protocol(plain)
            .start();
        export(plain, context, UserService.class, new UserServiceImpl(args[1]), "custom.path");
        export(plain, context, SecretService.class, new SecretServiceImpl(), "custom.secret");
        ServiceConfig<TypesService> types = service(TypesService.class, new TypesServiceImpl(), plain, "plain");
        types.setParameters(Map.of("subscribe.1.callback", "true", "callbacks", "1000"));
        types.export();
        ServiceConfig<TypesService> guarded = service(TypesService.class, new TypesServiceImpl(), plain, "token");
        guarded.setGroup("token");
        guarded.setToken("t0ken");
        guarded.export();
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // Only the end matters.
        }
        System.exit(0);
    }

    // Not by the bootstrap: it takes an interface of one group and version only once, whatever the paths.
    private static <T> void export(ProtocolConfig plain, ProtocolConfig context, Class<T> type, T implementation, String path) {
        service(type, implementation, plain, "plain").export();
        for (String version : new String[] {"1.0.0", "2.0.0"}) {
            ServiceConfig<T> grouped = service(type, implementation, plain, "g1-" + version);
            grouped.setGroup("g1");
            grouped.setVersion(version);
            grouped.export();
        }
        ServiceConfig<T> versioned = service(type, implementation, plain, "2.0.0");
        versioned.setVersion("2.0.0");
        versioned.export();
        ServiceConfig<T> elsewhere = service(type, implementation, plain, "path");
        elsewhere.setPath(path);
        elsewhere.export();
        service(type, implementation, context, "context").export();
    }

    private static ProtocolConfig protocol(String id, int port, Integer heartbeat, String contextPath) {
        ProtocolConfig protocol = new ProtocolConfig("dubbo", port);
        protocol.setId(id);
        protocol.setHost(Loopback.HOST);
        protocol.setHeartbeat(heartbeat);
        protocol.setContextpath(contextPath);
        return protocol;
    }

    private static <T> ServiceConfig<T> service(Class<T> type, T implementation, ProtocolConfig protocol, String id) {
        ServiceConfig<T> service = new ServiceConfig<>();
        // Dubbo 2.7 exports one of several services only, unless each has an id.
        service.setId(type.getSimpleName() + "-" + id);
        service.setInterface(type);
        service.setRef(implementation);
        service.setProtocol(protocol);
        service.setScope("remote");
        return service;
    }
}
