package dev.understudy.graph;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX operator and its derivative. Its builder, which infers the output's shape, stands beside it in
 * {@link Elementwise}, {@link Products}, {@link Reductions} or {@link Layouts}.
 *
 * @param name the operator's name in ONNX
 * @param derivative the rule; absent where nothing flows back, as through a comparison
 */
record Operator(String name, @Nullable Derivative derivative) {

    /** The rule of an operator: what flows back to one of its inputs. */
    @FunctionalInterface
    interface Derivative {
        /**
         * Returns the gradient with respect to one input, in that input's shape, or null if it is zero.
         *
         * @param node the operator's application
         * @param input which of its inputs
         * @param gradients of the loss with respect to each output; null where zero, though never all
         */
        @Nullable
        Tensor of(Node node, int input, List<@Nullable Tensor> gradients);
    }

    /** The rule of an operator with one output. */
    @FunctionalInterface
    interface SingleDerivative {
        /** Returns the gradient with respect to input {@code input}, given that of the output. */
        Tensor of(Node node, int input, Tensor gradient);
    }

    /** Returns an operator with one output. */
    static Operator of(String name, SingleDerivative derivative) {
        return new Operator(
                name, (node, input, gradients) -> derivative.of(node, input, Objects.requireNonNull(gradients.get(0))));
    }

    /** Returns an operator through which no gradient flows. */
    static Operator withoutDerivative(String name) {
        return new Operator(name, null);
    }
}
