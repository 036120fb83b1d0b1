package dev.understudy.learn.adversarial;

import dev.understudy.environment.End;
import dev.understudy.environment.Rollout;
import java.util.Arrays;

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
public record Advantages(float[] advantages, float[] targets) {
    /**
     * Returns advantages as they are.
     *
     * @param rewards {@code [T]}
     * @param values V before each step, {@code [T]}
     */
    static Advantages of(Rollout rollout, float[] rewards, float[] values, double gamma, double lambda) {
        float[] ones = new float[rewards.length];
        Arrays.fill(ones, 1f);
        return ofRecorded(rollout, rewards, values, new float[rollout.episodes()], ones, gamma, lambda);
    }

    /**
     * Returns the advantages under a policy other than the one that acted. What follows a step counts as far as the
     * policy would have done it: A_t = delta_t + gamma lambda min(1, ratio_(t+1)) A_(t+1), which is Retrace (Munos et
     * al., 2016, arXiv:1606.02647) with V for the expectation of Q; V's target moves by min(1, ratio_t) A_t, as in
     * V-trace (Espeholt et al., 2018, arXiv:1802.01561). With ratios of 1 nothing differs from above.
     *
     * @param lastValues V after the last step of each episode, {@code [E]}; read where an episode went on
     * @param ratios pi(a|o) of the policy over that of the one that acted, {@code [T]}
     */
    static Advantages ofRecorded(
            Rollout rollout,
            float[] rewards,
            float[] values,
            float[] lastValues,
            float[] ratios,
            double gamma,
            double lambda) {
        int[] firstSteps = new int[rollout.episodes() + 1];
        float[] afterLast = new float[rollout.episodes()];
        for (int episode = 0; episode <= rollout.episodes(); episode++) {
            firstSteps[episode] = rollout.firstStep(episode);
        }
        for (int episode = 0; episode < rollout.episodes(); episode++) {
            afterLast[episode] = rollout.end(episode) == End.RUNNING ? lastValues[episode] : 0;
        }
        return of(firstSteps, rewards, values, afterLast, ratios, gamma, lambda);
    }

    /**
     * Returns the advantages of episodes that all ended, one after the other.
     *
     * @param firstSteps the row of each episode's first step, then T, {@code [E + 1]}
     * @param rewards {@code [T]}
     * @param values V before each step, {@code [T]}
     */
    public static Advantages ofEpisodes(
            int[] firstSteps, float[] rewards, float[] values, double gamma, double lambda) {
        float[] ones = new float[rewards.length];
        Arrays.fill(ones, 1f);
        return of(firstSteps, rewards, values, new float[firstSteps.length - 1], ones, gamma, lambda);
    }

    private static Advantages of(
            int[] firstSteps,
            float[] rewards,
            float[] values,
            float[] afterLast,
            float[] ratios,
            double gamma,
            double lambda) {
        float[] advantages = new float[rewards.length];
        float[] targets = new float[rewards.length];
        for (int episode = 0; episode < afterLast.length; episode++) {
            double traced = 0;
            double next = afterLast[episode];
            for (int t = firstSteps[episode + 1] - 1; t >= firstSteps[episode]; t--) {
                double delta = rewards[t] + gamma * next - values[t];
                double advantage = delta + gamma * lambda * traced;
                traced = Math.min(1f, ratios[t]) * advantage;
                advantages[t] = (float) advantage;
                targets[t] = (float) (traced + values[t]);
                next = values[t];
            }
        }
        return new Advantages(advantages, targets);
    }

    /**
     * Returns weight x advantage, where advantages have a weighted mean of 0 and a weighted deviation of 1 before that;
     * all 0 where they do not differ.
     *
     * @param weights {@code [T]}, not negative, with a mean of 1
     */
    float[] weighted(float[] weights) {
        double total = 0;
        double mean = 0;
        for (int i = 0; i < weights.length; i++) {
            total += weights[i];
            mean += weights[i] * (double) advantages[i];
        }
        mean /= total;
        double variance = 0;
        for (int i = 0; i < weights.length; i++) {
            variance += weights[i] * (advantages[i] - mean) * (advantages[i] - mean) / total;
        }
        double deviation = Math.sqrt(variance);
        float[] scaled = new float[weights.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = deviation < 1e-8 ? 0f : (float) (weights[i] * (advantages[i] - mean) / deviation);
        }
        return scaled;
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
