package dev.understudy.learn.adversarial;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.Distribution;
import dev.understudy.policy.StochasticPolicy;
import java.util.ArrayList;
import java.util.List;

/** The graph that policy steps share: a policy on the rows of a rollout, now and as it was when they were drawn. */
final class Surrogate {
    static final String THETA = "theta";
    static final String OBSERVATIONS = "observations";
    static final String ACTIONS = "actions";
    static final String ADVANTAGES = "advantages";
    static final String SHIFT = "shift";
    static final String SCALE = "scale";
    static final String OLD = "old";
    static final String OLD_LOG_PROBABILITY = "oldLogProbability";

    private final Graph graph = new Graph();
    private final Tensor theta;
    private final Tensor advantages;
    private final Distribution distribution;
    private final Tensor logProbability;
    private final Tensor oldLogProbability;
    private final List<Tensor> old = new ArrayList<>();

    Surrogate(StochasticPolicy policy) {
        int n = policy.observationSize();
        ParameterLayout layout = layout(policy);
        theta = graph.input(THETA, ElementType.FLOAT, Shape.of(layout.size()));
        Tensor observations = graph.input(OBSERVATIONS, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, n));
        Tensor shift = graph.input(SHIFT, ElementType.FLOAT, Shape.of(n));
        Tensor scale = graph.input(SCALE, ElementType.FLOAT, Shape.of(n));
        advantages = graph.input(ADVANTAGES, ElementType.FLOAT, Shape.of(Shape.UNKNOWN));
        Tensor actions = policy instanceof CategoricalPolicy
                ? graph.input(ACTIONS, ElementType.INT64, Shape.of(Shape.UNKNOWN))
                : graph.input(ACTIONS, ElementType.FLOAT, Shape.of(Shape.UNKNOWN, policy.actionSize()));
        distribution = policy.distribution(layout.unpack(theta), observations, shift, scale);
        logProbability = distribution.logProbability(actions);
        for (Tensor parameter : distribution.parameters()) {
            old.add(graph.input(OLD + old.size(), ElementType.FLOAT, parameter.shape()));
        }
        oldLogProbability = graph.input(OLD_LOG_PROBABILITY, ElementType.FLOAT, Shape.of(Shape.UNKNOWN));
    }

    /** Returns where a policy's parameters lie. */
    static ParameterLayout layout(StochasticPolicy policy) {
        ParameterLayout.Builder builder = ParameterLayout.builder();
        policy.declare(builder);
        return builder.build();
    }

    Graph graph() {
        return graph;
    }

    Tensor theta() {
        return theta;
    }

    Tensor advantages() {
        return advantages;
    }

    Distribution distribution() {
        return distribution;
    }

    /** Returns log pi(a | o), {@code [batch]}. */
    Tensor logProbability() {
        return logProbability;
    }

    /** Returns pi(a | o) / pi_old(a | o), {@code [batch]}. */
    Tensor ratio() {
        return logProbability.sub(oldLogProbability).exp();
    }

    /** Returns KL(pi_old || pi), {@code [batch]}. */
    Tensor divergence() {
        return distribution.divergenceFrom(old);
    }

    /** Returns the columns of each tensor that makes the distribution. */
    List<Integer> parameterSizes() {
        return old.stream().map(tensor -> (int) tensor.shape().dim(1)).toList();
    }
}
