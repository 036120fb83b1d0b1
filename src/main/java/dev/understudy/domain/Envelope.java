package dev.understudy.domain;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * The last step after any policy, and independent of it: an action that must not be carried out is replaced, and the
 * reason is returned.
 *
 * @param <S> the samples of its domain
 */
public interface Envelope<S extends Sample> extends Serializable {
    /**
     * Judges an action, and replaces it where it must not be carried out.
     *
     * @param action the policy's action, {@code [k]}, changed in place
     * @param previous what was carried out before, {@code [k]}; NaN if there was nothing
     * @param millisSincePrevious event time since then, milliseconds
     * @return why it was replaced; null if it passed
     */
    @Nullable
    String judge(S sample, float[] action, float[] previous, long millisSincePrevious);

    /** Writes what to do if there is no action of a policy, {@code [k]}. */
    void fallback(S sample, float[] action);
}
