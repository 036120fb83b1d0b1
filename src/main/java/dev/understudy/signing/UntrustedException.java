package dev.understudy.signing;

/** Something is not signed, or by nobody who is trusted with it; the message says what was expected and found. */
public class UntrustedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UntrustedException(String message) {
        super(message);
    }

    public UntrustedException(String message, Throwable cause) {
        super(message, cause);
    }
}
