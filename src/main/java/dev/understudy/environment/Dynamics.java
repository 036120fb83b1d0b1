package dev.understudy.environment;

import dev.understudy.graph.Tensor;

/**
 * How an observation follows from the one before and the action, as a piece of a graph, so that a gradient can pass
 * through several steps of a policy's own driving.
 */
public interface Dynamics {
    /**
     * Returns the observation a drive starts from: the logged one, with what was known of the entity at an earlier
     * time. While a policy drives, what is known of the expert becomes stale, and a policy should practise with that.
     *
     * @param logged {@code [batch, n]}
     * @param earlier the same entity's observation some time before, {@code [batch, n]}
     */
    Tensor start(Tensor logged, Tensor earlier);

    /**
     * Returns what the policy observes after its action, {@code [batch, n]}.
     *
     * @param observation before the action, {@code [batch, n]}
     * @param action {@code [batch, k]}
     * @param loggedNext the observation that the log has for that time, {@code [batch, n]}; only what the action cannot
     *     change (what others did) may be taken from it
     */
    Tensor next(Tensor observation, Tensor action, Tensor loggedNext);

    /**
     * Returns how far an observation is from the expert's at the same time, {@code [batch]}; 0 where they agree.
     *
     * @param observation what the policy's actions led to, {@code [batch, n]}
     * @param logged what the expert's led to, {@code [batch, n]}
     */
    Tensor distance(Tensor observation, Tensor logged);
}
