package dev.understudy.learn.adversarial;

import dev.understudy.environment.Rollout;

/**
 * Generalised advantage estimation: Schulman et al. (2016), arXiv:1506.02438, eq. 16. With delta_t = r_t + gamma
 * V_(t+1) - V_t, the advantage is the sum of (gamma lambda)^l delta_(t+l), and V's target the advantage plus V.
 *
 * <p>V is 0 after the last step, however the episode ended: V knows the time, so the step limit is part of the task, as
 * in the authors' code of GAIL.
 *
 * @param advantages {@code [T]}, with mean 0 and deviation 1 after {@link #standardised}
 * @param targets for V, {@code [T]}
 */
record Advantages(float[] advantages, float[] targets) {
    /**
     * Returns advantages as they are.
     *
     * @param rewards {@code [T]}
     * @param values V before each step, {@code [T]}
     */
    static Advantages of(Rollout rollout, float[] rewards, float[] values, double gamma, double lambda) {
        float[] advantages = new float[rewards.length];
        float[] targets = new float[rewards.length];
        for (int episode = 0; episode < rollout.episodes(); episode++) {
            double advantage = 0;
            double next = 0;
            for (int t = rollout.firstStep(episode + 1) - 1; t >= rollout.firstStep(episode); t--) {
                double delta = rewards[t] + gamma * next - values[t];
                advantage = delta + gamma * lambda * advantage;
                advantages[t] = (float) advantage;
                targets[t] = (float) (advantage + values[t]);
                next = values[t];
            }
        }
        return new Advantages(advantages, targets);
    }

    /** Returns the same with advantages of mean 0 and deviation 1; all 0 where they do not differ. */
    Advantages standardised() {
        double mean = 0;
        for (float advantage : advantages) {
            mean += advantage / advantages.length;
        }
        double variance = 0;
        for (float advantage : advantages) {
            variance += (advantage - mean) * (advantage - mean) / advantages.length;
        }
        double deviation = Math.sqrt(variance);
        float[] scaled = new float[advantages.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = deviation < 1e-8 ? 0f : (float) ((advantages[i] - mean) / deviation);
        }
        return new Advantages(scaled, targets);
    }
}
