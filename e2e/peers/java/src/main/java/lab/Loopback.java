package lab;

import org.apache.dubbo.config.ApplicationConfig;

/** What keeps a Dubbo process to itself: no port but the one asked for, and that on 127.0.0.1 alone. */
final class Loopback {
    /** 127.0.0.1 as a number: Dubbo takes the dotted form for a mistake, and replaces it by an outward address. */
    static final String HOST = "2130706433";

    private Loopback() {
    }

    static ApplicationConfig application(String name) {
        ApplicationConfig application = new ApplicationConfig(name);
        application.setQosEnable(false);
        return application;
    }
}
