package lab;

/** The service that policies protect. */
public interface SecretService {
    /** {@code secret WHAT}. */
    String reveal(String what);

    /** {@code secret hello NAME}. Of the same signature as {@link UserService#hello}, so that bytes can mean either. */
    String hello(String name);
}
