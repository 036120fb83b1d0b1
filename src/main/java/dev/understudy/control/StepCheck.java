package dev.understudy.control;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether a step is one of a task; the same for training and serving.
 *
 * @param task what the step should be of
 */
public record StepCheck(ControlTask task) {
    /** Returns why a step cannot be used, or null if it can. */
    public @Nullable ControlRefusal check(ControlStep step) {
        if (step.sequence() < 0) {
            return ControlRefusal.NEGATIVE_SEQUENCE;
        }
        if (step.observation().length != task.stepSize()) {
            return ControlRefusal.WRONG_DIMENSION;
        }
        for (float value : step.observation()) {
            if (!Float.isFinite(value)) {
                return ControlRefusal.NON_FINITE_OBSERVATION;
            }
        }
        float[] action = step.action();
        if (action != null
                && (action.length != task.actions().size() || !task.actions().contains(action, 0))) {
            return ControlRefusal.ACTION_OUTSIDE;
        }
        return Double.isInfinite(step.reward()) ? ControlRefusal.NON_FINITE_REWARD : null;
    }

    /** Returns why a step cannot be used in words: what was expected and what was found. */
    public String describe(ControlRefusal refusal, ControlStep step) {
        return switch (refusal) {
            case NEGATIVE_SEQUENCE -> "expected a sequence number from 0, got %d".formatted(step.sequence());
            case WRONG_DIMENSION ->
                "expected %d observation numbers of %s, got %d"
                        .formatted(task.stepSize(), task.name(), step.observation().length);
            case NON_FINITE_OBSERVATION ->
                "expected finite observation numbers, got %s in %s"
                        .formatted(Arrays.toString(step.observation()), task.observationNames());
            case OUT_OF_RANGE ->
                "expected observation numbers in the ranges that are declared, got %s"
                        .formatted(Arrays.toString(step.observation()));
            case ACTION_OUTSIDE ->
                "expected an action in %s, got %s".formatted(task.actions(), Arrays.toString(step.action()));
            case NON_FINITE_REWARD -> "expected a finite reward, got %s".formatted(step.reward());
            case OUT_OF_STEP ->
                "expected sequence number and time to rise within episode %s, got %d at %d"
                        .formatted(step.episode(), step.sequence(), step.timeMs());
            case AFTER_END ->
                "expected nothing after the end of episode %s, got step %d".formatted(step.episode(), step.sequence());
        };
    }
}
