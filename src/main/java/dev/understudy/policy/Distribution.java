package dev.understudy.policy;

import dev.understudy.graph.Tensor;
import java.util.List;
import java.util.Map;

/** A distribution over actions for each observation of a batch, as part of a graph. */
public interface Distribution {
    /**
     * Returns log pi(a | o), {@code [batch]}, in nats.
     *
     * @param action what was done: float32 {@code [batch, k]} or int64 {@code [batch]}, as the policy has it
     */
    Tensor logProbability(Tensor action);

    /** Returns the entropy, {@code [batch]}, in nats. */
    Tensor entropy();

    /** Returns the most likely action, before bounds are enforced. */
    Tensor mode();

    /** Returns what is done: the mode, kept in the action's range. */
    Tensor action();

    /** Returns what an exported model answers, by output name: {@code action}, {@code mode}, and the parameters. */
    Map<String, Tensor> outputs();

    /** Returns what makes the distribution, each {@code [batch, ..]}: logits, or mean and log deviation. */
    List<Tensor> parameters();

    /**
     * Returns KL(that || this), {@code [batch]}, in nats, where {@code that} is a distribution of the same policy.
     *
     * @param that its {@link #parameters}
     */
    Tensor divergenceFrom(List<Tensor> that);
}
