package dev.understudy.control;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Sample;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One step of an episode: what was observed, and in a log also what was done in answer, what reward that gave and
 * whether it ended the episode. Live input has no action and no reward yet.
 *
 * <p>A step comes from outside, so it may hold values that no task can use (NaN, the wrong number of values).
 * {@link StepCheck} finds them.
 *
 * @param entity who acts: a robot, or one copy of an environment
 * @param episode the episode this is part of; never split between training and evaluation
 * @param sequence number of the step in its episode, from 0, rising by one
 * @param timeMs event time, milliseconds since 1970
 * @param actor who chose the action; in live input, who will
 * @param label a free word on expert, fleet or task, never observed by a policy; may be empty
 * @param engaged whether a policy was in charge when a person took over and chose this action: a correction of it
 * @param observation {@code [n]}, in the units of the task; not copied, do not change it
 * @param action {@code [k]}, the index of a choice or numbers; null where none is known; not copied
 * @param reward the reward of the action, in the unit of the task; NaN where none is known
 * @param end how the action left the episode
 */
public record ControlStep(
        String entity,
        String episode,
        long sequence,
        long timeMs,
        Actor actor,
        String label,
        boolean engaged,
        float[] observation,
        float @Nullable [] action,
        double reward,
        End end)
        implements Sample {

    /** How a step left its episode. */
    public enum End {
        /** The episode goes on. */
        NONE,
        /** The task itself ended the episode: nothing comes after. */
        TERMINATED,
        /** Something outside the task ended the episode, such as a limit of steps: it would have gone on. */
        TRUNCATED
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ControlStep that
                && entity.equals(that.entity)
                && episode.equals(that.episode)
                && sequence == that.sequence
                && timeMs == that.timeMs
                && actor == that.actor
                && label.equals(that.label)
                && engaged == that.engaged
                && Arrays.equals(observation, that.observation)
                && Arrays.equals(action, that.action)
                && Double.compare(reward, that.reward) == 0
                && end == that.end;
    }

    @Override
    public int hashCode() {
        return Objects.hash(entity, episode, sequence, timeMs, Arrays.hashCode(observation), Arrays.hashCode(action));
    }

    @Override
    public String toString() {
        return "ControlStep[" + episode + "#" + sequence + " at " + timeMs + ": " + Arrays.toString(observation)
                + " -> " + Arrays.toString(action) + " by " + actor + (engaged ? " taking over" : "") + ", reward "
                + reward + ", end " + end + "]";
    }
}
