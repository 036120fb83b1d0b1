package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
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
        for (ModelFile model : known) {
            int before = serving.metrics().swapPausesMillis().size();
            lab.promote(model, ++epoch);
            awaitPause(serving, before);
        }
        double[] pauses = new double[settings.swaps()];
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
            List<Double> before = serving.metrics().swapPausesMillis();
            long begunNanos = System.nanoTime();
            lab.promote(next.sha256(), ++epoch);
            List<Double> after = awaitPause(serving, before.size());
            if (swap >= 0) {
                untilAnswer[swap] = (System.nanoTime() - begunNanos) / 1e6;
                pauses[swap] = after.get(after.size() - 1);
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
        figures.put("promotionToAnswerMillis", LatencyRun.quantiles(untilAnswer));
        figures.put("residentMb", residentMb);
        figures.put("residentGrowthMb", growthMb);
        figures.put("targetMillis", TARGET_MILLIS);
        figures.put("met", ((Number) quantiles.getOrDefault("p99", Double.NaN)).doubleValue() < TARGET_MILLIS);
        progress.accept(
                "%d swaps at %.0f observations/s: longest hold-up of a batch %s ms, target p99 under %.0f ms; from promotion to the first answer %s ms; memory besides files %s MB"
                        .formatted(
                                settings.swaps(),
                                settings.perSecond(),
                                quantiles,
                                TARGET_MILLIS,
                                figures.get("promotionToAnswerMillis"),
                                residentMb));
        return figures;
    }

    private static List<Double> awaitPause(Serving serving, int before) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            List<Double> pauses = serving.metrics().swapPausesMillis();
            if (pauses.size() > before) {
                return pauses;
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("expected the promoted model to answer within %s, got %s"
                        .formatted(PATIENCE, serving.health()));
            }
            LockSupport.parkNanos(PACE_NANOS);
        }
    }
}
