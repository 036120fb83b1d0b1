package dev.understudy.benchmarks;

import dev.understudy.network.ParameterLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.SequentialImpl;
import org.bytedeco.pytorch.TanhImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The training step by libtorch, eager: {@code torch::nn::Sequential}, {@code torch::mse_loss} and
 * {@code torch::optim::Adam}, which are what its C++ side offers. Five calls a step cross from Java, so what is
 * measured is libtorch.
 */
final class LibtorchStep implements TrainingStep {
    private final TrainingProblem problem;
    private final SequentialImpl network = new SequentialImpl();
    private final List<LinearImpl> layers = new ArrayList<>();
    private final TensorVector parameters;
    private final Adam adam;
    private final Tensor observations;
    private final Tensor actions;
    private float loss = Float.NaN;

    /** Sets libtorch and the BLAS beneath it to one thread. */
    static void useOneThread() {
        torch.set_num_threads(1);
        openblas_nolapack.blas_set_num_threads(1);
    }

    /**
     * Returns what libtorch says of itself: version of the CPU code it chose, threads, and how it was built.
     *
     * @throws IllegalStateException if it would use more than one thread
     */
    static Map<String, Object> describe() {
        Map<String, Object> found = new LinkedHashMap<>();
        try (BytePointer capability = torch.get_cpu_capability();
                BytePointer parallel = torch.get_parallel_info();
                BytePointer config = torch.show_config()) {
            found.put("cpuCapability", capability.getString());
            found.put("threads", torch.get_num_threads());
            found.put("blasThreads", openblas_nolapack.blas_get_num_threads());
            found.put("parallelInfo", parallel.getString().strip());
            found.put("config", config.getString().strip());
        }
        if (torch.get_num_threads() != 1) {
            throw new IllegalStateException(
                    "expected libtorch to use 1 thread, got " + torch.get_num_threads() + "; call useOneThread first");
        }
        return found;
    }

    @SuppressWarnings("try") // the guard is there to be open
    LibtorchStep(TrainingProblem problem, long seed) {
        this.problem = problem;
        List<Integer> widths = new ArrayList<>(List.of(problem.inputs()));
        widths.addAll(problem.hidden());
        widths.add(problem.outputs());
        float[] theta = problem.parameters(seed);
        ParameterLayout layout = problem.layout();
        try (NoGradGuard noGradients = new NoGradGuard()) {
            for (int i = 0; i + 1 < widths.size(); i++) {
                if (i > 0) {
                    network.push_back(new TanhImpl());
                }
                LinearImpl layer = new LinearImpl(widths.get(i), widths.get(i + 1));
                copy(theta, layout, "network.w" + i, layer, widths.get(i), widths.get(i + 1));
                try (Tensor bias = tensor(cut(theta, layout, "network.b" + i), widths.get(i + 1))) {
                    layer.bias().copy_(bias);
                }
                network.push_back(layer);
                layers.add(layer);
            }
        }
        parameters = network.parameters();
        try (AdamOptions options = new AdamOptions(TrainingProblem.LEARNING_RATE)) {
            adam = new Adam(parameters, options);
        }
        observations = tensor(problem.observations(seed), problem.batch(), problem.inputs());
        actions = tensor(problem.actions(seed), problem.batch(), problem.outputs());
    }

    /** Writes a weight {@code [in, out]} into a layer that keeps {@code [out, in]}. */
    private static void copy(float[] theta, ParameterLayout layout, String name, LinearImpl layer, int in, int out) {
        try (Tensor weight = tensor(cut(theta, layout, name), in, out);
                Tensor transposed = weight.t()) {
            layer.weight().copy_(transposed);
        }
    }

    private static float[] cut(float[] theta, ParameterLayout layout, String name) {
        int offset = layout.offset(name);
        return java.util.Arrays.copyOfRange(theta, offset, offset + layout.length(name));
    }

    private static Tensor tensor(float[] values, long... shape) {
        return Tensor.create(values, shape);
    }

    @Override
    public void step() {
        adam.zero_grad();
        try (Tensor output = network.forward(observations);
                Tensor meanSquare = torch.mse_loss(output, actions)) {
            meanSquare.backward();
            adam.step().close();
            loss = meanSquare.item_float();
        }
    }

    @Override
    @SuppressWarnings("try")
    public float[] parameters() {
        ParameterLayout layout = problem.layout();
        float[] theta = new float[layout.size()];
        try (NoGradGuard noGradients = new NoGradGuard()) {
            for (int i = 0; i < layers.size(); i++) {
                try (Tensor transposed = layers.get(i).weight().t();
                        Tensor weight = transposed.contiguous();
                        Tensor bias = layers.get(i).bias().contiguous()) {
                    read(weight, theta, layout, "network.w" + i);
                    read(bias, theta, layout, "network.b" + i);
                }
            }
        }
        return theta;
    }

    private static void read(Tensor tensor, float[] theta, ParameterLayout layout, String name) {
        java.nio.FloatBuffer buffer = tensor.createBuffer();
        buffer.get(theta, layout.offset(name), layout.length(name));
    }

    @Override
    public float lossBeforeStep() {
        return loss;
    }

    @Override
    public void close() {
        adam.close();
        parameters.close();
        observations.close();
        actions.close();
        network.close();
        layers.forEach(LinearImpl::close);
    }
}
