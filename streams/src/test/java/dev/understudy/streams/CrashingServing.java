package dev.understudy.streams;

import dev.understudy.catalogue.Catalogue;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A serving instance in a JVM of its own, to be killed. */
final class CrashingServing {
    private CrashingServing() {}

    /**
     * Takes the broker's address, the state directory, the guarantee, how long a batch waits, a policy, its mapping.
     */
    public static void main(String[] arguments) throws InterruptedException {
        Serving serving = new Serving(
                config(arguments[0], Path.of(arguments[1]), Guarantee.valueOf(arguments[2]))
                        .with(new ServingConfig.Batching(256, Duration.parse(arguments[3]), 1)),
                Catalogue.chosen(List.of(arguments[4]), arguments[5]));
        serving.start();
        new CountDownLatch(1).await();
    }

    static ServingConfig config(String address, Path folder, Guarantee guarantee) {
        return ServingConfig.defaults(address, folder)
                .named("crash", "crash-" + guarantee)
                .with(new ServingConfig.Delivery(guarantee, Duration.ofMillis(100)))
                .with(Recording.DRAWN);
    }
}
