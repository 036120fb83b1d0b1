package dev.understudy.streams;

import dev.understudy.driving.CarFollowingPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A serving instance in a JVM of its own, to be killed: it waits for ever for its batch to fill. */
final class CrashingServing {
    private CrashingServing() {}

    /** Takes the broker's address, the state directory, and the guarantee. */
    public static void main(String[] arguments) throws InterruptedException {
        Serving serving = new Serving(
                config(arguments[0], Path.of(arguments[1]), Guarantee.valueOf(arguments[2]))
                        .with(256, Duration.ofHours(1), 1),
                new CarFollowingPolicy());
        serving.start();
        new CountDownLatch(1).await();
    }

    static ServingConfig config(String address, Path folder, Guarantee guarantee) {
        return ServingConfig.defaults(address, folder)
                .named("crash", "crash-" + guarantee)
                .with(guarantee, Duration.ofMillis(100))
                .with(Recording.DRAWN);
    }
}
