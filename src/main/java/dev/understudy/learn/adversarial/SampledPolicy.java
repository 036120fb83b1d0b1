package dev.understudy.learn.adversarial;

import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Behaviour;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.LearnerState;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.Distribution;
import dev.understudy.policy.StochasticPolicy;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** A policy in the middle of its learning, as it behaves in an environment: drawing its actions, or at its mode. */
public final class SampledPolicy implements Behaviour, AutoCloseable {
    private final ActionSpace actions;
    private final int observationSize;
    private final Program program;

    /**
     * Creates it without parameters, which {@link #with} gives it; holds native memory.
     *
     * @throws IllegalArgumentException if the policy is not one for these actions
     */
    public SampledPolicy(StochasticPolicy policy, ActionSpace actions) {
        this.actions = actions;
        this.observationSize = policy.observationSize();
        Graph graph = new Graph();
        ParameterLayout layout = Surrogate.layout(policy);
        Tensor theta = graph.input("theta", ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, observationSize));
        Tensor shift = graph.input("shift", ElementType.FLOAT, Shape.of(observationSize));
        Tensor scale = graph.input("scale", ElementType.FLOAT, Shape.of(observationSize));
        Distribution pi = policy.distribution(layout.unpack(theta), observation, shift, scale);
        Program.Builder builder = Program.builder(graph);
        for (int i = 0; i < pi.parameters().size(); i++) {
            builder.output(Surrogate.OLD + i, pi.parameters().get(i));
        }
        this.program = builder.build();
        boolean choosing = policy instanceof CategoricalPolicy;
        if (choosing != actions instanceof ActionSpace.Discrete || policy.actionSize() != actions.policyOutputs()) {
            throw new IllegalArgumentException("expected a policy for %s, got %s".formatted(actions, policy));
        }
    }

    /**
     * Returns the policy as it is in a state of its {@link Gail}; holds native memory.
     *
     * @param policy as it was given to the learner
     * @param actions what can be done
     */
    public static SampledPolicy of(StochasticPolicy policy, ActionSpace actions, LearnerState state) {
        return new SampledPolicy(policy, actions).with(PolicyImprovement.theta(state), PolicyImprovement.scaler(state));
    }

    /**
     * Sets the parameters to act by from now on.
     *
     * @param theta all of the policy's parameters
     * @param scaler what observations are standardised by
     */
    public SampledPolicy with(float[] theta, Scaler scaler) {
        program.setInput("theta", theta, Shape.of(theta.length));
        program.setInput("shift", scaler.shift(), Shape.of(observationSize));
        program.setInput("scale", scaler.scale(), Shape.of(observationSize));
        return this;
    }

    @Override
    public void act(float[] observations, int rows, RandomGenerator random, float[] chosen, float[] logProbabilities) {
        try (Result result = run(observations, rows)) {
            float[] first = result.floats(Surrogate.OLD + 0);
            if (actions instanceof ActionSpace.Discrete discrete) {
                discrete.draw(first, rows, random, chosen, logProbabilities);
            } else if (actions instanceof ActionSpace.Continuous continuous) {
                continuous.draw(first, result.floats(Surrogate.OLD + 1), rows, random, chosen, logProbabilities);
            }
        }
    }

    /** Returns the same policy as it acts when it draws nothing: the likeliest choice, or the mean. */
    public Behaviour mode() {
        return (float[] observations, int rows, RandomGenerator random, float[] chosen, float[] logProbabilities) -> {
            try (Result result = run(observations, rows)) {
                float[] first = result.floats(Surrogate.OLD + 0);
                if (actions instanceof ActionSpace.Discrete discrete) {
                    for (int row = 0; row < rows; row++) {
                        chosen[row] = largest(first, row * discrete.count(), discrete.count());
                    }
                } else {
                    System.arraycopy(first, 0, chosen, 0, rows * actions.size());
                }
                Arrays.fill(logProbabilities, 0, rows, 0f);
            }
        };
    }

    private static int largest(float[] values, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            if (values[from + i] > values[from + best]) {
                best = i;
            }
        }
        return best;
    }

    private Result run(float[] observations, int rows) {
        float[] read = Arrays.copyOf(observations, rows * observationSize);
        return program.run(new Feeds().floats("observation", read));
    }

    @Override
    public void close() {
        program.close();
    }
}
