package dev.understudy.control;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Labeller;
import java.util.List;

/**
 * The expert's action at a step: the one that is logged with it.
 *
 * <p>A correction, that is a step that a person took while a policy was in charge, is a demonstration like any other:
 * Kelly and others (2019), HG-DAgger, arXiv:1810.02890, Algorithm 1, adds exactly these steps to the data. A policy's
 * own steps are never used: learning from them would only confirm the policy. The action of a step that is logged
 * without one is unknown.
 */
public record LoggedAction() implements Labeller<ControlStep> {
    @Override
    public int reach() {
        return 0;
    }

    @Override
    public Label label(List<ControlStep> steps, int centre, float[] action) {
        ControlStep step = steps.get(centre);
        float[] logged = step.action();
        if (step.actor() == Actor.POLICY) {
            return Label.NOT_WANTED;
        }
        if (logged == null) {
            return Label.UNKNOWN;
        }
        System.arraycopy(logged, 0, action, 0, logged.length);
        return Label.GIVEN;
    }
}
