package lab;

/** See {@link SecretService}. */
public class SecretServiceImpl implements SecretService {
    @Override
    public String reveal(String what) {
        return "secret " + what;
    }

    @Override
    public String hello(String name) {
        return "secret hello " + name;
    }
}
