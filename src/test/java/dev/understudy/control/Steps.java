package dev.understudy.control;

import dev.understudy.domain.Actor;
import dev.understudy.environment.ActionSpace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tasks and steps for the tests of this package. */
final class Steps {
    static final ControlTask CHOICES = new ControlTask("choices", List.of("x", "v"), new ActionSpace.Discrete(3), 1, 1);
    static final ControlTask NUMBERS =
            new ControlTask("numbers", List.of("x", "v"), new ActionSpace.Continuous(2, -2, 1), 1, 0);

    private Steps() {}

    static ControlStep live(String episode, long sequence, float... observation) {
        return step(episode, sequence, Actor.POLICY, observation, null, Double.NaN, ControlStep.End.NONE);
    }

    static ControlStep logged(Actor actor, float... action) {
        return step("e", 0, actor, new float[] {0.5f, -1}, action, 1, ControlStep.End.NONE);
    }

    static ControlStep step(
            String episode,
            long sequence,
            Actor actor,
            float[] observation,
            float @Nullable [] action,
            double reward,
            ControlStep.End end) {
        return new ControlStep(
                "robot", episode, sequence, 1_000 + 20 * sequence, actor, "", false, observation, action, reward, end);
    }
}
