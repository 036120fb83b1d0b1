package dev.understudy.learn.inverse;

/** A policy of a {@link FiniteProblem}: what is likely to be done in each state at each time. */
public final class SoftPolicy {
    private final double[][] logProbabilities;
    private final double startValue;

    /**
     * Creates a policy.
     *
     * @param logProbabilities log pi_t(a | s), by time, then by state x action; not copied
     * @param startValue expected soft value of the first state, nats
     */
    SoftPolicy(double[][] logProbabilities, double startValue) {
        this.logProbabilities = logProbabilities;
        this.startValue = startValue;
    }

    /** Returns pi_t(a | s). */
    public double probability(int time, int stateAndAction) {
        return Math.exp(logProbabilities[time][stateAndAction]);
    }

    /** Returns log pi_t(a | s), nats. */
    double logProbability(int time, int stateAndAction) {
        return logProbabilities[time][stateAndAction];
    }

    /** Returns the expected soft value of the first state: reward to come and causal entropy, nats. */
    public double startValue() {
        return startValue;
    }
}
