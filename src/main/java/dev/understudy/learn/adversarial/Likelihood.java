package dev.understudy.learn.adversarial;

import dev.understudy.environment.Rollout;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.network.Scaler;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.StochasticPolicy;

/** How likely a policy is to do what was done. Holds native memory. */
public final class Likelihood implements AutoCloseable {
    private final boolean discrete;
    private final Program program;

    /** Compiles it for a policy. */
    public Likelihood(StochasticPolicy policy) {
        this.discrete = policy instanceof CategoricalPolicy;
        Surrogate surrogate = new Surrogate(policy);
        this.program = Program.builder(surrogate.graph())
                .output("logProbability", surrogate.logProbability())
                .build();
    }

    /** Returns log pi(a | o) of a rollout's steps, {@code [T]}, in nats. */
    float[] of(float[] theta, Scaler scaler, Rollout rollout) {
        return of(theta, scaler, rollout.observations(), rollout.actions());
    }

    /**
     * Returns log pi(a | o), {@code [T]}, in nats.
     *
     * @param observations {@code [T, n]}
     * @param actions {@code [T, k]}
     */
    public float[] of(float[] theta, Scaler scaler, float[] observations, float[] actions) {
        Feeds feeds = new Feeds()
                .floats(Surrogate.THETA, theta)
                .floats(Surrogate.OBSERVATIONS, observations)
                .floats(Surrogate.SHIFT, scaler.shift())
                .floats(Surrogate.SCALE, scaler.scale());
        PolicyBatch.feed(feeds, Surrogate.ACTIONS, actions, discrete);
        try (Result result = program.run(feeds)) {
            return result.floats("logProbability");
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
