package dev.understudy.app.console;

import org.jspecify.annotations.Nullable;

/** A command could not do what it was asked for; its message is all that a user needs to see. */
public final class CommandFailedException extends RuntimeException {
    public CommandFailedException(String message) {
        super(message);
    }

    public CommandFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
