package dev.understudy.domain;

import dev.understudy.data.Rows;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one entity to make its observations: the only way from a sample to what a policy sees, in
 * training, in serving and in closed loop. Mutable; for one thread.
 *
 * @param <S> the samples of its domain
 */
public interface Featuriser<S extends Sample> {
    /** Receives the steps that samples make; they lie as far apart as a policy acts, whatever the rate of the log. */
    interface Steps<S extends Sample> {
        /** What comes next is not joined to what came before. */
        default void breaks() {}

        /**
         * A step, whose observation now stands in the row.
         *
         * @param step the sample, or what it was at the time of a step between it and the one before
         * @param isEnough whether enough is known for the observation to be used
         */
        default void step(S step, boolean isEnough) {}

        /** Returns a receiver that needs only the observation of the sample itself. */
        static <S extends Sample> Steps<S> none() {
            return new Steps<>() {};
        }
    }

    /**
     * Checks the next sample, remembers it, and writes what is observed of it.
     *
     * @param expert whether an expert acts whom the policy learned from
     * @param target the row to write to belongs to these
     * @param row its number
     * @param steps receives the steps since the sample before, up to this one
     * @return why no policy may be asked about it: {@link Refusal.Kind#INPUT} if the sample is not remembered,
     *     {@link Refusal.Kind#HISTORY} if it is; null if a policy may be asked
     */
    @Nullable
    Refusal observe(S sample, boolean expert, Rows target, int row, Steps<S> steps);

    /** Does the same for a sample that was remembered before, and is to be observed again: nothing is remembered. */
    @Nullable
    Refusal observeAgain(S sample, boolean expert, Rows target, int row);

    /** Notes that the next sample does not continue from those before, for example after a clock was put back. */
    void begin();

    /** Notes what was done in answer to the last sample. */
    default void acted(float[] action) {}

    /** Returns how many bytes {@link #write} writes. */
    int bytes();

    /** Writes all that is remembered, after a version. Equal memories give equal bytes. */
    void write(ByteBuffer out);
}
