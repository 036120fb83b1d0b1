package dev.understudy.control;

import dev.understudy.domain.Actor;
import java.io.Serializable;
import java.util.List;

/**
 * The expert's action at a step: the one that is logged with it.
 *
 * <p>A correction, that is a step that a person took while a policy was in charge, is a demonstration like any other:
 * Kelly and others (2019), HG-DAgger, arXiv:1810.02890, Algorithm 1, adds exactly these steps to the data. A policy's
 * own steps are never wanted: learning from them would only confirm it.
 */
public record LoggedAction() implements Serializable {
    /** What is known of the expert's action. */
    public enum Label {
        /** It is logged. */
        GIVEN,
        /** Nobody logged it. */
        UNKNOWN,
        /** A policy chose the action. */
        NOT_WANTED
    }

    /** Returns how many steps on either side are needed: none. */
    public int reach() {
        return 0;
    }

    /**
     * Writes the expert's action at a step.
     *
     * @param steps steps of one episode that passed a {@link StepCheck}
     * @param centre index of the step
     * @param action receives the action, {@code [k]}, if it is given
     */
    public Label label(List<ControlStep> steps, int centre, float[] action) {
        ControlStep step = steps.get(centre);
        if (step.actor() == Actor.POLICY) {
            return Label.NOT_WANTED;
        }
        float[] logged = step.action();
        if (logged == null) {
            return Label.UNKNOWN;
        }
        System.arraycopy(logged, 0, action, 0, logged.length);
        return Label.GIVEN;
    }
}
