package lab;

/** An exception of the service's own, with a field of its own. */
public class BusinessException extends Exception {
    private static final long serialVersionUID = 1L;

    public int code;

    public BusinessException() {
    }

    public BusinessException(int code, String message) {
        super(message);
        this.code = code;
    }
}
