package dev.understudy.policy;

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

/**
 * A policy over continuous actions: a diagonal Gaussian whose mean is a network's output, or a law's action plus a
 * network's output.
 *
 * <p>With a law the network learns to correct the law: residual policy learning (Silver, Allen, Tenenbaum and Kaelbling
 * 2018, arXiv:1812.06298; Johannink and others 2019). Where there are no data, the policy still follows the law.
 *
 * @param observationSize n
 * @param actionSize k
 * @param hidden widths of the hidden layers
 * @param activation of the hidden layers
 * @param deviation where the standard deviation comes from
 * @param bounds how actions are kept between {@code low} and {@code high}
 * @param low smallest action, in the action's unit
 * @param high largest action
 * @param law weights {@code [n, k]}, row by row, of a linear law on the observation as it comes, whose action is
 *     clipped to the range; empty for none
 */
public record GaussianPolicy(
        int observationSize,
        int actionSize,
        List<Integer> hidden,
        Activation activation,
        Deviation deviation,
        Bounds bounds,
        float low,
        float high,
        List<Float> law)
        implements StochasticPolicy {

    private static final float LOG_TWO_PI = (float) Math.log(2.0 * Math.PI);
    private static final String LOG_STD = "logStd";
    private static final float MIN_LOG_STD = -5f;
    private static final float MAX_LOG_STD = 2f;

    /** How close to its bounds a logged action may come under {@link Bounds#SQUASHED}, as a share of the range. */
    private static final float MARGIN = 1e-4f;

    /** Where the standard deviation comes from. */
    public enum Deviation {
        /** One learned number per action, the same for every observation. */
        STATE_INDEPENDENT,
        /** Further outputs of the network. */
        STATE_DEPENDENT
    }

    /** How actions are kept in range. */
    public enum Bounds {
        /** The Gaussian is over the action itself; what is done is the action clipped to its range. */
        CLIPPED,
        /** The Gaussian is over u, and the action is low + (high - low) (tanh u + 1) / 2; densities account for it. */
        SQUASHED
    }

    public GaussianPolicy {
        hidden = List.copyOf(hidden);
        law = List.copyOf(law);
        if (!law.isEmpty() && bounds != Bounds.CLIPPED) {
            throw new IllegalArgumentException("expected a law with actions that are clipped, got " + bounds);
        }
        if (!law.isEmpty() && law.size() != observationSize * actionSize) {
            throw new IllegalArgumentException("expected a law of %d x %d weights or none, got %d"
                    .formatted(observationSize, actionSize, law.size()));
        }
        if (!(low < high)) {
            throw new IllegalArgumentException("expected low < high, got low=%s high=%s".formatted(low, high));
        }
    }

    /** Creates a policy without a law. */
    public GaussianPolicy(
            int observationSize,
            int actionSize,
            List<Integer> hidden,
            Activation activation,
            Deviation deviation,
            Bounds bounds,
            float low,
            float high) {
        this(observationSize, actionSize, hidden, activation, deviation, bounds, low, high, List.of());
    }

    private Mlp network() {
        int outputs = deviation == Deviation.STATE_DEPENDENT ? 2 * actionSize : actionSize;
        return new Mlp("policy", observationSize, hidden, outputs, activation);
    }

    @Override
    public void declare(ParameterLayout.Builder layout) {
        network().declare(layout);
        if (deviation == Deviation.STATE_INDEPENDENT) {
            layout.add(LOG_STD, actionSize);
        }
    }

    @Override
    public void initialise(float[] theta, ParameterLayout layout, RandomGenerator random) {
        network().initialise(theta, layout, random, 0.1);
    }

    @Override
    public Distribution distribution(Map<String, Tensor> parameters, Tensor observation, Tensor shift, Tensor scale) {
        Tensor output = network().apply(parameters, Scaler.apply(observation, shift, scale));
        if (deviation == Deviation.STATE_DEPENDENT) {
            List<Tensor> parts = output.split(1, actionSize, actionSize);
            return new Gaussian(withLaw(parts.get(0), observation), parts.get(1).clip(MIN_LOG_STD, MAX_LOG_STD));
        }
        Tensor logStd = parameters.get(LOG_STD);
        if (logStd == null) {
            throw new IllegalArgumentException("expected parameter logStd, got only " + parameters.keySet());
        }
        return new Gaussian(
                withLaw(output, observation),
                logStd.clip(MIN_LOG_STD, MAX_LOG_STD).reshape(Shape.of(1, actionSize)));
    }

    private Tensor withLaw(Tensor output, Tensor observation) {
        if (law.isEmpty()) {
            return output;
        }
        float[] weights = new float[law.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = law.get(i);
        }
        Tensor lawful =
                observation.matMul(observation.graph().constant(weights, Shape.of(observationSize, actionSize)));
        return output.add(lawful.clip(low, high));
    }

    @Override
    public Distribution distribution(List<Tensor> parameters) {
        if (parameters.size() != 2) {
            throw new IllegalArgumentException("expected mean and log deviation, got " + parameters);
        }
        return new Gaussian(parameters.get(0), parameters.get(1));
    }

    /** The distribution: {@code mean} is {@code [batch, k]}; {@code logStd} is {@code [1, k]} or {@code [batch, k]}. */
    private final class Gaussian implements Distribution {
        private final Tensor mean;
        private final Tensor logStd;

        Gaussian(Tensor mean, Tensor logStd) {
            this.mean = mean;
            this.logStd = logStd;
        }

        @Override
        public Tensor logProbability(Tensor action) {
            if (bounds == Bounds.CLIPPED) {
                return logDensity(action);
            }
            // x = tanh u in (-1, 1); u = atanh x; log p(a) = log N(u) - log |da/du|, da/du = (high - low) (1 - x^2) /
            // 2.
            float half = (high - low) / 2f;
            Tensor x = action.sub(low).div(half).sub(1f).clip(-1f + 2f * MARGIN, 1f - 2f * MARGIN);
            Tensor u = x.add(1f).log().sub(x.neg().add(1f).log()).mul(0.5f);
            Tensor logSlope = x.mul(x).neg().add(1f).log().add((float) Math.log(half));
            return logDensity(u).sub(logSlope.sum(1));
        }

        private Tensor logDensity(Tensor x) {
            Tensor z = x.sub(mean).mul(logStd.neg().exp());
            return z.mul(z).add(LOG_TWO_PI).mul(-0.5f).sub(logStd).sum(1);
        }

        /** Of the Gaussian itself; under {@link Bounds#SQUASHED} that of u, an upper bound up to a constant. */
        @Override
        public Tensor entropy() {
            // k (1 + log 2 pi) / 2 + sum of log deviations, the same for every row if the deviation is.
            Tensor perRow = logStd.add((1f + LOG_TWO_PI) / 2f).sum(1);
            return perRow.add(mean.sum(1).mul(0f));
        }

        @Override
        public Tensor mode() {
            if (bounds == Bounds.CLIPPED) {
                return mean;
            }
            return mean.tanh().add(1f).mul((high - low) / 2f).add(low);
        }

        @Override
        public Tensor action() {
            return mode().clip(low, high);
        }

        @Override
        public List<Tensor> parameters() {
            return List.of(mean, mean.mul(0f).add(logStd));
        }

        /** Of the Gaussians themselves: squashing both alike changes nothing. */
        @Override
        public Tensor divergenceFrom(List<Tensor> that) {
            Tensor gap = that.get(0).sub(mean);
            Tensor variance = that.get(1).mul(2f).exp();
            Tensor spread =
                    variance.add(gap.mul(gap)).mul(logStd.mul(-2f).exp()).mul(0.5f);
            return logStd.sub(that.get(1)).add(spread).sub(0.5f).sum(1);
        }

        @Override
        public Map<String, Tensor> outputs() {
            Map<String, Tensor> outputs = new LinkedHashMap<>();
            outputs.put("action", action());
            outputs.put("mode", mode());
            outputs.put("mean", mean);
            outputs.put("logStd", mean.mul(0f).add(logStd));
            return outputs;
        }
    }
}
