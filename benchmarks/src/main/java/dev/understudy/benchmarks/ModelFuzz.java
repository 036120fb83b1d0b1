package dev.understudy.benchmarks;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.domain.PolicySpec;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.model.FirstSight;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ProbeRows;
import dev.understudy.model.ServedPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Mutants of a good model through the intake check, as a file that is seen for the first time. A mutant that is
 * accepted must answer as the good model does, on rows that no golden vector is of: to the bit where it was changed by
 * accident; within ten times the golden tolerance where it was changed by hand and sealed again, since below that
 * tolerance machines differ too.
 */
public final class ModelFuzz {
    /** One mutant in this many is made by hand. */
    private static final int BY_HAND = 3;

    private static final int ROWS = 1_000;
    private static final int PROGRESS = 2_000;
    private static final double FACTOR = 10;

    private final ModelFile good;
    private final IntakeCheck check;
    private final PolicySpec<?> spec;
    private final Consumer<String> progress;
    private final List<String> different = new ArrayList<>();
    private final int[] accepted = new int[2];
    private final int[] same = new int[2];
    private final int[] made = new int[2];
    private long longestNanos;

    /** @param good a model that the check accepts */
    public ModelFuzz(ModelFile good, Consumer<String> progress) {
        this.good = good;
        this.progress = progress;
        spec = Catalogue.policy(good.metadata().policy());
        // No verdict by time: the machine may be busy.
        check = spec.intakeCheck(
                good.metadata().policy(), IntakeLimits.defaults().withLatencyBudget(Duration.ofSeconds(2)));
    }

    /** Returns a model of a policy that has learned nothing, to make mutants of. */
    public static ModelFile untrained(String policy) {
        PolicySpec<?> spec = Catalogue.policy(policy);
        int rows = 16;
        int n = spec.observationSize();
        SplittableRandom random = new SplittableRandom(1);
        float[] golden = new float[rows * n];
        for (int i = 0; i < golden.length; i++) {
            golden[i] = (float) random.nextDouble(-3, 3);
        }
        try (Learner learner = spec.learner(Algorithms.CLONING, 1)) {
            return ModelFile.createGolden(
                    learner.export(learner.initialState(1)),
                    new ModelMetadata(
                            policy,
                            "",
                            0,
                            1,
                            List.of(),
                            1,
                            spec.fingerprint(),
                            "{}",
                            new Matrix(rows, n, golden),
                            new Matrix(rows, spec.actionSize(), new float[rows * spec.actionSize()]),
                            "fuzz",
                            "none",
                            new TreeMap<>()),
                    spec::load);
        }
    }

    /**
     * Runs mutants.
     *
     * @return counts, and under {@code differentAccepted} the numbers of those accepted that answer otherwise
     */
    public Map<String, Object> run(int mutants, long seed) {
        ModelMutants maker = new ModelMutants(good);
        Map<String, Object> figures = new LinkedHashMap<>();
        try (FirstSight intake = new FirstSight();
                ServedPolicy original = taken(intake)) {
            Rows rows = ProbeRows.of(good.metadata().goldenObservations(), ROWS, seed);
            SortedMap<String, float[]> expected = original.outputs(rows);
            longestNanos = 0; // the first check waits for the process to come up
            for (int number = 0; number < mutants; number++) {
                SplittableRandom random = new SplittableRandom(seed + number);
                boolean byHand = number % BY_HAND == 0;
                byte[] mutant = byHand ? maker.byHand(random) : maker.byAccident(random);
                if (!Arrays.equals(mutant, good.bytes())) {
                    attempt(intake, number, mutant, byHand, rows, expected);
                }
                if ((number + 1) % PROGRESS == 0) {
                    progress.accept("%d of %d mutants of seed %d: accepted %s, different %d"
                            .formatted(number + 1, mutants, seed, Arrays.toString(accepted), different.size()));
                }
            }
            figures.put("model", good.metadata().policy());
            figures.put("seed", seed);
            figures.put("mutants", mutants);
            figures.put("byAccident", tally(0));
            figures.put("byHand", tally(1));
            figures.put("differentAccepted", different);
            figures.put("longestCheckMillis", longestNanos / 1e6);
            figures.put("processPeakMegabytes", intake.processPeakBytes() / 1e6);
            figures.put("processStarts", intake.processStarts());
        }
        return figures;
    }

    private Map<String, Object> tally(int kind) {
        Map<String, Object> tally = new LinkedHashMap<>();
        tally.put("made", made[kind]);
        tally.put("accepted", accepted[kind]);
        tally.put("acceptedAndSame", same[kind]);
        return tally;
    }

    private ServedPolicy taken(FirstSight intake) {
        return intake.take(check, good.bytes(), good.sha256(), Map.of())
                .fold(IntakeOutcome.Accepted::policy, rejected -> {
                    throw new IllegalArgumentException(
                            "expected a good model to begin with, got %s: %s".formatted(good, rejected.reason()));
                });
    }

    private void attempt(
            FirstSight intake,
            int number,
            byte[] mutant,
            boolean byHand,
            Rows rows,
            SortedMap<String, float[]> expected) {
        int kind = byHand ? 1 : 0;
        made[kind]++;
        long start = System.nanoTime();
        IntakeOutcome outcome = intake.take(check, mutant, ModelFile.sha256(mutant), Map.of());
        longestNanos = Math.max(longestNanos, System.nanoTime() - start);
        outcome.fold(
                taken -> {
                    try (ServedPolicy policy = taken.policy()) {
                        accepted[kind]++;
                        double worst = worst(policy.outputs(rows), expected);
                        if (worst > (byHand ? FACTOR * check.goldenTolerance() : 0)) {
                            different.add("%d (by %s, %.1e)".formatted(number, byHand ? "hand" : "accident", worst));
                        }
                        same[kind] += worst == 0 ? 1 : 0;
                        return true;
                    }
                },
                refused -> false);
    }

    /** Returns the largest difference of any output, absolute below one and relative above; infinite for NaN. */
    private static double worst(SortedMap<String, float[]> found, SortedMap<String, float[]> expected) {
        double worst = 0;
        for (Map.Entry<String, float[]> output : expected.entrySet()) {
            float[] numbers = found.getOrDefault(output.getKey(), new float[0]);
            for (int i = 0; i < output.getValue().length; i++) {
                double wanted = output.getValue()[i];
                double difference = i < numbers.length
                        ? Math.abs(numbers[i] - wanted) / Math.max(1, Math.abs(wanted))
                        : Double.POSITIVE_INFINITY;
                worst = Math.max(worst, Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference);
            }
        }
        return worst;
    }
}
