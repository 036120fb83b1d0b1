/**
 * Measurements beside their baselines: what is measured and what it is held against take turns in one run, so that both
 * see the same machine. {@code understudy bench} runs them.
 */
@NullMarked
package dev.understudy.benchmarks;

import org.jspecify.annotations.NullMarked;
