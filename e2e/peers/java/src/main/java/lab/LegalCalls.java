package lab;

import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.apache.dubbo.common.beanutil.JavaBeanSerializeUtil;
import org.apache.dubbo.common.beanutil.JavaBeanDescriptor;
import org.apache.dubbo.common.utils.PojoUtils;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.service.EchoService;
import org.apache.dubbo.rpc.service.GenericService;

/** Calls in every form that Dubbo's API has, by name. */
final class LegalCalls {
    private static final String USER = "lab.UserService";
    private static final String TYPES = "lab.TypesService";

    private final References references;
    private final Command.Suite suite;
    private final Map<String, Legal.Case> cases = new LinkedHashMap<>();

    LegalCalls(References references, Command.Suite suite) {
        this.references = references;
        this.suite = suite;
        arguments();
        places();
        failures();
        attachments();
        asynchronous();
        generic();
    }

    Map<String, Legal.Case> all() {
        return cases;
    }

    TypesService types() {
        return (TypesService) proxy(TYPES, "", reference -> { });
    }

    private void add(String name, Legal.Case call) {
        if (cases.put(name, call) != null) {
            throw new IllegalArgumentException("two cases: " + name);
        }
    }

    private void arguments() {
        User ada = User.sample(1);
        add("primitives", () -> types().primitives(true, (byte) -1, '\u00e4', (short) 2, 1 << 20, 1L << 40, 1.5f, Math.E));
        add("boxed", () -> types().boxed(true, (byte) -1, '\u00e4', (short) 2, 1 << 20, 1L << 40, 1.5f, Math.E));
        add("boxed nulls", () -> types().boxed(null, null, null, null, null, null, null, null));
        add("arrays", () -> types().arrays(new boolean[] {true}, new byte[] {1}, new char[] {'c'}, new short[] {2}, new int[] {3},
            new long[] {4}, new float[] {5.5f}, new double[] {6.5}, new int[][] {{7}, {8, 9}}, new String[] {"ten", null},
            new User[] {ada, ada}));
        add("values", () -> types().values(new Date(1_700_000_000_123L), new BigDecimal("1.50"), new UUID(1, 2), LocalDate.of(2024, 2, 29),
            LocalTime.of(23, 59, 58, 7), LocalDateTime.of(2024, 2, 29, 1, 2), Instant.ofEpochMilli(1), Duration.ofMinutes(90),
            User.Role.WRITER));
        add("generics", () -> types().group(new ArrayList<>(List.of(ada, User.sample(2))), EnumSet.of(User.Role.WRITER),
            new HashMap<>(Map.of("known", new ArrayList<>(List.of(ada))))));
        add("a type variable", () -> types().same(new ArrayList<>(List.of(ada))));
        add("overloaded by text", () -> types().which("x"));
        add("overloaded by number", () -> types().which(7));
        add("overloaded by list", () -> types().which(new ArrayList<>(List.of("x", "y"))));
        add("any number of arguments", () -> types().many("a", "b", "c"));
        add("no argument, no result", () -> {
            types().nothing();
            return "done";
        });
    }

    private void places() {
        add("plain", () -> user(USER, reference -> { }).hello("plain"));
        add("version alone", () -> user(USER, reference -> reference.version = "2.0.0").hello("version"));
        add("group and version", () -> user(USER, reference -> {
            reference.group = "g1";
            reference.version = "1.0.0";
        }).saveUser(User.sample(1)));
        add("custom path", () -> user("custom.path", reference -> { }).hello("custom"));
        add("custom path, generic", () -> generic(proxy("custom.path", "", reference -> {
            reference.type = USER;
            reference.generic = "true";
        })).$invoke("hello", new String[] {"java.lang.String"}, new Object[] {"custom"}));
        add("context path", () -> user("ctx/lab.UserService", reference -> { }).hello("context"));
        add("token", () -> ((TypesService) proxy(TYPES, "&token=t0ken", reference -> reference.group = "token")).which("token"));
        add("wrong token", () -> ((TypesService) proxy(TYPES, "&token=wrong", reference -> reference.group = "token")).which("token"));
        add("unknown version", () -> user(USER, reference -> reference.version = "9.9.9").hello("nobody"));
        add("timeout countdown", () -> user(USER, "&enable-timeout-countdown=true").hello("countdown"));
        add("options of the consumer", () -> user(USER, "&owner=lab&loadbalance=random&x.y=z&dubbo.tag=gray&tag=gray").hello("options"));
    }

    private void failures() {
        for (String how : new String[] {"business", "unchecked", "without a message", "error", "checked"}) {
            add("failure: " + how, () -> types().fail(how));
        }
        add("failure by its own class", () -> user(USER, reference -> { }).fail("42"));
    }

    private void attachments() {
        add("attachments of text", () -> attached(Map.of("x-plain", "text", "x-emoji", "\uD83D\uDE00", "x-empty", "",
            "x-long", "x".repeat(40_000), "dubbo.tag", "gray", "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")));
        add("attachments of plain values", () -> attached(Map.of("x-int", 7, "x-long", 1L << 40, "x-true", true,
            "x-list", new ArrayList<>(List.of("a", 1)), "x-uuid", new UUID(1, 2), "x-date", new Date(0), "x-day", LocalDate.EPOCH)));
        add("attachments of any class", () -> attached(Map.of("x-user", User.sample(1), "x-bytes", new byte[] {1, 2, 3})));
        Map<String, Object> many = new HashMap<>();
        for (int n = 0; n < 200; n++) {
            many.put("x-" + n, "value " + n);
        }
        add("200 attachments", () -> attached(many));
    }

    private List<Object> attached(Map<String, Object> attachments) {
        attachments.forEach((key, value) -> RpcContext.getContext().setAttachment(key, value));
        Object received = types().attachments();
        return Arrays.asList(received, RpcContext.getServerContext().getAttachment("y-text"));
    }

    private void asynchronous() {
        add("a future", () -> types().later("x").get());
        add("asyncCall", () -> RpcContext.getContext().asyncCall(() -> types().echo(User.sample(2))).get());
        add("async by option", () -> {
            user(USER, "&async=true").hello("async");
            return RpcContext.getContext().getCompletableFuture().get();
        });
        add("one-way", () -> {
            RpcContext.getContext().asyncCall(() -> user(USER, reference -> { }).notify("one-way"));
            return user(USER, reference -> { }).hello("after the one-way call");
        });
        add("callbacks", () -> {
            Legal.Heard listener = new Legal.Heard();
            // What a registry would hand over: the argument of that index is called back, and so many listeners are let in.
            TypesService types = (TypesService) proxy(TYPES, "&subscribe.1.callback=true&callbacks=1000", reference -> reference.callbacks = true);
            Object answers = types.subscribe("news", listener);
            return Arrays.asList(answers, listener.heard);
        });
        add("$echo of text", () -> ((EchoService) types()).$echo("echo"));
        add("$echo of an object", () -> ((EchoService) types()).$echo(User.sample(1)));
    }

    private void generic() {
        String[] text = {"java.lang.String"};
        String[] user = {"lab.User"};
        User ada = User.sample(1);
        Map<String, Object> named = new HashMap<>(Map.of("class", "lab.User", "name", "ada", "age", 36, "role", "WRITER",
            "friends", new ArrayList<>(List.of(new HashMap<>(Map.of("class", "lab.User", "name", "bob"))))));
        Map<String, Object> nameless = new HashMap<>(Map.of("name", "ada", "age", 36));
        add("generic", () -> generic("true").$invoke("hello", text, new Object[] {"generic"}));
        add("generic, no argument", () -> generic("true").$invoke("whoAmI", new String[0], new Object[0]));
        add("generic, no types", () -> generic("true").$invoke("hello", null, new Object[] {"no types"}));
        add("generic, a map with its class", () -> generic("true").$invoke("saveUser", user, new Object[] {named}));
        add("generic, a map without a class", () -> generic("true").$invoke("saveUser", user, new Object[] {nameless}));
        add("generic, an object", () -> generic("true").$invoke("saveUser", user, new Object[] {ada}));
        add("generic, generalized", () -> genericTypes("true").$invoke("same", new String[] {"java.lang.Object"},
            new Object[] {PojoUtils.generalize(Staff.sample().all)}));
        add("generic, lists of maps", () -> genericTypes("true").$invoke("group",
            new String[] {"java.util.List", "java.util.Set", "java.util.Map"}, PojoUtils.generalize(new Object[] {
                new ArrayList<>(List.of(ada)), EnumSet.of(User.Role.WRITER), new HashMap<>(Map.of("k", new ArrayList<>(List.of(ada))))})));
        add("generic, primitives", () -> genericTypes("true").$invoke("which", new String[] {"int"}, new Object[] {7}));
        add("generic, a failure", () -> generic("true").$invoke("fail", text, new Object[] {"generic"}));
        add("generic, an unknown method", () -> generic("true").$invoke("absent", text, new Object[] {"x"}));
        add("generic, $invokeAsync", () -> generic("true").$invokeAsync("hello", text, new Object[] {"async"}).get());
        add("generic=bean", () -> JavaBeanSerializeUtil.deserialize((JavaBeanDescriptor) generic("bean").$invoke("saveUser", user,
            new Object[] {JavaBeanSerializeUtil.serialize(ada)})));
        add("generic=nativejava", () -> generic("nativejava").$invoke("hello", text, new Object[] {javaBytes("native")}));
        add("generic=raw.return", () -> generic("raw.return").$invoke("saveUser", user, new Object[] {named}));
        add("generic=gson", () -> generic("gson").$invoke("saveUser", user, new Object[] {"{\"name\": \"ada\", \"age\": 36}"}));
    }

    private static byte[] javaBytes(Object value) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ObjectOutputStream output = new ObjectOutputStream(bytes);
        output.writeObject(value);
        output.flush();
        return bytes.toByteArray();
    }

    private GenericService generic(String how) {
        return generic(proxy(USER, "", reference -> reference.generic = how));
    }

    private GenericService genericTypes(String how) {
        return generic(proxy(TYPES, "", reference -> reference.generic = how));
    }

    private static GenericService generic(Object proxy) {
        return (GenericService) proxy;
    }

    private UserService user(String path, java.util.function.Consumer<Command.Reference> change) {
        return (UserService) proxy(path, "", reference -> {
            reference.type = USER;
            change.accept(reference);
        });
    }

    private UserService user(String path, String options) {
        return (UserService) proxy(path, options, reference -> { });
    }

    private Object proxy(String path, String options, java.util.function.Consumer<Command.Reference> change) {
        Command.Reference reference = new Command.Reference();
        reference.url = "dubbo://127.0.0.1:" + suite.port + "/" + path + "?" + suite.options + options;
        change.accept(reference);
        return references.proxy(reference);
    }
}
