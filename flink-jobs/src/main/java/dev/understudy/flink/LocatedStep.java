package dev.understudy.flink;

import dev.understudy.driving.LabelledStep;

/**
 * A step of a demonstration and where its record was.
 *
 * @param step the step
 * @param partition partition of the log topic
 * @param offset offset there
 * @param readyMs watermark at which the step had its label, milliseconds since 1970; a window that fired before that is
 *     too early for the step
 */
public record LocatedStep(LabelledStep step, int partition, long offset, long readyMs) {
    /** Returns a step that was ready at its own time. */
    static LocatedStep of(LabelledStep step, int partition, long offset) {
        return new LocatedStep(step, partition, offset, step.timeMs());
    }
}
