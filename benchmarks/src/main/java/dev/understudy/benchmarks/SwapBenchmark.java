package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import dev.understudy.streams.ServingMetrics;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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
     * @param known how many models take turns, all of them taken in before; 0 if each swap has a new one, which is
     *     tried in a process apart
     */
    record Settings(int swaps, int warmUp, double perSecond, int known) {}

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
            Traffic observations = new Traffic(
                    "swap",
                    VEHICLES,
                    System.currentTimeMillis() - Duration.ofHours(3).toMillis());
            try (Serving serving = new Serving(config, new CarFollowingPolicy())) {
                serving.start();
                LatencyRun.awaitModel(serving);
                try (SteadyTraffic traffic = SteadyTraffic.start(lab, observations, settings.perSecond())) {
                    Map<String, Object> figures = swap(lab, serving);
                    figures.put("observations", traffic.stop());
                    return figures;
                }
            }
        }
    }

    private Map<String, Object> swap(ServingLab lab, Serving serving)
            throws IOException, ExecutionException, InterruptedException {
        List<ModelFile> known = IntStream.range(0, settings.known())
                .mapToObj(ServingLab::untrainedModel)
                .toList();
        long epoch = 1;
        ServingMetrics metrics = serving.metrics();
        for (ModelFile model : known) {
            long before = metrics.swapPauses();
            lab.promote(model, ++epoch);
            awaitPause(serving, before);
        }
        double[] pauses = new double[settings.swaps()];
        double[] without = new double[settings.swaps()];
        double[] untilAnswer = new double[settings.swaps()];
        List<Double> residentMb = new ArrayList<>();
        for (int swap = -settings.warmUp(); swap < settings.swaps(); swap++) {
            if (swap >= 0 && swap % Math.max(1, settings.swaps() / 10) == 0) {
                residentMb.add(Machine.anonymousMb());
            }
            ModelFile next = known.isEmpty()
                    ? ServingLab.untrainedModel(swap + settings.warmUp() + 1)
                    : known.get(Math.floorMod(swap, known.size()));
            if (known.isEmpty()) {
                lab.publish(next);
            }
            long before = metrics.swapPauses();
            long begunNanos = System.nanoTime();
            lab.promote(next.sha256(), ++epoch);
            awaitPause(serving, before);
            long nanos = System.nanoTime() - begunNanos;
            double pause = lastOf(metrics.swapPausesMillis());
            double slowest = slowestWithoutSwap(metrics, nanos);
            if (swap >= 0) {
                untilAnswer[swap] = nanos / 1e6;
                pauses[swap] = pause;
                without[swap] = slowest;
            }
        }
        residentMb.add(Machine.anonymousMb());
        Map<String, Object> quantiles = LatencyRun.quantiles(pauses);
        double growthMb = residentMb.get(residentMb.size() - 1) - residentMb.get(0);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("swaps", settings.swaps());
        figures.put("knownModels", settings.known());
        figures.put("observationsPerSecond", settings.perSecond());
        figures.put("swapPauseMillis", quantiles);
        figures.put("slowestWithoutSwapMillis", LatencyRun.quantiles(without));
        figures.put("promotionToAnswerMillis", LatencyRun.quantiles(untilAnswer));
        figures.put("residentMb", residentMb);
        figures.put("residentGrowthMb", growthMb);
        figures.put("targetMillis", TARGET_MILLIS);
        figures.put("met", ((Number) quantiles.getOrDefault("p99", Double.NaN)).doubleValue() < TARGET_MILLIS);
        progress.accept(
                "%d swaps at %.0f observations/s: longest hold-up of a batch %s ms, target p99 under %.0f ms; in as long a time without a swap %s ms; from promotion to the first answer %s ms; memory besides files %s MB"
                        .formatted(
                                settings.swaps(),
                                settings.perSecond(),
                                quantiles,
                                TARGET_MILLIS,
                                figures.get("slowestWithoutSwapMillis"),
                                figures.get("promotionToAnswerMillis"),
                                residentMb));
        return figures;
    }

    /** Returns how long the slowest batch takes while nothing is promoted: what a pause is no worse than by itself. */
    private static double slowestWithoutSwap(ServingMetrics metrics, long nanos) throws InterruptedException {
        metrics.takeLongestBatchMillis();
        TimeUnit.NANOSECONDS.sleep(nanos);
        return metrics.takeLongestBatchMillis();
    }

    private static double lastOf(List<Double> pauses) {
        return pauses.get(pauses.size() - 1);
    }

    private static void awaitPause(Serving serving, long before) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (serving.metrics().swapPauses() == before) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected the promoted model to answer within %s, got %s"
                        .formatted(PATIENCE, serving.health()));
            }
            LockSupport.parkNanos(PACE_NANOS);
        }
    }
}
