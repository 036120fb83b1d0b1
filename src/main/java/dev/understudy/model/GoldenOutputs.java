package dev.understudy.model;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What every output of a model is on {@link ProbeRows}: in its file, to show that it still is what was made; and beside
 * a promotion, kept by the gate, to show that it still is what was judged.
 */
public final class GoldenOutputs {
    /** Beginning of the keys in {@link ModelMetadata#extra} and of the names in the evidence of a promotion. */
    public static final String PREFIX = "golden.";

    private static final long SEED_IN_FILE = 1;
    private static final int MOST_ROWS = 256;
    private static final int MOST_NUMBERS_IN_FILE = 1 << 14;
    private static final int MOST_NUMBERS_IN_EVIDENCE = 64;
    /** Rows of bytes are long to answer: a text each. */
    private static final int MOST_ROWS_OF_BYTES = 4;

    private GoldenOutputs() {}

    /**
     * Returns the extra metadata of a model: its outputs on rows made from its golden observations.
     *
     * @param golden those observations, at least one row
     */
    static SortedMap<String, String> ofFile(ServedPolicy policy, Rows golden) {
        int rows = rows(policy, golden, MOST_ROWS, MOST_NUMBERS_IN_FILE);
        SortedMap<String, String> extra = new TreeMap<>();
        policy.outputs(ProbeRows.of(golden, rows, SEED_IN_FILE))
                .forEach((name, numbers) -> extra.put(
                        PREFIX + name, ModelMetadata.encode(new Matrix(rows, numbers.length / rows, numbers))));
        return extra;
    }

    /**
     * Returns what a gate keeps of a model that it has judged, as figures of its evidence: outputs on a few rows that
     * follow from the model's hash.
     */
    public static SortedMap<String, Double> ofEvidence(ServedPolicy policy) {
        Rows golden = policy.metadata().goldenObservations();
        int rows = rows(policy, golden, golden.rows(), MOST_NUMBERS_IN_EVIDENCE);
        SortedMap<String, Double> figures = new TreeMap<>();
        long seed = Long.parseUnsignedLong(policy.sha256().substring(0, 16), 16);
        policy.outputs(ProbeRows.of(golden, rows, seed)).forEach((name, numbers) -> {
            for (int i = 0; i < numbers.length; i++) {
                figures.put("%s%s.%02d".formatted(PREFIX, name, i), (double) numbers[i]);
            }
        });
        return figures;
    }

    /** Returns the figures of some evidence that {@link #ofEvidence} gave. */
    public static SortedMap<String, Double> in(Map<String, Double> evidence) {
        SortedMap<String, Double> figures = new TreeMap<>(evidence);
        figures.keySet().removeIf(name -> !name.startsWith(PREFIX));
        return figures;
    }

    /** Returns as many rows as have the given number of numbers, at least one and at most {@code most}. */
    private static int rows(ServedPolicy policy, Rows golden, int most, int numbers) {
        int width = policy.outputs(golden.copyOf(0)).values().stream()
                .mapToInt(values -> values.length)
                .sum();
        int rows = Math.max(1, Math.min(most, numbers / width));
        return golden.type() == Rows.Type.UINT8 ? Math.min(MOST_ROWS_OF_BYTES, rows) : rows;
    }

    /**
     * Holds a model to the outputs in its file; to none if it was made without.
     *
     * @throws InvalidModelException if one differs by more than the tolerance, absolute below one and relative above
     */
    static void checkFile(ServedPolicy policy, int mostRows, double tolerance) {
        SortedMap<String, Matrix> expected = new TreeMap<>();
        policy.metadata().extra().forEach((key, text) -> {
            if (key.startsWith(PREFIX)) {
                expected.put(key.substring(PREFIX.length()), ModelMetadata.matrix(text, key));
            }
        });
        if (expected.isEmpty()) {
            return;
        }
        int rows = expected.values().iterator().next().rows();
        if (rows < 1 || rows > mostRows) {
            throw new InvalidModelException(
                    "expected golden outputs of 1 to %d rows, got %d".formatted(mostRows, rows));
        }
        SortedMap<String, float[]> found =
                policy.outputs(ProbeRows.of(policy.metadata().goldenObservations(), rows, SEED_IN_FILE));
        same("golden outputs", expected.keySet(), found.keySet());
        found.forEach((name, numbers) -> compare(
                "golden output " + name,
                numbers,
                Objects.requireNonNull(expected.get(name)).values(),
                rows,
                tolerance));
    }

    /**
     * Holds a model to what the gate kept of it; to nothing if the evidence has none.
     *
     * @throws InvalidModelException if one differs by more than the tolerance, absolute below one and relative above
     */
    public static void checkEvidence(ServedPolicy policy, Map<String, Double> evidence, double tolerance) {
        SortedMap<String, Double> expected = in(evidence);
        if (expected.isEmpty()) {
            return;
        }
        SortedMap<String, Double> found = ofEvidence(policy);
        same("golden outputs of the gate", expected.keySet(), found.keySet());
        int count = found.size();
        float[] answered = new float[count];
        float[] kept = new float[count];
        int i = 0;
        for (Map.Entry<String, Double> each : found.entrySet()) {
            answered[i] = each.getValue().floatValue();
            kept[i++] = Objects.requireNonNull(expected.get(each.getKey())).floatValue();
        }
        compare("golden outputs of the gate", answered, kept, 1, tolerance);
    }

    private static void same(String what, Set<String> expected, Set<String> found) {
        if (!expected.equals(found)) {
            Set<String> missing = new TreeSet<>(found);
            missing.removeAll(expected);
            throw new InvalidModelException("expected %s of all of %s, got none of %s"
                    .formatted(what, found.size() > 8 ? found.size() + " figures" : found, missing));
        }
    }

    /** Holds numbers to those expected. */
    static void compare(String what, float[] answered, float[] expected, int rows, double tolerance) {
        if (answered.length != expected.length) {
            throw new InvalidModelException(
                    "%s: expected %d numbers, got %d".formatted(what, expected.length, answered.length));
        }
        double worst = worst(what, answered, expected);
        if (worst > tolerance) {
            throw new InvalidModelException(
                    "%s differ by %.2e on %d rows, more than %.1e".formatted(what, worst, rows, tolerance));
        }
    }

    /** Returns the largest difference, absolute below one and relative above. */
    static double worst(String what, float[] answered, float[] expected) {
        double worst = 0;
        for (int i = 0; i < answered.length; i++) {
            double difference = Math.abs(answered[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
            if (Double.isNaN(difference)) {
                throw new InvalidModelException("%s: expected %s as number %d of %d, got %s"
                        .formatted(what, expected[i], i, answered.length, answered[i]));
            }
            worst = Math.max(worst, difference);
        }
        return worst;
    }
}
