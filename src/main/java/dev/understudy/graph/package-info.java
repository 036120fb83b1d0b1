/** Typed, shaped tensors over ONNX operators, their derivatives, and compiled programs. */
@NullMarked
package dev.understudy.graph;

import org.jspecify.annotations.NullMarked;
