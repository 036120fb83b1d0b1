package dev.understudy.control;

import dev.understudy.domain.Envelope;
import dev.understudy.environment.ActionSpace;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The last step after any policy of control, independent of it: the action must be one of the task's. Any other action
 * is replaced and the reason is returned: finite numbers outside their range by the nearest in it, everything else by
 * the neutral action. It knows nothing about dangers of the task; an environment that has some supplies its own
 * envelope.
 *
 * @param task whose actions are allowed
 */
public record ActionEnvelope(ControlTask task) implements Envelope<ControlStep> {
    @Override
    public @Nullable String judge(ControlStep step, float[] action, float[] previous, long millisSincePrevious) {
        ActionSpace actions = task.actions();
        if (actions.contains(action, 0)) {
            return null;
        }
        String reason = "expected an action in %s, got %s".formatted(actions, Arrays.toString(action));
        if (actions instanceof ActionSpace.Continuous range && range.accepts(action, 0)) {
            for (int i = 0; i < action.length; i++) {
                action[i] = Math.max(range.low(), Math.min(range.high(), action[i]));
            }
        } else {
            fallback(step, action); // not a choice, NaN or infinite: no allowed action is near
        }
        return reason;
    }

    @Override
    public void fallback(ControlStep step, float[] action) {
        Arrays.fill(action, task.neutral());
    }
}
