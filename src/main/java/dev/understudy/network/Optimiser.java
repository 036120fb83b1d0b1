package dev.understudy.network;

import dev.understudy.domain.Step;
import dev.understudy.graph.Tensor;
import java.util.List;
import java.util.Map;

/** A rule that turns a gradient into the next parameters, as a piece of a graph. Its memory is a few named vectors. */
public interface Optimiser {
    /**
     * One vector of the optimiser's memory.
     *
     * @param name unique within the optimiser
     * @param initial its elements before the first step
     */
    record Memory(String name, float[] initial) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Memory that
                    && name.equals(that.name)
                    && java.util.Arrays.equals(initial, that.initial);
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + java.util.Arrays.hashCode(initial);
        }
    }

    /**
     * What one step gives.
     *
     * @param theta the next parameters, {@code [size]}
     * @param memory the next memory, by name
     */
    record Step(Tensor theta, Map<String, Tensor> memory) {}

    /** Returns the memory for {@code parameters} parameters, before the first step. */
    List<Memory> memory(int parameters);

    /**
     * Returns one step of descent.
     *
     * @param theta {@code [size]}
     * @param gradient of the loss, {@code [size]}
     * @param learningRate {@code [1]}
     * @param memory the vectors of {@link #memory}, by name
     */
    Step step(Tensor theta, Tensor gradient, Tensor learningRate, Map<String, Tensor> memory);

    /**
     * Returns the gradient, shortened to {@code longest} if its Euclidean norm is longer: g min(1, longest / |g|).
     *
     * @param gradient {@code [size]}
     */
    static Tensor clipNorm(Tensor gradient, float longest) {
        Tensor norm = gradient.mul(gradient).sum().add(1e-12f).sqrt();
        Tensor ratio = gradient.graph().constant(longest).div(norm);
        return gradient.mul(ratio.min(gradient.graph().constant(1f)));
    }
}
