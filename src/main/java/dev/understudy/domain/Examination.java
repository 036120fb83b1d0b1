package dev.understudy.domain;

import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.Map;

/** Held-out material on which policies are tried, each on the same. For one thread at a time. */
public interface Examination {
    /** Returns what a policy does on this material. */
    Scores scores(Policy policy);

    /**
     * Returns what the baseline does that candidates are compared with.
     *
     * @param parameters those of the baselines, by the keys under which a model's metadata carry them
     */
    Scores baseline(Map<String, String> parameters);
}
