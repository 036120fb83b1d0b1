package dev.understudy.learn.minibatch;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.Adam;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** A compiled optimiser step: Adam on the loss of one batch, with its parameters and moments as state. */
public final class StepProgram implements AutoCloseable {
    /** Name of the parameters in a learner's memory. */
    public static final String THETA = "theta";

    static final String LEARNING_RATE = "learningRate";
    static final String LOSS = "loss";

    private static final Optimiser OPTIMISER = Adam.defaults();

    private final Program program;
    private final int size;

    /** The loss of a batch as a piece of a graph. */
    @FunctionalInterface
    public interface Loss {
        /**
         * Returns the loss, of one element; inputs of the batch are added to the graph.
         *
         * @param weights by name
         */
        Tensor of(Graph graph, Map<String, Tensor> weights);
    }

    /** Compiles the step of a network. */
    public StepProgram(ParameterLayout layout, double gradientNorm, Loss loss) {
        size = layout.size();
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(size));
        Tensor learningRate = graph.input(LEARNING_RATE, ElementType.FLOAT, Shape.of(1));
        Map<String, Tensor> weights = layout.unpack(theta);
        Tensor ofBatch = loss.of(graph, weights);
        List<String> names = layout.names();
        List<Tensor> gradients = Gradient.of(
                ofBatch,
                names.stream().map(name -> ParameterLayout.of(weights, name)).toList());
        Map<String, Tensor> byName = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            byName.put(names.get(i), gradients.get(i));
        }
        Tensor clipped = Optimiser.clipNorm(layout.pack(byName), (float) gradientNorm);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : OPTIMISER.memory(size)) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = OPTIMISER.step(theta, clipped, learningRate, memory);
        Program.Builder builder = Program.builder(graph).output(LOSS, ofBatch).state(THETA, theta, step.theta());
        memory.forEach((name, vector) ->
                builder.state(name, vector, Objects.requireNonNull(step.memory().get(name))));
        program = builder.build();
    }

    /** Returns the memory of a learner with these parameters that has taken no step. */
    public static LearnerState starting(float[] theta) {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        vectors.put(THETA, theta);
        OPTIMISER.memory(theta.length).forEach(vector -> vectors.put(vector.name(), vector.initial()));
        return new LearnerState(vectors, new TreeMap<>(), new TreeMap<>());
    }

    Program program() {
        return program;
    }

    /** Returns the names of what the program carries from step to step. */
    List<String> vectors() {
        List<String> names = new ArrayList<>();
        names.add(THETA);
        OPTIMISER.memory(size).forEach(vector -> names.add(vector.name()));
        return names;
    }

    /** Forgets the moments. */
    void forgetMoments() {
        OPTIMISER.memory(size).forEach(vector -> program.setState(vector.name(), vector.initial()));
    }

    @Override
    public void close() {
        program.close();
    }
}
