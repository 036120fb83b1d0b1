package dev.understudy.policy;

import dev.understudy.data.Rows;
import dev.understudy.graph.Tensor;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.Scaler;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** A policy that a learner can change: a network from observations to a distribution over actions. */
public interface StochasticPolicy {
    /** Returns n, the length of an observation. */
    int observationSize();

    /** Returns what the numbers of an observation are; the network sees them as floats. */
    default Rows.Type observationType() {
        return Rows.Type.FLOAT32;
    }

    /** Returns k, the length of an action, or the number of actions to choose from. */
    int actionSize();

    /** Appends the policy's parameters to a layout. */
    void declare(ParameterLayout.Builder layout);

    /** Draws the policy's parameters into {@code theta}. */
    void initialise(float[] theta, ParameterLayout layout, RandomGenerator random);

    /**
     * Returns the distribution over actions.
     *
     * @param parameters weights by name
     * @param observation {@code [batch, n]}
     * @param shift what the network subtracts from an observation, {@code [n]}
     * @param scale what it multiplies the difference with, {@code [n]}; see {@link Scaler#apply}
     */
    Distribution distribution(Map<String, Tensor> parameters, Tensor observation, Tensor shift, Tensor scale);

    /**
     * Returns the distribution that has these {@link Distribution#parameters}.
     *
     * @throws IllegalArgumentException if there are more or fewer than this policy has
     */
    Distribution distribution(List<Tensor> parameters);
}
