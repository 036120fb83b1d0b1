package dev.understudy.schemas;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One step that a policy in service drove: what it saw, what it did and how likely that was.
 *
 * <p>Steps of one entity and episode whose numbers follow one another and that one model drove are a piece of a
 * trajectory. A hole in the numbers (no policy was asked), another model, or a step that the envelope drove ends it.
 *
 * @param entity who acts
 * @param episode its trip or episode
 * @param sequence number of the observation in its trip
 * @param eventTimeMs event time, milliseconds since 1970
 * @param policy name of the policy
 * @param epoch epoch of the promotion in force; 0 before the first
 * @param sha256 the model file that answered, 64 hex digits; empty when none did
 * @param observation what the policy saw, {@code [observation]}, in the units of its feature schema
 * @param action what was done, m/s^2, {@code [action]}; for kind POLICY before a draw is clipped to the range of
 *     actions
 * @param kind POLICY, or FALLBACK_ENVELOPE where the envelope took over
 * @param logProbability natural logarithm of the density of the action under the policy, nats; NaN when no policy acted
 */
public record RolloutStep(
        String entity,
        String episode,
        long sequence,
        long eventTimeMs,
        String policy,
        long epoch,
        String sha256,
        float[] observation,
        float[] action,
        Decision.Kind kind,
        double logProbability) {

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RolloutStep that
                && entity.equals(that.entity)
                && episode.equals(that.episode)
                && sequence == that.sequence
                && eventTimeMs == that.eventTimeMs
                && policy.equals(that.policy)
                && epoch == that.epoch
                && sha256.equals(that.sha256)
                && Arrays.equals(observation, that.observation)
                && Arrays.equals(action, that.action)
                && kind == that.kind
                && Double.compare(logProbability, that.logProbability) == 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(entity, episode, sequence, epoch, sha256, Arrays.hashCode(action));
    }

    @Override
    public String toString() {
        return "RolloutStep[" + episode + "#" + sequence + " at " + eventTimeMs + ": " + Arrays.toString(observation)
                + " -> " + Arrays.toString(action) + " " + kind + ", " + policy + " epoch " + epoch + " " + sha256
                + "]";
    }
}
