package dev.understudy.control;

import org.jspecify.annotations.Nullable;

/**
 * Checks whether a sample is one of a declared policy; the same for training and serving. A signal that was not
 * measured is NaN, which is not wrong.
 */
record DeclaredCheck(Declaration declaration) {
    /** Returns why a sample cannot be used, or null if it can. */
    @Nullable
    ControlRefusal check(ControlStep step) {
        if (step.sequence() < 0) {
            return ControlRefusal.NEGATIVE_SEQUENCE;
        }
        float[] signals = step.observation();
        if (signals.length != declaration.signals().size()) {
            return ControlRefusal.WRONG_DIMENSION;
        }
        for (int i = 0; i < signals.length; i++) {
            if (Float.isInfinite(signals[i])) {
                return ControlRefusal.NON_FINITE_OBSERVATION;
            }
            Signal signal = declaration.signals().get(i);
            if (signals[i] < signal.low() || signals[i] > signal.high()) {
                return ControlRefusal.OUT_OF_RANGE;
            }
        }
        float[] action = step.action();
        return action == null || declaration.allows(action) ? null : ControlRefusal.ACTION_OUTSIDE;
    }
}
