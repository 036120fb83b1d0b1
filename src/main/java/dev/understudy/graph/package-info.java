/**
 * Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs.
 *
 * <pre>
 * Graph.input, Tensor.gemm ... -&gt; loss -&gt; Gradient.of -&gt; more operators -&gt; Program (ONNX Runtime)
 * </pre>
 */
@NullMarked
package dev.understudy.graph;

import org.jspecify.annotations.NullMarked;
