package lab;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

import org.apache.dubbo.rpc.RpcContext;

/** See {@link TypesService}. */
public class TypesServiceImpl implements TypesService {
    @Override
    public Object echo(Object value) {
        return value;
    }

    @Override
    public <T> T same(T value) {
        return value;
    }

    @Override
    public String primitives(boolean z, byte b, char c, short s, int i, long j, float f, double d) {
        return Canonical.text(new Object[] {z, b, c, s, i, j, f, d});
    }

    @Override
    public String boxed(Boolean z, Byte b, Character c, Short s, Integer i, Long j, Float f, Double d) {
        return Canonical.text(new Object[] {z, b, c, s, i, j, f, d});
    }

    @Override
    public String arrays(boolean[] z, byte[] b, char[] c, short[] s, int[] i, long[] j, float[] f, double[] d, int[][] ii,
        String[] texts, User[] users) {
        return Canonical.text(new Object[] {z, b, c, s, i, j, f, d, ii, texts, users});
    }

    @Override
    public String values(Date date, BigDecimal decimal, UUID uuid, LocalDate day, LocalTime time, LocalDateTime both,
        Instant instant, Duration duration, User.Role role) {
        return Canonical.text(new Object[] {date, decimal, uuid, day, time, both, instant, duration, role});
    }

    @Override
    public Map<String, List<User>> group(List<User> users, Set<User.Role> roles, Map<String, List<User>> known) {
        Map<String, List<User>> groups = new LinkedHashMap<>(known);
        for (User user : users) {
            if (roles.contains(user.role)) {
                groups.computeIfAbsent(user.role.name(), role -> new ArrayList<>()).add(user);
            }
        }
        return groups;
    }

    @Override
    public String which(String text) {
        return "text " + text;
    }

    @Override
    public String which(int number) {
        return "number " + number;
    }

    @Override
    public String which(List<String> texts) {
        return "texts " + texts;
    }

    @Override
    public String many(String... texts) {
        return Arrays.toString(texts);
    }

    @Override
    public void nothing() {
    }

    @Override
    public String fail(String how) throws Exception {
        switch (how) {
            case "business":
                BusinessException business = new BusinessException(7, "no \uD83D\uDE00");
                business.initCause(new IllegalStateException("because", new NumberFormatException("of this")));
                business.addSuppressed(new IllegalArgumentException("and of that"));
                throw business;
            case "unchecked":
                throw new UnsupportedOperationException("not here");
            case "without a message":
                throw new NullPointerException();
            case "error":
                throw new StackOverflowError("not a real one");
            default:
                throw new Exception(how);
        }
    }

    @Override
    public CompletableFuture<String> later(String text) {
        return CompletableFuture.supplyAsync(() -> "later " + text);
    }

    @Override
    public List<Object> subscribe(String topic, Listener listener) {
        List<Object> answers = new ArrayList<>();
        for (int n = 0; n < 3; n++) {
            answers.add(listener.changed(topic + " " + n, User.sample(n)));
        }
        return answers;
    }

    @Override
    public Map<String, Object> attachments() {
        RpcContext.getServerContext().setAttachment("y-text", "from the provider \uD83D\uDE00");
        Map<String, Object> attachments = new TreeMap<>(ExecutionLog.attachments());
        attachments.keySet().removeIf(key -> !key.startsWith("x-"));
        return attachments;
    }
}
