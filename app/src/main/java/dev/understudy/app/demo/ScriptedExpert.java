package dev.understudy.app.demo;

import java.util.Map;

/** Laws that solve the classic tasks without having learned anything. */
interface ScriptedExpert {
    /** Returns the choice on what is observed. */
    float choice(float[] observation);

    /** Returns the law of a task. */
    static ScriptedExpert of(String task) {
        ScriptedExpert law = Map.<String, ScriptedExpert>of(
                        // To the side that the pole falls to, and so that it leans towards the middle of the track.
                        "cartpole-v1", o -> 0.1f * o[0] + 0.3f * o[1] + 2 * o[2] + 0.7f * o[3] > 0 ? 1 : 0,
                        // The way the car rolls, so that every swing is higher than the one before.
                        "mountaincar-v0", o -> o[1] >= 0 ? 2 : 0,
                        // The lower joint against the swing of the upper one, for the same reason.
                        "acrobot-v1", o -> o[4] < 0 ? 2 : 0)
                .get(task);
        if (law == null) {
            throw new IllegalArgumentException("expected a task with a scripted expert, got " + task);
        }
        return law;
    }
}
