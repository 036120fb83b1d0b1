package dev.understudy.domain;

import dev.understudy.data.Rows;
import java.util.Arrays;

/**
 * One step of a demonstration: what was observed, what the expert did, and where its record was. Nothing is copied.
 *
 * @param policy name of the policy that it is a demonstration for
 * @param entity who acted
 * @param episode what is held out as a whole
 * @param sequence number of its sample in the episode
 * @param timeMs event time, milliseconds since 1970
 * @param label the slice it is reported under
 * @param run number of the unbroken run it is part of; rises along an episode after each break
 * @param observation one row
 * @param action {@code [k]}; NaN where nobody knows it
 * @param partition partition of the log topic
 * @param offset offset there
 * @param readyMs event time by which the step was whole: a window that fired before that is too early for it
 */
public record Step(
        String policy,
        String entity,
        String episode,
        long sequence,
        long timeMs,
        String label,
        long run,
        Rows observation,
        float[] action,
        int partition,
        long offset,
        long readyMs) {
    /** Returns this step for another policy, as part of another run, and whole at another time. */
    public Step with(String anotherPolicy, long anotherRun, long whenReadyMs) {
        return new Step(
                anotherPolicy,
                entity,
                episode,
                sequence,
                timeMs,
                label,
                anotherRun,
                observation,
                action,
                partition,
                offset,
                whenReadyMs);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Step that
                && policy.equals(that.policy)
                && entity.equals(that.entity)
                && episode.equals(that.episode)
                && sequence == that.sequence
                && timeMs == that.timeMs
                && label.equals(that.label)
                && run == that.run
                && observation.equals(that.observation)
                && Arrays.equals(action, that.action)
                && partition == that.partition
                && offset == that.offset
                && readyMs == that.readyMs;
    }

    @Override
    public int hashCode() {
        return 31 * episode.hashCode() + Long.hashCode(timeMs);
    }

    @Override
    public String toString() {
        return "Step[%s, %s, sequence=%d, timeMs=%d, run=%d, action=%s]"
                .formatted(entity, episode, sequence, timeMs, run, Arrays.toString(action));
    }
}
