package dev.understudy.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.graph.OnnxRuntime;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A model in service: one ONNX Runtime session on one thread, with deterministic kernels.
 *
 * <p>Closed while it is asked, it would end the JVM.
 */
public final class LoadedPolicy implements ServedPolicy {
    /** Name of the input, float32 or uint8 {@code [batch, n]}. */
    public static final String OBSERVATION = "observation";
    /** Name of the output that is carried out: the mode, clipped to the range of actions; or the likeliest choice. */
    public static final String ACTION = "action";

    static final String MODE = "mode";
    static final String MEAN = "mean";
    static final String LOG_STD = "logStd";
    static final String LOGITS = "logits";

    private final ModelFile file;
    private final int observationSize;
    private final int actionSize;
    /** Number of choices, 0 where an action is numbers. */
    private final int choices;

    private final boolean takesBytes;
    private final List<ModelSignature.Output> outputs;
    private final OrtEnvironment environment = OnnxRuntime.environment();
    private final OrtSession.SessionOptions options;
    private final OrtSession session;
    private final ConcurrentLinkedQueue<Workspace> idle = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private LoadedPolicy(ModelFile file, int observationSize, int actionSize) throws OrtException {
        this.file = file;
        this.observationSize = observationSize;
        this.actionSize = actionSize;
        options = new OrtSession.SessionOptions();
        try {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            options.setDeterministicCompute(true);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            session = environment.createSession(file.bytes(), options);
            choices = choices(session);
            takesBytes = takesBytes(session);
            outputs = ModelSignature.outputs(
                    choices > 0
                            ? new ActionSpace.Discrete(choices)
                            : new ActionSpace.Continuous(actionSize, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY));
        } catch (OrtException e) {
            options.close();
            throw e;
        }
    }

    private static boolean takesBytes(OrtSession session) throws OrtException {
        NodeInfo observation = session.getInputInfo().get(OBSERVATION);
        return observation != null
                && observation.getInfo() instanceof TensorInfo tensor
                && tensor.type == OnnxJavaType.UINT8;
    }

    /** Returns how many choices a model has, 0 if it has none. */
    private static int choices(OrtSession session) throws OrtException {
        NodeInfo logits = session.getOutputInfo().get(LOGITS);
        return logits != null && logits.getInfo() instanceof TensorInfo tensor && tensor.getShape().length == 2
                ? (int) tensor.getShape()[1]
                : 0;
    }

    /**
     * Loads a model that has passed the static part of the intake check, or that this program has made itself.
     *
     * @throws InvalidModelException if it is no policy, or ONNX Runtime refuses it
     */
    public static LoadedPolicy load(ModelFile file, int observationSize, int actionSize) {
        file.metadata().requirePolicy();
        try {
            return new LoadedPolicy(file, observationSize, actionSize);
        } catch (OrtException e) {
            throw new InvalidModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    /**
     * Loads what a learner exported, to try it. Its metadata say nothing.
     *
     * @param onnx as {@code Learner.export} returns it; trusted
     * @throws InvalidModelException if ONNX Runtime refuses it
     */
    public static LoadedPolicy ofExport(byte[] onnx, int observationSize, int actionSize) {
        ModelFile file =
                new ModelFile(onnx, ModelFile.sha256(onnx), ModelMetadata.unknown(observationSize, actionSize));
        return load(file, observationSize, actionSize);
    }

    @Override
    public ModelFile file() {
        return file;
    }

    @Override
    public int observationSize() {
        return observationSize;
    }

    @Override
    public int actionSize() {
        return actionSize;
    }

    @Override
    public void act(float[] observations, int rows, float[] actions) {
        act(matrix(observations), rows, actions);
    }

    @Override
    public void act(Rows observations, int rows, float[] actions) {
        answer(observations, rows, new Answer(actions, null, null, null, null));
    }

    private Matrix matrix(float[] observations) {
        return new Matrix(observations.length / observationSize, observationSize, observations);
    }

    @Override
    public void logProbabilities(float[] observations, float[] actions, int rows, double[] result) {
        logProbabilities(matrix(observations), actions, rows, result);
    }

    @Override
    public void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
        if (choices > 0) {
            float[] logits = new float[rows * choices];
            answer(observations, rows, new Answer(null, null, null, null, logits));
            for (int row = 0; row < rows; row++) {
                result[row] = new ActionSpace.Discrete(choices).logProbability(logits, row * choices, actions[row]);
            }
            return;
        }
        float[] means = new float[rows * actionSize];
        float[] logStds = new float[rows * actionSize];
        answer(observations, rows, new Answer(null, null, means, logStds, null));
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int j = row * actionSize; j < (row + 1) * actionSize; j++) {
                sum -= OpenLoop.gaussianNegativeLogLikelihood((double) means[j] - actions[j], logStds[j]);
            }
            result[row] = sum;
        }
    }

    /** Answers a batch as {@link #answer(Rows, int, Answer)} does. */
    public void answer(float[] observations, int rows, Answer answer) {
        answer(matrix(observations), rows, answer);
    }

    @Override
    public void answer(Rows observations, int rows, Answer answer) {
        if (closed.get()) {
            throw new IllegalStateException("model %s is closed".formatted(file.sha256()));
        }
        Workspace workspace = idle.poll();
        if (workspace == null) {
            workspace = new Workspace();
        }
        try {
            workspace.run(observations, rows, answer);
        } catch (OrtException e) {
            workspace.close();
            throw new IllegalStateException(
                    "model %s failed on %d rows: %s".formatted(file.sha256(), rows, e.getMessage()), e);
        }
        idle.add(workspace);
    }

    /**
     * As the interface says: every output; of choices the logits alone, because where two are equal but for rounding,
     * machines differ in which is the largest.
     */
    @Override
    public SortedMap<String, float[]> outputs(Rows observations) {
        int rows = observations.rows();
        Answer answer = choices > 0
                ? new Answer(null, null, null, null, new float[rows * choices])
                : new Answer(
                        new float[rows * actionSize],
                        new float[rows * actionSize],
                        new float[rows * actionSize],
                        new float[rows * actionSize],
                        null);
        answer(observations, rows, answer);
        SortedMap<String, float[]> all = new TreeMap<>();
        for (ModelSignature.Output output : outputs) {
            float[] numbers = answer.output(output.name());
            if (numbers != null) {
                all.put(output.name(), numbers);
            }
        }
        return all;
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        for (Workspace workspace = idle.poll(); workspace != null; workspace = idle.poll()) {
            workspace.close();
        }
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("model %s did not close: %s".formatted(file.sha256(), e.getMessage()), e);
        } finally {
            options.close();
        }
    }

    /**
     * Receives what a policy answers; each array is {@code [rows, k]}, row-major, or null if it is not wanted or there
     * is no such answer.
     *
     * @param actions the mode, clipped to the range of actions; or the likeliest choice
     * @param modes the mode as it is
     * @param means mean of the Gaussian
     * @param logStds logarithm of its standard deviation
     * @param logits of the choices, {@code [rows, count]}
     */
    public record Answer(
            float @Nullable [] actions,
            float @Nullable [] modes,
            float @Nullable [] means,
            float @Nullable [] logStds,
            float @Nullable [] logits) {
        /** Returns room for {@code rows} answers of a policy with these actions. */
        public static Answer of(int rows, ActionSpace actions) {
            int size = rows * actions.size();
            if (actions instanceof ActionSpace.Text) {
                return new Answer(new float[size], null, null, null, null);
            }
            return actions instanceof ActionSpace.Discrete discrete
                    ? new Answer(new float[size], new float[size], null, null, new float[rows * discrete.count()])
                    : new Answer(new float[size], new float[size], new float[size], new float[size], null);
        }

        float @Nullable [] output(String name) {
            return switch (name) {
                case ACTION -> actions;
                case MODE -> modes;
                case MEAN -> means;
                case LOG_STD -> logStds;
                default -> logits;
            };
        }
    }

    /**
     * Native memory for one call at a time, kept for the next: input and outputs are neither allocated nor copied
     * twice.
     */
    private final class Workspace {
        private int capacity;
        private int rows = -1;
        private Buffer input = direct(0);
        private final Buffer[] output = new Buffer[outputs.size()];
        private final Map<String, OnnxTensor> inputTensors = new LinkedHashMap<>();
        private final Map<String, OnnxTensor> outputTensors = new LinkedHashMap<>();

        void run(Rows observations, int wanted, Answer answer) throws OrtException {
            if (wanted != rows) {
                shape(wanted);
            }
            if (input instanceof FloatBuffer numbers) {
                numbers.put(0, observations.floats(), 0, wanted * observationSize);
            } else if (input instanceof ByteBuffer whole && observations instanceof ByteRows bytes) {
                whole.put(0, bytes.values(), 0, wanted * observationSize);
            } else {
                throw new IllegalStateException("expected rows of UINT8, got " + observations.type());
            }
            session.run(inputTensors, outputTensors).close();
            for (int i = 0; i < output.length; i++) {
                float[] target = answer.output(outputs.get(i).name());
                if (target == null) {
                    continue;
                }
                if (output[i] instanceof FloatBuffer numbers) {
                    numbers.get(0, target, 0, wanted * outputs.get(i).columns());
                } else if (output[i] instanceof LongBuffer chosen) {
                    for (int row = 0; row < wanted; row++) {
                        target[row] = chosen.get(row);
                    }
                }
            }
        }

        private void shape(int wanted) throws OrtException {
            close();
            if (wanted > capacity) {
                capacity = Math.max(wanted, Math.min(2 * capacity, 1024));
                input = takesBytes ? bytes(capacity * observationSize) : direct(capacity * observationSize);
                for (int i = 0; i < output.length; i++) {
                    output[i] = outputs.get(i).isChoice()
                            ? bytes(capacity * Long.BYTES).asLongBuffer()
                            : direct(capacity * outputs.get(i).columns());
                }
            }
            inputTensors.put(
                    OBSERVATION,
                    input instanceof ByteBuffer whole
                            ? OnnxTensor.createTensor(
                                    environment,
                                    whole.slice(0, wanted * observationSize),
                                    new long[] {wanted, observationSize},
                                    OnnxJavaType.UINT8)
                            : tensor((FloatBuffer) input, wanted, observationSize));
            for (int i = 0; i < output.length; i++) {
                ModelSignature.Output each = outputs.get(i);
                outputTensors.put(
                        each.name(),
                        output[i] instanceof LongBuffer chosen
                                ? OnnxTensor.createTensor(environment, chosen.slice(0, wanted), each.shape(wanted))
                                : tensor((FloatBuffer) output[i], wanted, each.columns()));
            }
            rows = wanted;
        }

        private OnnxTensor tensor(FloatBuffer buffer, int tensorRows, int columns) throws OrtException {
            return OnnxTensor.createTensor(
                    environment, buffer.slice(0, tensorRows * columns), new long[] {tensorRows, columns});
        }

        private static FloatBuffer direct(int floats) {
            return bytes(floats * Float.BYTES).asFloatBuffer();
        }

        private static ByteBuffer bytes(int count) {
            return ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder());
        }

        void close() {
            inputTensors.values().forEach(OnnxTensor::close);
            outputTensors.values().forEach(OnnxTensor::close);
            inputTensors.clear();
            outputTensors.clear();
            rows = -1;
        }
    }
}
