package dev.understudy.model;

import ai.onnx.proto.OnnxMl.ModelProto;
import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import java.io.Serializable;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Decides whether a model file may serve. Everything that can be checked without running it is checked before ONNX
 * Runtime sees a byte (a small file can ask for any memory, read other files, or never return): hash, size, fields,
 * seal, and that it is of the {@link ModelDialect}. Then the model is loaded, and has to reproduce its golden vectors
 * in every output, stay finite and answer in time, also a batch as large as any, of observations as random as any.
 *
 * <p>Can be sent to another process: {@link FirstSight}.
 */
public final class IntakeCheck implements Serializable {
    /** Replies are long: this many at once are a batch as large as any. */
    private static final int MOST_TEXTS = 8;

    private static final long SEED = 2;

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
    private final boolean timed;

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
        this(policy, fingerprint, observationType, observationSize, actions, limits, loader, true);
    }

    private IntakeCheck(
            String policy,
            String fingerprint,
            Rows.Type observationType,
            int observationSize,
            ActionSpace actions,
            IntakeLimits limits,
            ModelLoader loader,
            boolean timed) {
        this.policy = policy;
        this.fingerprint = fingerprint;
        this.observationType = observationType;
        this.observationSize = observationSize;
        this.actions = actions;
        actionSize = actions.size();
        this.limits = limits;
        this.loader = loader;
        this.timed = timed;
    }

    /**
     * Checks a model file and, if it may serve, loads it and warms it up.
     *
     * @param bytes the file
     * @param expectedSha256 the hash it was announced with, lower-case hexadecimal
     */
    public IntakeOutcome check(byte[] bytes, String expectedSha256) {
        return check(bytes, expectedSha256, loaded -> {
            GoldenOutputs.checkFile(loaded, limits.rows(), limits.goldenTolerance());
            largestBatch(loaded);
        });
    }

    /**
     * Loads a model file and warms it up, of which it is known that it passed {@link #check} on this machine; what is
     * quickly checked again is.
     */
    IntakeOutcome checkKnown(byte[] bytes, String expectedSha256) {
        return check(bytes, expectedSha256, loaded -> {});
    }

    private IntakeOutcome check(byte[] bytes, String expectedSha256, Consumer<ServedPolicy> more) {
        long start = System.nanoTime();
        try {
            ModelFile file = inspect(bytes, expectedSha256);
            ServedPolicy loaded = loader.load(file);
            try {
                golden(loaded);
                finite(loaded);
                more.accept(loaded);
                long latencyNanos = timed ? latency(loaded) : 0;
                return new IntakeOutcome.Accepted(loaded, System.nanoTime() - start, latencyNanos);
            } catch (RuntimeException e) {
                loaded.close();
                throw e;
            }
        } catch (InvalidModelException | IllegalStateException | IllegalArgumentException e) {
            return new IntakeOutcome.Rejected(
                    e.getMessage() == null ? e.toString() : e.getMessage(),
                    e instanceof TooSlowException ? IntakeOutcome.Cause.OCCASION : IntakeOutcome.Cause.FILE);
        }
    }

    /** Returns this check without looking at how long answers take. */
    public IntakeCheck patient() {
        return new IntakeCheck(policy, fingerprint, observationType, observationSize, actions, limits, loader, false);
    }

    /** Returns what its outcomes depend on besides the file: two checks of one text judge alike. */
    String describe() {
        return "%s %s %s %d %s %s%s"
                .formatted(
                        policy,
                        fingerprint,
                        observationType,
                        observationSize,
                        actions,
                        limits,
                        timed ? "" : " untimed");
    }

    /** Returns largest difference to golden outputs that is none. */
    public double goldenTolerance() {
        return limits.goldenTolerance();
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
        ModelProto model = ModelFile.parseUnchanged(bytes);
        ModelMetadata metadata = ModelFile.metadata(model);
        metadata.requirePolicy();
        ModelSignature signature = ModelSignature.of(observationType, observationSize, actions, model.getGraph());
        signature.check(model.getGraph());
        ModelDialect.check(model, signature, limits);
        ModelFile file = new ModelFile(bytes, found, metadata);
        belongs(metadata);
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
        GoldenOutputs.compare("golden outputs", answered, expected, observations.rows(), limits.goldenTolerance());
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

    private void largestBatch(ServedPolicy loaded) {
        boolean isText = actions instanceof ActionSpace.Text;
        Rows rows = ProbeRows.of(
                loaded.metadata().goldenObservations(),
                isText ? Math.min(MOST_TEXTS, limits.rows()) : limits.rows(),
                SEED);
        long start = System.nanoTime();
        finite(loaded, rows, "random");
        long nanos = System.nanoTime() - start;
        if (timed && nanos > limits.batchBudget().toNanos()) {
            throw new TooSlowException("expected %d random observations to take at most %d ms, took %d ms"
                    .formatted(rows.rows(), limits.batchBudget().toMillis(), nanos / 1_000_000));
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
            throw new TooSlowException("expected an answer within %d us, took %d us (median of %d)"
                    .formatted(limits.latencyBudget().toNanos() / 1000, median / 1000, TIMED_RUNS));
        }
        return median;
    }
}
