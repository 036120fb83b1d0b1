package dev.understudy.control;

import dev.understudy.environment.ActionSpace;
import java.util.Arrays;

/**
 * The last step after any policy of control, independent of it: the action must be one of the task's. One that is not
 * is replaced, never clipped in silence: finite numbers outside their range by the nearest in it, everything else by
 * the neutral action. Knows nothing of the task's dangers; an environment that has some brings an envelope of its own.
 *
 * @param task whose actions are allowed
 */
public record ActionEnvelope(ControlTask task) {
    /** What became of an action. */
    public sealed interface Verdict {
        /** Returns the action to carry out, {@code [k]}. */
        float[] action();
    }

    /** The action may be carried out as it is. */
    public record Passed(float[] action) implements Verdict {}

    /** Another action takes the policy's place; the reason says what was expected and found. */
    public record Replaced(float[] action, String reason) implements Verdict {}

    /**
     * Judges an action.
     *
     * @param step what was observed
     * @param action the policy's action; not changed
     * @param previous the action before, {@code [k]}; does not matter here
     * @param millisSincePrevious event time since then, milliseconds; does not matter here
     */
    public Verdict judge(ControlStep step, float[] action, float[] previous, long millisSincePrevious) {
        ActionSpace actions = task.actions();
        if (action.length != actions.size()) {
            return new Replaced(
                    fallback(step),
                    "expected an action of %d numbers, got %d".formatted(actions.size(), action.length));
        }
        if (actions.contains(action, 0)) {
            return new Passed(action);
        }
        String reason = "expected an action in %s, got %s".formatted(actions, Arrays.toString(action));
        return new Replaced(nearest(step, action), reason);
    }

    private float[] nearest(ControlStep step, float[] action) {
        if (!(task.actions() instanceof ActionSpace.Continuous range) || !range.accepts(action, 0)) {
            return fallback(step); // a choice that is none, NaN or infinite: nothing is near to it
        }
        float[] nearest = action.clone();
        for (int i = 0; i < nearest.length; i++) {
            nearest[i] = Math.max(range.low(), Math.min(range.high(), nearest[i]));
        }
        return nearest;
    }

    /** Returns the neutral action, for when there is no policy's action to judge. */
    public float[] fallback(ControlStep step) {
        float[] neutral = new float[task.actions().size()];
        Arrays.fill(neutral, task.neutral());
        return neutral;
    }
}
