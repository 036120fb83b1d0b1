package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * How long a swap holds up the events in its way: one new model after another is promoted while serving answers a
 * steady stream. A pause is that of {@code ServingMetrics}: the slowest batch from the beginning of a load to the first
 * answer of the new model.
 */
final class SwapBenchmark {
    private static final double TARGET_MILLIS = 5;
    private static final int VEHICLES = 250;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long PACE_NANOS = 2_000_000;

    /**
     * What to run.
     *
     * @param swaps models promoted and measured
     * @param warmUp models promoted before them
     * @param perSecond observations a second meanwhile, of all vehicles
     */
    record Settings(int swaps, int warmUp, double perSecond) {}

    private final Settings settings;
    private final Consumer<String> progress;

    SwapBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns quantiles of the pauses, and counts. */
    Map<String, Object> run() throws IOException, ExecutionException, InterruptedException {
        try (ServingLab lab = ServingLab.start(1)) {
            ServingConfig config = ServingConfig.defaults(lab.bootstrapServers(), lab.stateDirectory("swap"))
                    .named("swap-1", "bench-swap");
            AtomicBoolean ended = new AtomicBoolean();
            Thread producer = new Thread(() -> produce(lab, ended), "bench-observations");
            try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
                serving.start();
                LatencyRun.awaitModel(serving);
                producer.start();
                for (int swap = 1; swap <= settings.warmUp() + settings.swaps(); swap++) {
                    ModelFile next = ServingLab.untrainedModel(swap);
                    int before = serving.metrics().swapPausesMillis().size();
                    lab.promote(next, 1L + swap);
                    awaitPause(serving, before);
                }
                List<Double> pauses = serving.metrics().swapPausesMillis();
                double[] measured = pauses.subList(pauses.size() - settings.swaps(), pauses.size()).stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray();
                Map<String, Object> quantiles = LatencyRun.quantiles(measured);
                Map<String, Object> figures = new LinkedHashMap<>();
                figures.put("swaps", settings.swaps());
                figures.put("observationsPerSecond", settings.perSecond());
                figures.put("swapPauseMillis", quantiles);
                figures.put("targetMillis", TARGET_MILLIS);
                figures.put("met", ((Number) quantiles.getOrDefault("p99", Double.NaN)).doubleValue() < TARGET_MILLIS);
                progress.accept(
                        "%d swaps at %.0f observations/s: longest hold-up of a batch %s ms, target p99 under %.0f ms"
                                .formatted(settings.swaps(), settings.perSecond(), quantiles, TARGET_MILLIS));
                return figures;
            } finally {
                ended.set(true);
                producer.join();
            }
        }
    }

    private void produce(ServingLab lab, AtomicBoolean ended) {
        Traffic traffic = new Traffic(
                "swap",
                VEHICLES,
                System.currentTimeMillis() - Duration.ofHours(3).toMillis());
        try (ObservationSender sender = lab.sender(true)) {
            long begun = System.nanoTime();
            long sent = 0;
            while (!ended.get()) {
                long due = (long) ((System.nanoTime() - begun) / 1e9 * settings.perSecond());
                while (sent < due) {
                    sender.send(traffic.sample(sent++));
                }
                LockSupport.parkNanos(PACE_NANOS);
            }
        }
    }

    private static void awaitPause(Serving serving, int before) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (serving.metrics().swapPausesMillis().size() <= before) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected the promoted model to answer within %s, got %s"
                        .formatted(PATIENCE, serving.health()));
            }
            LockSupport.parkNanos(PACE_NANOS);
        }
    }
}
