package dev.understudy.app.console;

import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Says in one line why something failed. */
public final class Failures {
    /** Below this not even a command that only talks to a cluster gets through. */
    private static final long LEAST_HEAP = 96L << 20;

    private Failures() {}

    /**
     * Makes sure that there is enough memory to begin with.
     *
     * @throws CommandFailedException saying how to give more
     */
    public static void checkHeap(long mostBytes) {
        if (mostBytes < LEAST_HEAP) {
            throw new CommandFailedException("expected a heap of at least %d MiB, found %d: set UNDERSTUDY_HEAP=3g"
                    .formatted(LEAST_HEAP >> 20, mostBytes >> 20));
        }
    }

    /** Says what to do about an error of the process: too little memory, or a native library that cannot be loaded. */
    public static String remedy(Error error) {
        Throwable root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        if (root instanceof OutOfMemoryError) {
            return "expected enough memory, found too little (%s, heap of at most %d MiB): set UNDERSTUDY_HEAP=3g or more"
                    .formatted(root.getMessage(), Runtime.getRuntime().maxMemory() >> 20);
        }
        String folder = System.getProperty("java.io.tmpdir");
        return "cannot load a native library from %s (%s): if programs must not be executed there (noexec), set UNDERSTUDY_JAVA_OPTS=-Djava.io.tmpdir=DIRECTORY to one where they may"
                .formatted(
                        folder,
                        String.valueOf(root.getMessage()).lines().findFirst().orElse(""));
    }

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
