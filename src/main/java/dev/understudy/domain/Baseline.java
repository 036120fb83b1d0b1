package dev.understudy.domain;

import dev.understudy.data.Trajectory;

/** Predicts the expert's actions one step ahead without learning from windows. */
@FunctionalInterface
public interface Baseline {
    /** Returns its answers for one trajectory, {@code [T, k]}, row-major; NaN where it has none. */
    float[] answers(Trajectory trajectory);
}
