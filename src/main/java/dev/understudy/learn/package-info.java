/**
 * What all learners share: a learner's state, an update that can stop and go on, and its report.
 *
 * <pre>
 * LearnerState (saved) ──┐
 * demonstrations ────────┼─► Learner.begin ─► Update: step, step, ... ─► LearnerState (for the next window)
 * older trajectories ────┤                      │                             └─► Learner.export ─► ONNX bytes
 * seed ──────────────────┘                      └─► TrainingReport
 * </pre>
 */
@NullMarked
package dev.understudy.learn;

import org.jspecify.annotations.NullMarked;
