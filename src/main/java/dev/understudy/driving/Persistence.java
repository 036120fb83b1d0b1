package dev.understudy.driving;

/**
 * The baseline that expects the expert to go on as before: at each step its answer is the last acceleration that was
 * known by then. A label needs {@link AccelerationFilter#REACH} samples of look-ahead, so the newest known one is that
 * of REACH steps earlier, and so much of each trajectory has no answer. It needs the expert's own past and therefore
 * cannot drive in closed loop.
 */
public final class Persistence {
    private Persistence() {}

    /**
     * Returns its answers for one trajectory.
     *
     * @param actions the expert's accelerations, {@code [T]}, m/s^2
     * @return {@code [T]}, m/s^2; NaN for the first REACH steps
     */
    public static float[] answers(float[] actions) {
        float[] answers = new float[actions.length];
        for (int i = 0; i < answers.length; i++) {
            answers[i] = i < AccelerationFilter.REACH ? Float.NaN : actions[i - AccelerationFilter.REACH];
        }
        return answers;
    }
}
