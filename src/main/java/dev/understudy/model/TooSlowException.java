package dev.understudy.model;

/** A model took too long: the file may be to blame, or a machine that had other things to do. */
final class TooSlowException extends InvalidModelException {
    private static final long serialVersionUID = 1L;

    TooSlowException(String message) {
        super(message);
    }
}
