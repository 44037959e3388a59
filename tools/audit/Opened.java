import java.lang.reflect.Method;

/** Opens the JDK to reflection, as it was up to JDK 8, where much of Dubbo 2.7 runs. Needs java.lang opened. */
final class Opened {
    static void everything() throws Exception {
        Method open = Module.class.getDeclaredMethod("implAddOpensToAllUnnamed", String.class);
        open.setAccessible(true);
        for (Module module : ModuleLayer.boot().modules()) {
            for (String name : module.getPackages()) {
                open.invoke(module, name);
            }
        }
    }

    private Opened() {}
}
