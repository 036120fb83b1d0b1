/**
 * Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs.
 *
 * <pre>
 * Graph.input, Tensor.gemm ... -/** Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs. */gt; loss -/** Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs. */gt; Gradient.of -/** Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs. */gt; more operators -/** Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs. */gt; Program (ONNX Runtime)
 * </pre>
 */
@NullMarked
package dev.understudy.graph;

import org.jspecify.annotations.NullMarked;
