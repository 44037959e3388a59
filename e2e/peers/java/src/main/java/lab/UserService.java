package lab;

import java.util.List;

/** The open service. No method is overloaded, so that a name tells which one is meant. */
public interface UserService {
    /** {@code hello NAME}. */
    String hello(String name);

    /** The same user, one year older. */
    User saveUser(User user);

    /** So many users; every one has the first as its friend, which Hessian writes as a reference. */
    List<User> listUsers(int count);

    /** Always null. */
    User findUser(String name);

    /** So many bytes of a fixed pattern. */
    byte[] bytes(int size);

    /** What came in. */
    byte[] echoBytes(byte[] bytes);

    /** Fails with {@link BusinessException}. */
    String fail(String message) throws BusinessException;

    /** Answers after this time. */
    String slow(int millis);

    /** Called one-way. */
    void notify(String event);

    /** The provider's label. */
    String whoAmI();
}
