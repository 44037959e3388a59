package lab;

import java.util.ArrayList;
import java.util.List;

/** See {@link UserService}. */
public class UserServiceImpl implements UserService {
    private final String label;

    public UserServiceImpl(String label) {
        this.label = label;
    }

    @Override
    public String hello(String name) {
        return "hello " + name;
    }

    @Override
    public User saveUser(User user) {
        user.age++;
        return user;
    }

    @Override
    public List<User> listUsers(int count) {
        List<User> users = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            User user = User.sample(n);
            if (n > 0) {
                user.friends.add(users.get(0));
            }
            users.add(user);
        }
        return users;
    }

    @Override
    public User findUser(String name) {
        return null;
    }

    @Override
    public byte[] bytes(int size) {
        return pattern(size);
    }

    @Override
    public byte[] echoBytes(byte[] bytes) {
        return bytes;
    }

    @Override
    public String fail(String message) throws BusinessException {
        throw new BusinessException(42, message);
    }

    @Override
    public String slow(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return "slow " + millis;
    }

    @Override
    public void notify(String event) {
    }

    @Override
    public String whoAmI() {
        return label;
    }

    /** Bytes that do not repeat at a power of two, so that a piece lost or doubled shows. */
    static byte[] pattern(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i % 251);
        }
        return bytes;
    }
}
