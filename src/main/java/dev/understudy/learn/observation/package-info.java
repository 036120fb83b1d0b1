/**
 * Imitation where only the expert's observations are known: what was done is inferred from interaction of one's own.
 *
 * <pre>
 * interaction (s, a, s') ─► InverseDynamics p(a | s, s') ─┐
 * demonstrations (s, s') ────────────────────────────────┴─► (s, inferred a) ─► cloning ─► policy ─► interaction
 * </pre>
 */
@NullMarked
package dev.understudy.learn.observation;

import org.jspecify.annotations.NullMarked;
