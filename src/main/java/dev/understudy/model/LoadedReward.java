package dev.understudy.model;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.OnnxRuntime;
import dev.understudy.reward.RewardFunction;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A recovered reward as a scorer: how much each step is worth, in nats. One session on one thread; for one thread at a
 * time.
 */
public final class LoadedReward implements RewardFunction, AutoCloseable {
    /** Name of the output, float32 {@code [batch, 1]}. */
    static final String REWARD = "reward";

    private final int observationSize;
    private final ActionSpace actions;
    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final OrtSession session;

    private LoadedReward(byte[] onnx, int observationSize, ActionSpace actions) {
        this.observationSize = observationSize;
        this.actions = actions;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(onnx, options);
        } catch (OrtException e) {
            throw new InvalidModelException("ONNX Runtime does not load the reward: " + e.getMessage(), e);
        }
    }

    /**
     * Puts metadata into an exported reward. Golden actions are the rewards of the golden observations, where the
     * action that is written as zeros was done.
     *
     * @param onnx as the learner exported it; trusted
     * @param actions what can be done
     */
    public static ModelFile create(byte[] onnx, ModelMetadata metadata, ActionSpace actions) {
        Rows golden = metadata.goldenObservations();
        try (LoadedReward reward = ofExport(onnx, golden.columns(), actions)) {
            return ModelFile.create(
                    onnx,
                    metadata.with(Map.of(ModelMetadata.KIND, ModelMetadata.REWARD))
                            .withGoldenActions(reward.golden(golden)));
        }
    }

    /** Loads what a learner exported, to try it; trusted. */
    public static LoadedReward ofExport(byte[] onnx, int observationSize, ActionSpace actions) {
        return new LoadedReward(onnx, observationSize, actions);
    }

    /**
     * Checks a file, as a policy's is on intake, and loads it.
     *
     * @param policy the name of the policy whose steps it is about
     * @param fingerprint of that policy's observations and actions
     * @throws InvalidModelException if it is no reward, or one of something else, or does not give what it gave when it
     *     was written
     */
    public static LoadedReward load(
            ModelFile file,
            String policy,
            String fingerprint,
            int observationSize,
            ActionSpace actions,
            IntakeLimits limits) {
        ModelMetadata metadata = file.metadata();
        metadata.requireReward();
        if (!metadata.policy().equals(policy) || !metadata.fingerprint().equals(fingerprint)) {
            throw new InvalidModelException("expected a reward of %s with layout %s, got one of %s with layout %s"
                    .formatted(policy, fingerprint, metadata.policy(), metadata.fingerprint()));
        }
        if (file.bytes().length > limits.bytes()) {
            throw new InvalidModelException(
                    "expected a reward of at most %d bytes, got %d".formatted(limits.bytes(), file.bytes().length));
        }
        var model = ModelFile.parseUnchanged(file.bytes());
        boolean readsActions = model.getGraph().getInputCount() > 1;
        ModelSignature signature = ModelSignature.ofReward(observationSize, readsActions ? actions.policyOutputs() : 0);
        signature.check(model.getGraph());
        ModelDialect.check(model, signature, limits);
        LoadedReward loaded = new LoadedReward(file.bytes(), observationSize, actions);
        try {
            Rows golden = metadata.goldenObservations();
            GoldenOutputs.compare(
                    "golden rewards",
                    loaded.golden(golden).values(),
                    metadata.goldenActions().values(),
                    golden.rows(),
                    limits.goldenTolerance());
            return loaded;
        } catch (RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private Matrix golden(Rows observations) {
        float[] rewards = new float[observations.rows()];
        rewards(observations.floats(), new float[observations.rows() * actions.size()], observations.rows(), rewards);
        return new Matrix(observations.rows(), 1, rewards);
    }

    @Override
    public boolean readsActions() {
        return session.getNumInputs() > 1;
    }

    @Override
    public void rewards(float[] observations, float[] done, int rows, float[] rewards) {
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try {
            inputs.put(LoadedPolicy.OBSERVATION, tensor(observations, rows, observationSize));
            if (readsActions()) {
                int columns = actions.policyOutputs();
                float[] encoded = new float[rows * columns];
                for (int row = 0; row < rows; row++) {
                    actions.encode(done, row * actions.size(), encoded, row * columns);
                }
                inputs.put(LoadedPolicy.ACTION, tensor(encoded, rows, columns));
            }
            try (OrtSession.Result result = session.run(inputs)) {
                ((OnnxTensor) result.get(0)).getFloatBuffer().get(rewards, 0, rows);
            }
        } catch (OrtException e) {
            throw new IllegalStateException("the reward failed on %d rows: %s".formatted(rows, e.getMessage()), e);
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(float[] values, int rows, int columns) throws OrtException {
        return OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(values, 0, rows * columns), new long[] {rows, columns});
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("could not close the session of a reward", e);
        }
    }
}
