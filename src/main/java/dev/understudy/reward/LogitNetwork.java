package dev.understudy.reward;

import dev.understudy.graph.Tensor;
import dev.understudy.network.Scaler;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a {@link Discriminator} learns: from an input to the logit z of D = sigma(z), as a piece of a graph. */
public interface LogitNetwork {
    /**
     * Weights as they are applied, and what is remembered of them.
     *
     * @param weights by name
     * @param directions the next directions of the power iteration
     */
    record Applied(Map<String, Tensor> weights, Tensor directions) {}

    /** Returns the number of weights. */
    int size();

    /** Returns the number of elements of the vectors that spectral normalisation remembers. */
    int directionsSize();

    /** Returns first weights, {@code [size]}. */
    float[] initialTheta(RandomGenerator random);

    /** Returns first directions, {@code [directionsSize]}. */
    float[] initialDirections(RandomGenerator random);

    /** Returns the weights as the options have them applied. */
    Applied apply(Tensor theta, Tensor direction);

    /**
     * Returns z, {@code [batch]}.
     *
     * @param scaled inputs, standardised
     * @param given the last columns of the inputs, as they are; null where there are none
     */
    Tensor logit(Applied applied, Tensor scaled, @Nullable Tensor given);

    /**
     * Returns what is added to the loss, a scalar; null for nothing.
     *
     * @param scaled generated inputs, standardised
     */
    default @Nullable Tensor extraLoss(Applied applied, Tensor scaled) {
        return null;
    }

    /** Returns how many of the last columns of an input are not standardised. */
    default int givenColumns() {
        return 0;
    }

    /** Returns the statistics to standardise by, where columns of one meaning must have the same. */
    default Scaler tied(Scaler scaler) {
        return scaler;
    }
}
