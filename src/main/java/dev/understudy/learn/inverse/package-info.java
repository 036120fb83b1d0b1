/**
 * Inverse reinforcement learning: which reward an expert acts by.
 *
 * <pre>
 * FiniteProblem + expert's visits ─► MaximumCausalEntropy ─► reward of each state
 * </pre>
 */
@NullMarked
package dev.understudy.learn.inverse;

import org.jspecify.annotations.NullMarked;
