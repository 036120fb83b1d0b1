package dev.understudy.schemas;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What was answered to one observation, by which version of which policy.
 *
 * @param entity who acts
 * @param episode its trip or episode
 * @param sequence number of the observation in its trip
 * @param eventTimeMs event time of the observation, milliseconds since 1970
 * @param policy name of the policy
 * @param epoch epoch of the promotion in force; 0 before the first
 * @param sha256 the model file that answered, 64 hex digits; empty when none did
 * @param rawAction what the policy said, m/s^2, {@code [action]}; empty when none answered
 * @param action what is to be done, m/s^2, {@code [action]}
 * @param kind what the action rests on
 * @param reason why it is a fallback; empty when it is not
 * @param logProbability natural logarithm of the density of rawAction, nats; NaN when there is none
 * @param text what is to be said, where a policy answers with text; null where it answers with numbers
 * @param seed what the draws of the text follow from; null where nothing was drawn
 * @param observedAtMs Kafka timestamp of the observation, milliseconds since 1970
 * @param decidedAtMs wall clock of the decision, milliseconds since 1970
 * @param instance the serving instance
 */
public record Decision(
        String entity,
        String episode,
        long sequence,
        long eventTimeMs,
        String policy,
        long epoch,
        String sha256,
        float[] rawAction,
        float[] action,
        Kind kind,
        String reason,
        double logProbability,
        @Nullable String text,
        @Nullable Long seed,
        long observedAtMs,
        long decidedAtMs,
        String instance) {

    /** A decision in numbers. */
    public Decision(
            String entity,
            String episode,
            long sequence,
            long eventTimeMs,
            String policy,
            long epoch,
            String sha256,
            float[] rawAction,
            float[] action,
            Kind kind,
            String reason,
            double logProbability,
            long observedAtMs,
            long decidedAtMs,
            String instance) {
        this(
                entity,
                episode,
                sequence,
                eventTimeMs,
                policy,
                epoch,
                sha256,
                rawAction,
                action,
                kind,
                reason,
                logProbability,
                null,
                null,
                observedAtMs,
                decidedAtMs,
                instance);
    }

    /** What an action rests on. */
    public enum Kind {
        /** The policy's answer, unchanged. */
        POLICY,
        /** No model is in service yet. */
        FALLBACK_NO_MODEL,
        /** The policy's answer was outside the envelope. */
        FALLBACK_ENVELOPE,
        /** Too little was seen of the entity to ask the policy. */
        FALLBACK_HISTORY,
        /** The observation could not be used. */
        FALLBACK_INPUT
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Decision that
                && entity.equals(that.entity)
                && episode.equals(that.episode)
                && sequence == that.sequence
                && eventTimeMs == that.eventTimeMs
                && policy.equals(that.policy)
                && epoch == that.epoch
                && sha256.equals(that.sha256)
                && Arrays.equals(rawAction, that.rawAction)
                && Arrays.equals(action, that.action)
                && kind == that.kind
                && reason.equals(that.reason)
                && Double.compare(logProbability, that.logProbability) == 0
                && Objects.equals(text, that.text)
                && Objects.equals(seed, that.seed)
                && observedAtMs == that.observedAtMs
                && decidedAtMs == that.decidedAtMs
                && instance.equals(that.instance);
    }

    @Override
    public int hashCode() {
        return Objects.hash(entity, episode, sequence, epoch, sha256, Arrays.hashCode(action));
    }

    @Override
    public String toString() {
        return "Decision[" + episode + "#" + sequence + " at " + eventTimeMs + ": "
                + (text == null ? Arrays.toString(action) : text)
                + " " + kind
                + (reason.isEmpty() ? "" : " (" + reason + ")") + ", " + policy + " epoch " + epoch + " " + sha256
                + ", raw " + Arrays.toString(rawAction) + ", log-probability " + logProbability + ", by " + instance
                + "]";
    }
}
