/**
 * Learning by drawn batches of whatever a network reads: a program that takes one optimiser step, and the update that
 * runs it.
 *
 * <pre>
 * batch number ─► Feeds ─► StepProgram (theta, Adam) ─► LearnerState
 * </pre>
 */
@NullMarked
package dev.understudy.learn.minibatch;

import org.jspecify.annotations.NullMarked;
