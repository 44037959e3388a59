import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** One released hessian-lite, loaded apart from the others: reads and writes with it, and says where its reader stands. */
final class Lite {
    final String version;
    private final Constructor<?> input;
    private final Constructor<?> output;
    private final Method read;
    private final Method setInputFactory;
    private final Method write;
    private final Method flush;
    private final Method deserializer;
    private final Field offset;
    private final Field length;
    private final Object factory;
    private final ClassLoader loader;

    Lite(Path jar) throws Exception {
        version = jar.getFileName().toString().replaceFirst("^hessian-lite-", "").replaceFirst("\\.jar$", "");
        loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        String io = "com.alibaba.com.caucho.hessian.io.";
        Class<?> in = loader.loadClass(io + "Hessian2Input");
        Class<?> out = loader.loadClass(io + "Hessian2Output");
        Class<?> factories = loader.loadClass(io + "SerializerFactory");
        input = in.getConstructor(InputStream.class);
        output = out.getConstructor(java.io.OutputStream.class);
        read = in.getMethod("readObject");
        setInputFactory = in.getMethod("setSerializerFactory", factories);
        write = out.getMethod("writeObject", Object.class);
        flush = out.getMethod("flush");
        deserializer = factories.getMethod("getDeserializer", String.class);
        offset = in.getDeclaredField("_offset");
        offset.setAccessible(true);
        length = in.getDeclaredField("_length");
        length.setAccessible(true);
        factory = factories.getConstructor().newInstance();
        factories.getMethod("setAllowNonSerializable", boolean.class).invoke(factory, true);
        allowEverything(factories);
    }

    /** 4.0.x refuses to load some classes; Dubbo replaces that list by its own, so no list counts here. */
    private void allowEverything(Class<?> factories) throws Exception {
        try {
            Object classes = factories.getMethod("getClassFactory").invoke(factory);
            classes.getClass().getMethod("setWhitelist", boolean.class).invoke(classes, false);
            classes.getClass().getMethod("allow", String.class).invoke(classes, "*");
        } catch (NoSuchMethodException e) {
            // 3.2.x has no such list.
        }
    }

    Class<?> load(String name) throws ClassNotFoundException {
        return Class.forName(name, false, loader);
    }

    /** How many bytes the reader took for one value. */
    Taken read(byte[] bytes) throws Exception {
        ByteArrayInputStream stream = new ByteArrayInputStream(bytes);
        Object in = input.newInstance(stream);
        setInputFactory.invoke(in, factory);
        Throwable thrown = null;
        try {
            read.invoke(in);
        } catch (InvocationTargetException e) {
            thrown = e.getCause();
        }
        int buffered = Math.max(0, length.getInt(in) - offset.getInt(in));
        return new Taken(bytes.length - stream.available() - buffered, thrown);
    }

    record Taken(int bytes, Throwable thrown) {}

    /** The bytes that the writer writes for a value; null if it cannot. */
    byte[] write(Object value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Object out = output.newInstance(bytes);
        try {
            write.invoke(out, value);
            flush.invoke(out);
            return bytes.toByteArray();
        } catch (InvocationTargetException e) {
            return null;
        }
    }

    /** The kind of reader that a class has. */
    String reader(String name) {
        try {
            Object reader = deserializer.invoke(factory, name);
            return reader == null ? "none" : reader.getClass().getSimpleName();
        } catch (Exception e) {
            return "error";
        }
    }
}
