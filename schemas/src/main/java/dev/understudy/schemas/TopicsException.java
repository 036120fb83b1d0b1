package dev.understudy.schemas;

import org.jspecify.annotations.Nullable;

/** The broker is not there, or it or its topics are not as they should be; the message says how. */
public class TopicsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TopicsException(String message) {
        super(message);
    }

    public TopicsException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
