package dev.understudy.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import java.util.Arrays;

/**
 * Decides whether a model file may serve. Everything that can be checked without running it is checked before ONNX
 * Runtime sees a byte (a small file can ask for any memory, read other files, or never return): hash, size, operators,
 * external data, control flow, memory, signature. Then the model is loaded, and has to reproduce its golden vectors,
 * stay finite and answer in time.
 */
public final class IntakeCheck {
    private static final int TIMED_RUNS = 40;
    private static final float[] PROBES = {0f, 1f, -1f, 100f, -100f};

    private final String policy;
    private final String fingerprint;
    private final Rows.Type observationType;
    private final int observationSize;
    private final ActionSpace actions;
    private final int actionSize;
    private final IntakeLimits limits;
    private final ModelLoader loader;

    /**
     * A check for the models of one policy, of which one run of the graph answers an observation.
     *
     * @param policy name of the policy
     * @param fingerprint of its observation and action layout
     * @param observationType what the numbers of an observation are
     * @param observationSize n
     * @param actions what it does
     * @param limits what a model may ask for
     */
    public IntakeCheck(
            String policy,
            String fingerprint,
            Rows.Type observationType,
            int observationSize,
            ActionSpace actions,
            IntakeLimits limits) {
        this(
                policy,
                fingerprint,
                observationType,
                observationSize,
                actions,
                limits,
                file -> LoadedPolicy.load(file, observationSize, actions.size()));
    }

    /** A check for the models of one policy that are loaded in a way of their own. */
    public IntakeCheck(
            String policy,
            String fingerprint,
            Rows.Type observationType,
            int observationSize,
            ActionSpace actions,
            IntakeLimits limits,
            ModelLoader loader) {
        this.policy = policy;
        this.fingerprint = fingerprint;
        this.observationType = observationType;
        this.observationSize = observationSize;
        this.actions = actions;
        actionSize = actions.size();
        this.limits = limits;
        this.loader = loader;
    }

    /**
     * Checks a model file and, if it may serve, loads it and warms it up.
     *
     * @param bytes the file
     * @param expectedSha256 the hash it was announced with, lower-case hexadecimal
     */
    public IntakeOutcome check(byte[] bytes, String expectedSha256) {
        long start = System.nanoTime();
        try {
            ModelFile file = inspect(bytes, expectedSha256);
            ServedPolicy loaded = loader.load(file);
            try {
                golden(loaded);
                finite(loaded);
                long latencyNanos = latency(loaded);
                return new IntakeOutcome.Accepted(loaded, System.nanoTime() - start, latencyNanos);
            } catch (RuntimeException e) {
                loaded.close();
                throw e;
            }
        } catch (InvalidModelException | IllegalStateException e) {
            return new IntakeOutcome.Rejected(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    /**
     * Runs the static part of the check alone: nothing is loaded.
     *
     * @throws InvalidModelException with the reason, if the file must not be loaded
     */
    public ModelFile inspect(byte[] bytes, String expectedSha256) {
        if (bytes.length > limits.bytes()) {
            throw new InvalidModelException(
                    "expected a model of at most %d bytes, got %d".formatted(limits.bytes(), bytes.length));
        }
        String found = ModelFile.sha256(bytes);
        if (!found.equals(expectedSha256)) {
            throw new InvalidModelException("expected a model with hash %s, got %d bytes with hash %s"
                    .formatted(expectedSha256, bytes.length, found));
        }
        ModelProto model = ModelFile.parse(bytes);
        new ModelInspection(limits).inspect(model);
        ModelSignature signature = ModelSignature.of(observationType, observationSize, actions, model.getGraph());
        signature.check(model.getGraph());
        for (int rows : new int[] {1, limits.rows()}) {
            new ShapeArithmetic(model.getGraph(), signature.inputs(rows), limits).check(signature.outputs(rows));
        }
        ModelFile file = new ModelFile(bytes, found, ModelFile.metadata(model));
        belongs(file.metadata());
        return file;
    }

    private void belongs(ModelMetadata metadata) {
        if (!metadata.policy().equals(policy) || !metadata.fingerprint().equals(fingerprint)) {
            throw new InvalidModelException("expected a model of %s with layout %s, got one of %s with layout %s%s"
                    .formatted(
                            policy,
                            fingerprint,
                            metadata.policy(),
                            metadata.fingerprint(),
                            metadata.policy().equals(policy)
                                    ? ": another release trained it, train it again with this one"
                                    : ""));
        }
        Rows observations = metadata.goldenObservations();
        Matrix golden = metadata.goldenActions();
        if (observations.type() != observationType
                || observations.columns() != observationSize
                || golden.columns() != actionSize
                || observations.rows() > limits.rows()) {
            throw new InvalidModelException(
                    "expected golden vectors of %d %s and %d elements in at most %d rows, got %s and %s"
                            .formatted(
                                    observationSize, observationType, actionSize, limits.rows(), observations, golden));
        }
    }

    private void golden(ServedPolicy loaded) {
        Rows observations = loaded.metadata().goldenObservations();
        float[] expected = loaded.metadata().goldenActions().values();
        float[] answered = new float[expected.length];
        loaded.act(observations, observations.rows(), answered);
        double worst = 0;
        for (int i = 0; i < answered.length; i++) {
            double difference = Math.abs(answered[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
            if (Double.isNaN(difference)) {
                throw new InvalidModelException("golden action %d of %d: expected %s, got %s"
                        .formatted(i, answered.length, expected[i], answered[i]));
            }
            worst = Math.max(worst, difference);
        }
        if (worst > limits.goldenTolerance()) {
            throw new InvalidModelException("golden outputs differ by %.2e on %d rows, more than %.1e"
                    .formatted(worst, observations.rows(), limits.goldenTolerance()));
        }
    }

    private void finite(ServedPolicy loaded) {
        Rows probes = observationType.room(PROBES.length, observationSize);
        for (int row = 0; row < PROBES.length; row++) {
            int from = row * observationSize;
            if (probes instanceof ByteRows bytes) {
                Arrays.fill(bytes.values(), from, from + observationSize, (byte) (255 * row / (PROBES.length - 1)));
            } else {
                Arrays.fill(probes.floats(), from, from + observationSize, PROBES[row]);
            }
        }
        finite(loaded, probes, "probe");
        finite(loaded, loaded.metadata().goldenObservations(), "golden");
    }

    private void finite(ServedPolicy loaded, Rows observations, String what) {
        LoadedPolicy.Answer answer = LoadedPolicy.Answer.of(observations.rows(), actions);
        loaded.answer(observations, observations.rows(), answer);
        for (ModelSignature.Output output : ModelSignature.outputs(actions)) {
            float[] numbers = answer.output(output.name());
            for (int j = 0; numbers != null && j < numbers.length; j++) {
                if (!Float.isFinite(numbers[j])) {
                    throw new InvalidModelException("expected finite outputs, got %s = %s on %s observation %d"
                            .formatted(output.name(), numbers[j], what, j / output.numbers()));
                }
            }
        }
    }

    /** Warms up with the largest batch, then takes the median time of a single observation. */
    private long latency(ServedPolicy loaded) {
        float[] answered = new float[limits.rows() * actionSize];
        loaded.act(observationType.room(limits.rows(), observationSize), limits.rows(), answered);
        Rows observation = observationType.room(1, observationSize);
        long[] nanos = new long[TIMED_RUNS];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            loaded.act(observation, 1, answered);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        long median = nanos[nanos.length / 2];
        if (median > limits.latencyBudget().toNanos()) {
            throw new InvalidModelException("expected an answer within %d us, took %d us (median of %d)"
                    .formatted(limits.latencyBudget().toNanos() / 1000, median / 1000, TIMED_RUNS));
        }
        return median;
    }
}
