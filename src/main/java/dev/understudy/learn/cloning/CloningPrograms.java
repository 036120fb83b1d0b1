package dev.understudy.learn.cloning;

import dev.understudy.data.Rows;
import dev.understudy.environment.Dynamics;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Gradient;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Optimiser;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The compiled training step of behavioural cloning, and the loss alone for validation. */
final class CloningPrograms implements AutoCloseable {
    static final String THETA = "theta";
    static final String ROWS = "rows";
    static final String EARLIER_ROWS = "earlierRows";
    static final String DRIVES = "drives";
    static final String EARLIER_DRIVES = "earlierDrives";

    /** Advances theta and the optimiser's memory by one step; gives {@code loss}. */
    final Program training;

    /** Gives {@code loss}, {@code likelihood} and {@code distance} of given parameters. */
    final Program score;

    CloningPrograms(
            StochasticPolicy policy,
            ParameterLayout layout,
            Optimiser optimiser,
            BehaviouralCloningConfig config,
            @Nullable Dynamics dynamics) {
        Graph graph = new Graph();
        int n = policy.observationSize();
        Tensor theta = graph.input(THETA, ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observations =
                graph.input("observations", elements(policy.observationType()), Shape.of(Shape.UNKNOWN, n));
        Tensor actions = policy instanceof CategoricalPolicy
                ? graph.input("actions", ElementType.INT64, Shape.of(Shape.UNKNOWN))
                : graph.input("actions", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, policy.actionSize()));
        Tensor shift = graph.input("shift", ElementType.FLOAT, Shape.of(n));
        Tensor scale = graph.input("scale", ElementType.FLOAT, Shape.of(n));
        // All pairs kept for validation are one batch, whose size is not known here.
        long batch =
                config.validation() == BehaviouralCloningConfig.Validation.PAIRS ? Shape.UNKNOWN : config.batchSize();
        Tensor rows = graph.input(ROWS, ElementType.INT64, Shape.of(batch));
        Tensor learningRate = graph.input("learningRate", ElementType.FLOAT, Shape.of(1));
        Map<String, Tensor> weights = layout.unpack(theta);

        // mean of -log pi(a | o) over the batch
        Tensor observed = observations.gather(0, rows).cast(ElementType.FLOAT);
        if (dynamics != null) {
            Tensor earlier = graph.input(EARLIER_ROWS, ElementType.INT64, Shape.of(batch));
            observed = dynamics.start(observed, observations.gather(0, earlier));
        }
        var distribution = policy.distribution(weights, observed, shift, scale);
        Tensor likelihood = distribution.logProbability(actions.gather(0, rows)).mean();
        Tensor entropy = distribution.entropy().mean();
        Tensor distance = graph.constant(0f);
        if (dynamics != null && config.horizon() > 0) {
            distance = driven(policy, config, dynamics, weights, observations, shift, scale);
        }
        Tensor loss = likelihood.neg();
        if (config.entropyWeight() != 0) {
            loss = loss.sub(entropy.mul((float) config.entropyWeight()));
        }
        if (config.l2Weight() != 0) {
            loss = loss.add(theta.mul(theta).sum().mul((float) (0.5 * config.l2Weight())));
        }
        if (config.horizon() > 0) {
            loss = loss.add(distance.mul((float) config.driveWeight()));
        }

        Tensor gradient = Gradient.of(loss, List.of(theta)).get(0);
        Map<String, Tensor> memory = new LinkedHashMap<>();
        for (Optimiser.Memory vector : optimiser.memory(layout.size())) {
            memory.put(vector.name(), graph.input(vector.name(), ElementType.FLOAT, Shape.of(vector.initial().length)));
        }
        Tensor clipped = Optimiser.clipNorm(gradient, (float) config.gradientNorm());
        Optimiser.Step step = optimiser.step(theta, clipped, learningRate, memory);
        Program.Builder builder = Program.builder(graph).output("loss", loss).state(THETA, theta, step.theta());
        memory.forEach((name, vector) -> builder.state(name, vector, next(step, name)));
        training = builder.build();
        score = Program.builder(graph)
                .output("loss", loss)
                .output("likelihood", likelihood)
                .output("distance", distance)
                .output("entropy", entropy)
                .build();
    }

    /** Returns what rows of a type are in a graph. */
    static ElementType elements(Rows.Type type) {
        return type == Rows.Type.UINT8 ? ElementType.UINT8 : ElementType.FLOAT;
    }

    private static Tensor next(Optimiser.Step step, String name) {
        Tensor next = step.memory().get(name);
        if (next == null) {
            throw new IllegalStateException("expected the optimiser to return " + name);
        }
        return next;
    }

    /**
     * Returns the mean distance from the expert over drives of {@code horizon} steps in which the policy's own actions
     * decide what it observes next.
     */
    private static Tensor driven(
            StochasticPolicy policy,
            BehaviouralCloningConfig config,
            Dynamics dynamics,
            Map<String, Tensor> weights,
            Tensor observations,
            Tensor shift,
            Tensor scale) {
        int drives = config.drives();
        int horizon = config.horizon();
        // Rows of all drives at step 0, then of all drives at step 1, and so on.
        Tensor rows = observations.graph().input(DRIVES, ElementType.INT64, Shape.of((long) drives * (horizon + 1)));
        Tensor earlier = observations.graph().input(EARLIER_DRIVES, ElementType.INT64, Shape.of(drives));
        long[] lengths = new long[horizon + 1];
        java.util.Arrays.fill(lengths, drives);
        List<Tensor> logged = observations.gather(0, rows).split(0, lengths);
        Tensor observation = dynamics.start(logged.get(0), observations.gather(0, earlier));
        Tensor total = observations.graph().constant(0f);
        for (int step = 1; step <= horizon; step++) {
            Tensor action =
                    policy.distribution(weights, observation, shift, scale).action();
            observation = dynamics.next(observation, action, logged.get(step));
            total = total.add(dynamics.distance(observation, logged.get(step)).mean());
        }
        return total.div(horizon);
    }

    @Override
    public void close() {
        training.close();
        score.close();
    }
}
