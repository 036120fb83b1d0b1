/**
 * What policies in service did, for the learners that learn from it.
 *
 * <pre>
 * logs and rollouts in one order ─┬─► steps ─► windows ─┐
 *                                 │                     ├─► windows with the rollouts whose turn came before them
 *                                 └─► rollouts ─────────┘
 * </pre>
 */
@NullMarked
package dev.understudy.flink.rollouts;

import org.jspecify.annotations.NullMarked;
