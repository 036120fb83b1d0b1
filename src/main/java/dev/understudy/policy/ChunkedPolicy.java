package dev.understudy.policy;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.network.ParameterLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A policy over the next actions at once, independent of each other given the observation: action chunks of Zhao,
 * Kumar, Levine and Finn (2023), arXiv:2304.13705, section IV. What it does now is the first of them; all are the
 * further output {@link #CHUNK}, which whoever plays may average over time.
 *
 * <p>An action is as long as {@code length} actions one after the other: numbers, or the indices of choices. It has the
 * network of one action with {@code length} times its outputs.
 *
 * @param single the policy over one action
 * @param length actions of a chunk, at least 1
 */
public record ChunkedPolicy(StochasticPolicy single, int length) implements StochasticPolicy {
    /**
     * Name of the output: of numbers {@code [batch, length k]}, clipped to their range; of choices the logits,
     * {@code [batch, length count]}.
     */
    public static final String CHUNK = "chunk";

    /** Key of a model's metadata: how many actions a chunk has. */
    public static final String LENGTH = "chunk.length";

    public ChunkedPolicy {
        if (length < 1 || !(single instanceof CategoricalPolicy || single instanceof GaussianPolicy)) {
            throw new IllegalArgumentException(
                    "expected chunks of at least 1 choice or Gaussian action, got %d of %s".formatted(length, single));
        }
    }

    /** Returns the policy whose parameters these are. */
    private StochasticPolicy joint() {
        if (single instanceof GaussianPolicy gaussian) {
            return new GaussianPolicy(
                    gaussian.observationSize(),
                    length * gaussian.actionSize(),
                    gaussian.hidden(),
                    gaussian.activation(),
                    gaussian.deviation(),
                    gaussian.bounds(),
                    gaussian.low(),
                    gaussian.high());
        }
        CategoricalPolicy choices = (CategoricalPolicy) single;
        return new CategoricalPolicy(
                choices.observationType(),
                choices.observationSize(),
                length * choices.actionSize(),
                choices.hidden(),
                choices.activation());
    }

    @Override
    public int observationSize() {
        return single.observationSize();
    }

    /** Returns the length of a chunk as one action. */
    @Override
    public int actionSize() {
        return length * (single instanceof CategoricalPolicy ? 1 : single.actionSize());
    }

    @Override
    public void declare(ParameterLayout.Builder layout) {
        joint().declare(layout);
    }

    @Override
    public void initialise(float[] theta, ParameterLayout layout, RandomGenerator random) {
        joint().initialise(theta, layout, random);
    }

    @Override
    public Distribution distribution(Map<String, Tensor> parameters, Tensor observation, Tensor shift, Tensor scale) {
        return distribution(
                joint().distribution(parameters, observation, shift, scale).parameters());
    }

    @Override
    public Distribution distribution(List<Tensor> parameters) {
        return single instanceof CategoricalPolicy ? new Choices(parameters) : new Numbers(parameters);
    }

    /** A Gaussian over all numbers of a chunk. */
    private final class Numbers implements Distribution {
        private final Distribution all;
        private final Distribution first;

        Numbers(List<Tensor> parameters) {
            all = joint().distribution(parameters);
            first = single.distribution(parameters.stream()
                    .map(each -> each.slice(1, 0, single.actionSize()))
                    .toList());
        }

        @Override
        public Tensor logProbability(Tensor action) {
            return all.logProbability(action);
        }

        @Override
        public Tensor entropy() {
            return all.entropy();
        }

        @Override
        public Tensor mode() {
            return first.mode();
        }

        @Override
        public Tensor action() {
            return first.action();
        }

        @Override
        public List<Tensor> parameters() {
            return all.parameters();
        }

        @Override
        public Tensor divergenceFrom(List<Tensor> that) {
            return all.divergenceFrom(that);
        }

        @Override
        public Map<String, Tensor> outputs() {
            return withChunk(first, all.action());
        }
    }

    /** A softmax for each choice of a chunk. */
    private final class Choices implements Distribution {
        private final int count = single.actionSize();
        private final Tensor logits;
        /** {@code [batch, length, count]}. */
        private final Tensor logProbabilities;

        private final Distribution first;

        Choices(List<Tensor> parameters) {
            logits = parameters.get(0);
            logProbabilities = each(logits);
            first = single.distribution(List.of(logits.slice(1, 0, count)));
        }

        private Tensor each(Tensor all) {
            return all.reshape(Shape.of(all.shape().dim(0), length, count)).logSoftmax(2);
        }

        /** {@code action}: indices of what was done, float32 {@code [batch, length]}. */
        @Override
        public Tensor logProbability(Tensor action) {
            Tensor chosen = action.cast(ElementType.INT64).oneHot(count);
            return logProbabilities.mul(chosen).sum(1, 2);
        }

        @Override
        public Tensor entropy() {
            return logProbabilities.exp().mul(logProbabilities).sum(1, 2).neg();
        }

        @Override
        public Tensor mode() {
            return first.mode();
        }

        @Override
        public Tensor action() {
            return first.action();
        }

        @Override
        public List<Tensor> parameters() {
            return List.of(logits);
        }

        @Override
        public Tensor divergenceFrom(List<Tensor> that) {
            Tensor others = each(that.get(0));
            return others.exp().mul(others.sub(logProbabilities)).sum(1, 2);
        }

        @Override
        public Map<String, Tensor> outputs() {
            return withChunk(first, logits);
        }
    }

    private static Map<String, Tensor> withChunk(Distribution first, Tensor chunk) {
        Map<String, Tensor> outputs = new LinkedHashMap<>(first.outputs());
        outputs.put(CHUNK, chunk);
        return outputs;
    }
}
