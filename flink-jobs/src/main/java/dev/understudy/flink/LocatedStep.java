package dev.understudy.flink;

import dev.understudy.driving.LabelledStep;

/**
 * A step of a demonstration and where its record was.
 *
 * @param step the step
 * @param partition partition of the log topic
 * @param offset offset there
 */
public record LocatedStep(LabelledStep step, int partition, long offset) {}
