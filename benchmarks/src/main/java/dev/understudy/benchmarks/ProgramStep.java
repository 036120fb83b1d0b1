package dev.understudy.benchmarks;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Adam;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The training step as one program of this project, built from the parts the learners are built from. */
final class ProgramStep implements TrainingStep {
    private static final String THETA = "theta";
    private static final String LOSS = "loss";

    private final Program program;
    private final Feeds feeds = new Feeds();
    private float loss = Float.NaN;

    ProgramStep(TrainingProblem problem, long seed) {
        ParameterLayout layout = problem.layout();
        Adam adam = Adam.defaults();
        Graph graph = new Graph();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observations =
                graph.input("observations", ElementType.FLOAT, Shape.of(problem.batch(), problem.inputs()));
        Tensor actions = graph.input("actions", ElementType.FLOAT, Shape.of(problem.batch(), problem.outputs()));
        Tensor rate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        Tensor error =
                problem.network().apply(layout.unpack(theta), observations).sub(actions);
        Tensor meanSquare = error.mul(error).mean();
        Tensor gradient = Gradient.of(meanSquare, List.of(theta)).get(0);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : adam.memory(layout.size())) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Optimiser.Step step = adam.step(theta, gradient, rate, memory);
        Program.Builder builder =
                Program.builder(graph).threads(1).output(LOSS, meanSquare).state(THETA, theta, step.theta());
        memory.forEach((name, vector) ->
                builder.state(name, vector, Objects.requireNonNull(step.memory().get(name))));
        program = builder.build();
        program.setState(THETA, problem.parameters(seed));
        for (Optimiser.Memory vector : adam.memory(layout.size())) {
            program.setState(vector.name(), vector.initial());
        }
        program.setInput("observations", problem.observations(seed), observations.shape());
        program.setInput("actions", problem.actions(seed), actions.shape());
        feeds.floats("learningRate", TrainingProblem.LEARNING_RATE);
    }

    @Override
    public void step() {
        try (Result result = program.run(feeds)) {
            loss = result.scalar(LOSS);
        }
    }

    @Override
    public float[] parameters() {
        return program.state(THETA);
    }

    @Override
    public float lossBeforeStep() {
        return loss;
    }

    @Override
    public void close() {
        program.close();
    }
}
