package dev.understudy.policy;

import dev.understudy.data.Rows;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.Activation;
import dev.understudy.network.Mlp;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/**
 * A policy over a finite set of actions: the softmax of a network's outputs.
 *
 * @param observationType what the numbers of an observation are
 * @param observationSize n
 * @param actionSize number of actions to choose from
 * @param hidden widths of the hidden layers
 * @param activation of the hidden layers
 */
public record CategoricalPolicy(
        Rows.Type observationType, int observationSize, int actionSize, List<Integer> hidden, Activation activation)
        implements StochasticPolicy {
    public CategoricalPolicy {
        hidden = List.copyOf(hidden);
    }

    /** Creates a policy that observes floats. */
    public CategoricalPolicy(int observationSize, int actionSize, List<Integer> hidden, Activation activation) {
        this(Rows.Type.FLOAT32, observationSize, actionSize, hidden, activation);
    }

    private Mlp network() {
        return new Mlp("policy", observationSize, hidden, actionSize, activation);
    }

    @Override
    public void declare(ParameterLayout.Builder layout) {
        network().declare(layout);
    }

    @Override
    public void initialise(float[] theta, ParameterLayout layout, RandomGenerator random) {
        network().initialise(theta, layout, random, 0.1);
    }

    @Override
    public Distribution distribution(Map<String, Tensor> parameters, Tensor observation, Tensor shift, Tensor scale) {
        return new Categorical(network().apply(parameters, Scaler.apply(observation, shift, scale)));
    }

    @Override
    public Distribution distribution(List<Tensor> parameters) {
        if (parameters.size() != 1) {
            throw new IllegalArgumentException("expected logits alone, got " + parameters);
        }
        return new Categorical(parameters.get(0));
    }

    private final class Categorical implements Distribution {
        private final Tensor logits;
        private final Tensor logProbabilities;

        Categorical(Tensor logits) {
            this.logits = logits;
            this.logProbabilities = logits.logSoftmax(1);
        }

        /** {@code action}: index of what was done, int64 {@code [batch]}. */
        @Override
        public Tensor logProbability(Tensor action) {
            Tensor every =
                    logits.graph().constant(LongStream.range(0, actionSize).toArray(), Shape.of(1, actionSize));
            Tensor chosen = action.reshape(Shape.of(action.shape().dim(0), 1))
                    .equal(every)
                    .cast(ElementType.FLOAT);
            return logProbabilities.mul(chosen).sum(1);
        }

        @Override
        public Tensor entropy() {
            return logProbabilities.exp().mul(logProbabilities).sum(1).neg();
        }

        /** The index of the largest logit, int64 {@code [batch]}. */
        @Override
        public Tensor mode() {
            return logits.argMax(1);
        }

        @Override
        public Tensor action() {
            return mode();
        }

        @Override
        public List<Tensor> parameters() {
            return List.of(logits);
        }

        /** Sum over actions of p' (log p' - log p), where p' is {@code that}. */
        @Override
        public Tensor divergenceFrom(List<Tensor> that) {
            Tensor others = that.get(0).logSoftmax(1);
            return others.exp().mul(others.sub(logProbabilities)).sum(1);
        }

        @Override
        public Map<String, Tensor> outputs() {
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            outputs.put("action", action());
            outputs.put("mode", mode());
            outputs.put("logits", logits);
            return outputs;
        }
    }
}
