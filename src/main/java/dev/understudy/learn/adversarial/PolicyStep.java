package dev.understudy.learn.adversarial;

import java.util.Map;
import java.util.SortedMap;
import java.util.random.RandomGenerator;

/** One improvement of a policy on one rollout: {@link Trpo} or {@link Ppo}. May hold native memory. */
public interface PolicyStep extends AutoCloseable {
    /**
     * What a step did.
     *
     * @param theta parameters after it
     * @param kl mean of KL(before || after) over the rollout, in nats
     * @param entropy mean entropy of the policy before the step, in nats
     * @param rise of the surrogate objective, in standardised advantages
     * @param accepted whether the parameters changed
     */
    record Outcome(float[] theta, double kl, double entropy, double rise, boolean accepted) {}

    /**
     * Returns parameters under which what did better than expected is more likely.
     *
     * @param theta parameters that the rollout was drawn with; not written to
     * @param share how much of its usual bound or rate the step may use, above 0, at most 1
     */
    Sliced<Outcome> improve(float[] theta, PolicyBatch batch, double share, RandomGenerator random);

    /** Returns what is remembered between steps, by name; empty for a step that remembers nothing. */
    SortedMap<String, float[]> memory();

    /** Goes on from a memory. */
    void restore(Map<String, float[]> memory);

    @Override
    void close();
}
