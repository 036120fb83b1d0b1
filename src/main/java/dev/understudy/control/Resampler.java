package dev.understudy.control;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Brings the signals of one entity to the steps of a policy, whatever rate they come at: at each step a signal has its
 * last value, for as long as that counts, or the value on a straight line between two measurements. The same class in
 * training and in service; mutable, for one thread.
 *
 * <p>Steps follow the samples, not a clock of their own. A sample about a step after the last step is one itself:
 * within three tenths of a step, or half the time since the sample before where that is less. So a jittering log of the
 * policy's own rate keeps every sample, and of a log ten times as fast every tenth sample is a step. Where samples lie
 * further apart, or none is near, steps are computed in between. A gap that is too long begins a new run.
 */
final class Resampler {
    /** Receives steps. */
    interface Steps {
        /** What comes next is not joined to what came before. */
        void breaks();

        /**
         * A step.
         *
         * @param row the signals then, NaN where one is missing; not to be kept
         */
        void step(long timeMs, float[] row);
    }

    private static final long NEVER = Long.MIN_VALUE;

    private final long stepMs;
    private final long longestGapMs;
    private final long[] maxAgesMs;
    private final boolean[] linear;
    /** The newest value of each signal; NaN before the first. */
    private final float[] values;

    private final long[] measuredMs;
    private final float[] row;
    private long lastSampleMs = NEVER;
    private long nextStepMs;

    /**
     * Creates a resampler that nothing came to yet.
     *
     * @param maxAgesMs how long a value of each signal counts
     * @param linear which signals lie on straight lines between measurements
     */
    Resampler(long stepMs, long longestGapMs, long[] maxAgesMs, boolean[] linear) {
        this.stepMs = stepMs;
        this.longestGapMs = longestGapMs;
        this.maxAgesMs = maxAgesMs;
        this.linear = linear;
        values = new float[maxAgesMs.length];
        measuredMs = new long[maxAgesMs.length];
        row = new float[maxAgesMs.length];
        begin();
    }

    /** Forgets everything, as at the start of an episode. */
    void begin() {
        Arrays.fill(values, Float.NaN);
        lastSampleMs = NEVER;
    }

    /**
     * Takes a sample later than those before and passes on the steps up to it.
     *
     * @param sample the signals that were measured, NaN for the others
     * @return whether the sample is a step
     */
    boolean take(long timeMs, float[] sample, Steps steps) {
        boolean begins = lastSampleMs == NEVER || timeMs - lastSampleMs > longestGapMs;
        if (begins) {
            steps.breaks();
            nextStepMs = timeMs;
        }
        long toleranceMs = begins ? 0 : Math.min(3 * stepMs / 10, (timeMs - lastSampleMs) / 2);
        while (timeMs > nextStepMs + toleranceMs) {
            between(nextStepMs, timeMs, sample);
            steps.step(nextStepMs, row);
            nextStepMs += stepMs;
        }
        for (int i = 0; i < values.length; i++) {
            if (!Float.isNaN(sample[i])) {
                values[i] = sample[i];
                measuredMs[i] = timeMs;
            }
        }
        lastSampleMs = timeMs;
        boolean isStep = timeMs >= nextStepMs - toleranceMs;
        at(timeMs);
        if (isStep) {
            steps.step(timeMs, row);
            nextStepMs = timeMs + stepMs;
        }
        return isStep;
    }

    /** Returns the signals at the last sample; not to be kept. */
    float[] atLastSample() {
        at(lastSampleMs);
        return row;
    }

    /** Returns how long after the last step that time is, milliseconds. */
    long sinceStepMs(long timeMs) {
        return timeMs - (nextStepMs - stepMs);
    }

    private void at(long timeMs) {
        for (int i = 0; i < values.length; i++) {
            row[i] = counts(i, timeMs) ? values[i] : Float.NaN;
        }
    }

    private boolean counts(int signal, long timeMs) {
        return !Float.isNaN(values[signal]) && timeMs - measuredMs[signal] <= maxAgesMs[signal];
    }

    /** The signals at a time before a sample that has just come. */
    private void between(long timeMs, long sampleMs, float[] sample) {
        at(timeMs);
        for (int i = 0; i < values.length; i++) {
            if (linear[i] && !Float.isNaN(row[i]) && !Float.isNaN(sample[i])) {
                double share = (double) (timeMs - measuredMs[i]) / (sampleMs - measuredMs[i]);
                row[i] = (float) (values[i] + share * (sample[i] - values[i]));
            }
        }
    }

    int bytes() {
        return 2 * Long.BYTES + values.length * (Float.BYTES + Long.BYTES);
    }

    void write(ByteBuffer out) {
        out.putLong(lastSampleMs).putLong(nextStepMs);
        for (int i = 0; i < values.length; i++) {
            out.putFloat(values[i]).putLong(measuredMs[i]);
        }
    }

    void read(ByteBuffer in) {
        lastSampleMs = in.getLong();
        nextStepMs = in.getLong();
        for (int i = 0; i < values.length; i++) {
            values[i] = in.getFloat();
            measuredMs[i] = in.getLong();
        }
    }
}
