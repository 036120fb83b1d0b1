package dev.understudy.network;

import dev.understudy.graph.Tensor;

/** The activation of a hidden layer. */
public enum Activation {
    /** Hyperbolic tangent. */
    TANH {
        @Override
        public Tensor apply(Tensor x) {
            return x.tanh();
        }
    },
    /** max(0, x). */
    RELU {
        @Override
        public Tensor apply(Tensor x) {
            return x.relu();
        }
    };

    /** Returns the activation of {@code x}, of the same shape. */
    public abstract Tensor apply(Tensor x);
}
