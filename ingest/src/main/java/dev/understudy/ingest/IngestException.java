package dev.understudy.ingest;

import org.jspecify.annotations.Nullable;

/** Nothing can be read or sent as asked; the message says what was expected, what was found, and where. */
public final class IngestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public IngestException(String message) {
        super(message);
    }

    public IngestException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
