package dev.understudy.learn.adversarial;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * A second thread for work that neither reads what the caller writes meanwhile nor writes what it reads; the outcome is
 * the same as without it, so it changes how long an iteration takes and nothing else.
 */
final class Aside implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
        Thread made = new Thread(work, "learn aside");
        made.setDaemon(true);
        return made;
    });

    /** Begins some work, after any begun before. */
    <T> CompletableFuture<T> begin(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, thread);
    }

    /** Waits for work and returns its result; throws what it threw. */
    static <T> T end(CompletableFuture<T> work) {
        try {
            return work.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Waits until all work is over, whether it failed or not. */
    void settle() {
        begin(() -> true).join();
    }

    @Override
    public void close() {
        settle();
        thread.shutdown();
    }
}
