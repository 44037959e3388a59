package lab;

import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;

/** Calls of every form that Dubbo has, with arguments of every kind. */
public interface TypesService {
    /** What came in. */
    Object echo(Object value);

    /** The same, declared with a type variable. */
    <T> T same(T value);

    /** What the provider took the arguments for ({@link Canonical}); so do the next ones. */
    String primitives(boolean z, byte b, char c, short s, int i, long j, float f, double d);

    String boxed(Boolean z, Byte b, Character c, Short s, Integer i, Long j, Float f, Double d);

    String arrays(boolean[] z, byte[] b, char[] c, short[] s, int[] i, long[] j, float[] f, double[] d, int[][] ii, String[] texts,
        User[] users);

    String values(Date date, BigDecimal decimal, UUID uuid, LocalDate day, LocalTime time, LocalDateTime both, Instant instant,
        Duration duration, User.Role role);

    /** Lists and maps of declared element types. */
    Map<String, List<User>> group(List<User> users, Set<User.Role> roles, Map<String, List<User>> known);

    /** Overloaded. */
    String which(String text);

    String which(int number);

    String which(List<String> texts);

    /** Of any number of arguments, which are one array. */
    String many(String... texts);

    void nothing();

    /** Fails in this way. */
    String fail(String how) throws Exception;

    /** Answers from another thread. */
    CompletableFuture<String> later(String text);

    /** Calls the listener three times, and answers what it answered. */
    List<Object> subscribe(String topic, Listener listener);

    /** The attachments that came in and begin with {@code x-}; answers with attachments of its own. */
    Map<String, Object> attachments();
}
