package dev.understudy.app.console;

import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Says in one line why something failed. */
public final class Failures {
    private Failures() {}

    /** Returns the messages from the failure to its root, without repetition, on one line. */
    public static String describe(Throwable failure) {
        List<String> messages = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ExecutionException && cause.getCause() != null) {
                continue;
            }
            String message = cause instanceof NoSuchFileException
                    ? "expected a file, found none at " + cause.getMessage()
                    : cause.getMessage() == null || cause.getMessage().isBlank()
                            ? cause.getClass().getSimpleName()
                            : cause.getMessage().lines().findFirst().orElse("").strip();
            // RuntimeException(cause) repeats the cause's class and message
            String described = message.replaceFirst("^([a-z]\\w*\\.)+([A-Z]\\w*): ", "");
            if (messages.stream().noneMatch(earlier -> earlier.contains(described))) {
                messages.add(described);
            }
            if (cause instanceof CommandFailedException) {
                break; // its message is written for a user, the cause is for --verbose
            }
        }
        return String.join(": ", messages);
    }
}
