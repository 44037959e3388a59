package lab;

/** The service that policies protect. */
public interface SecretService {
    /** {@code secret WHAT}. */
    String reveal(String what);
}
