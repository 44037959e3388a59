package lab;

import java.io.IOException;

import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * A provider: {@code Provider PORT LABEL [HEARTBEAT-MILLIS]}. Prints {@code READY} when it listens on 127.0.0.1, then a line for
 * every call that runs ({@link ExecutionLog}). Ends when its standard input ends, so it cannot outlive who started it.
 */
public final class Provider {
    private Provider() {
    }

    public static void main(String[] args) throws IOException {
        String label = args[1];
        ProtocolConfig protocol = new ProtocolConfig("dubbo", Integer.parseInt(args[0]));
        protocol.setHost(Loopback.HOST);
        if (args.length > 2) {
            protocol.setHeartbeat(Integer.valueOf(args[2]));
        }
        DubboBootstrap bootstrap = DubboBootstrap.getInstance()
            .application(Loopback.application("lab-provider"))
            .registry(new RegistryConfig(RegistryConfig.NO_AVAILABLE))
            .protocol(protocol);
        bootstrap.service(service(UserService.class, new UserServiceImpl(label), null, null));
        bootstrap.service(service(UserService.class, new UserServiceImpl(label), "g1", "1.0.0"));
        bootstrap.service(service(SecretService.class, new SecretServiceImpl(), null, null));
        bootstrap.service(service(SecretService.class, new SecretServiceImpl(), "g1", "2.0.0"));
        bootstrap.start();
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // Only the end matters.
        }
        System.exit(0);
    }

    private static <T> ServiceConfig<T> service(Class<T> type, T implementation, String group, String version) {
        ServiceConfig<T> service = new ServiceConfig<>();
        // Dubbo 2.7 exports one of several services only, unless each has an id.
        service.setId(type.getSimpleName() + "-" + group + "-" + version);
        service.setInterface(type);
        service.setRef(implementation);
        service.setGroup(group);
        service.setVersion(version);
        return service;
    }
}
