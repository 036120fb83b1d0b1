package dev.understudy.learn.inverse;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Inverse reinforcement learning of maximum causal entropy: Ziebart, Bagnell and Dey (2010), Algorithm 1, and the dual
 * of its eq. 6. Finds the reward theta f(s) under whose soft policy each feature is met as often as under the expert's,
 * by ascent on
 *
 * <pre>
 * L(theta) = expert's visits · (f theta) - E[V_0(s_0)],   dL/dtheta = f' (expert's visits - the policy's visits)
 * </pre>
 *
 * <p>L is concave: it is the log-likelihood of the expert's trajectories up to what does not depend on theta. A reward
 * is found up to what no visits tell: a constant, as every episode has the same length, and potentials.
 *
 * <p>Departure: steps are those of Nesterov (1983) with backtracking and restarts (O'Donoghue and Candès, 2015), whose
 * length needs no tuning, where the paper leaves the rate open.
 */
public final class MaximumCausalEntropy {
    private static final String THETA = "reward.theta";
    private static final String AHEAD = "reward.ahead";
    private static final String PACE = "reward.pace";
    private static final String ITERATION = "update.iteration";
    private static final String OPEN = "update.open";
    private static final String UPDATES = "updates";

    /** Share of a likelihood that is lost to rounding. */
    private static final double ROUNDING = 1e-13;

    private static final double SHORTEST = 1e-12;

    private final FiniteProblem problem;
    private final double[][] features;
    private final Config config;

    /**
     * When it is over.
     *
     * @param iterations at most
     * @param tolerance largest difference of how often a feature is met in an episode from the expert's; where there
     *     are no features, of the visits of a state
     */
    public record Config(int iterations, double tolerance) {
        public Config {
            if (iterations < 1 || !(tolerance > 0)) {
                throw new IllegalArgumentException(
                        "expected iterations >= 1 and tolerance > 0, got %d and %s".formatted(iterations, tolerance));
            }
        }

        /** Returns 10,000 iterations and a tolerance of 1e-4. */
        public static Config defaults() {
            return new Config(10_000, 1e-4);
        }
    }

    /** Learns a reward for each state by itself. */
    public MaximumCausalEntropy(FiniteProblem problem, Config config) {
        this(problem, identity(problem.states()), config);
    }

    /**
     * Learns a reward that is linear in features.
     *
     * @param features f(s), {@code [states][features]}
     */
    public MaximumCausalEntropy(FiniteProblem problem, double[][] features, Config config) {
        if (features.length != problem.states()) {
            throw new IllegalArgumentException(
                    "expected features of %d states, got %d".formatted(problem.states(), features.length));
        }
        this.problem = problem;
        this.features = Arrays.stream(features).map(double[]::clone).toArray(double[][]::new);
        this.config = config;
    }

    private static double[][] identity(int size) {
        double[][] identity = new double[size][size];
        for (int i = 0; i < size; i++) {
            identity[i][i] = 1;
        }
        return identity;
    }

    /** Returns the memory of a learner whose reward is 0 everywhere. */
    public LearnerState initialState() {
        SortedMap<String, double[]> statistics = new TreeMap<>();
        statistics.put(THETA, new double[features[0].length]);
        return new LearnerState(new TreeMap<>(), statistics, new TreeMap<>());
    }

    /** Returns the reward of each state, {@code [states]}. */
    public double[] reward(LearnerState state) {
        return reward(state.statistic(THETA));
    }

    private double[] reward(double[] theta) {
        double[] reward = new double[features.length];
        for (int s = 0; s < reward.length; s++) {
            for (int i = 0; i < theta.length; i++) {
                reward[s] += features[s][i] * theta[i];
            }
        }
        return reward;
    }

    /** Returns the policy of a reward. */
    public SoftPolicy policy(double[] reward) {
        return problem.soften(reward);
    }

    /**
     * Begins an update, or continues it if {@code state} was taken in the middle of one.
     *
     * @param expertVisits how often the expert visits each state in an episode, on average, {@code [states]}
     * @throws IllegalArgumentException if they are no visits of whole episodes
     */
    public Update begin(LearnerState state, double[] expertVisits) {
        double sum = Arrays.stream(expertVisits).sum();
        if (expertVisits.length != problem.states() || !(Math.abs(sum - problem.horizon() - 1) < 1e-6)) {
            throw new IllegalArgumentException("expected visits of %d states that sum to %d, got %d of sum %s"
                    .formatted(problem.states(), problem.horizon() + 1, expertVisits.length, sum));
        }
        return new Ascent(state, expertVisits.clone());
    }

    /** The ascent, one step at a time. */
    private final class Ascent implements Update {
        private final double[] expertVisits;
        private final long updatesBefore;
        private double[] theta;
        /** Where the next gradient is taken: theta and some of the way that it came. */
        private double[] ahead;
        /** Length of the next step; number of steps since momentum was last dropped, after Nesterov. */
        private double rate = 1;

        private double momentum = 1;
        private long iteration;
        private double gap;

        Ascent(LearnerState begun, double[] expertVisits) {
            this.expertVisits = expertVisits;
            theta = begun.statistic(THETA);
            ahead = theta;
            updatesBefore = begun.counter(UPDATES);
            if (begun.counter(OPEN) != 0) {
                ahead = begun.statistic(AHEAD);
                rate = begun.statistic(PACE)[0];
                momentum = begun.statistic(PACE)[1];
                iteration = begun.counter(ITERATION);
            }
            gap = largest(gapOf(problem.soften(reward(theta))));
        }

        /** Returns how much more often the expert meets each feature: the gradient. */
        private double[] gapOf(SoftPolicy policy) {
            double[] visits = problem.visits(policy);
            double[] gap = new double[theta.length];
            for (int s = 0; s < visits.length; s++) {
                for (int i = 0; i < gap.length; i++) {
                    gap[i] += features[s][i] * (expertVisits[s] - visits[s]);
                }
            }
            return gap;
        }

        private double likelihood(double[] reward, SoftPolicy policy) {
            return dot(expertVisits, reward) - policy.startValue();
        }

        @Override
        public boolean step() {
            if (isOver()) {
                return false;
            }
            double[] reward = reward(ahead);
            SoftPolicy policy = problem.soften(reward);
            double[] gradient = gapOf(policy);
            double before = likelihood(reward, policy);
            double squares = dot(gradient, gradient);
            double[] next = moved(ahead, gradient, rate);
            SoftPolicy then = problem.soften(reward(next));
            double least = before - ROUNDING * Math.abs(before);
            while (likelihood(reward(next), then) < least + 0.5 * rate * squares && rate > SHORTEST) {
                rate /= 2;
                next = moved(ahead, gradient, rate);
                then = problem.soften(reward(next));
            }
            double[] way = moved(next, theta, -1);
            double after = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
            boolean isUphill = dot(gradient, way) >= 0;
            ahead = isUphill ? moved(next, way, (momentum - 1) / after) : next;
            momentum = isUphill ? after : 1;
            theta = next;
            rate *= 1.1;
            gap = largest(gapOf(then));
            iteration++;
            return !isOver();
        }

        private boolean isOver() {
            return iteration >= config.iterations() || gap <= config.tolerance();
        }

        @Override
        public double progress() {
            return isOver() ? 1 : (double) iteration / config.iterations();
        }

        @Override
        public LearnerState state() {
            SortedMap<String, double[]> statistics = new TreeMap<>();
            SortedMap<String, Long> counters = new TreeMap<>();
            statistics.put(THETA, theta);
            if (isOver()) {
                counters.put(UPDATES, updatesBefore + 1);
            } else {
                counters.put(UPDATES, updatesBefore);
                counters.put(OPEN, 1L);
                counters.put(ITERATION, iteration);
                statistics.put(AHEAD, ahead);
                statistics.put(PACE, new double[] {rate, momentum});
            }
            return new LearnerState(new TreeMap<>(), statistics, counters);
        }

        /** {@code gap} is what {@link Config#tolerance} bounds. */
        @Override
        public TrainingReport report() {
            SortedMap<String, Double> report = new TreeMap<>();
            report.put("iterations", (double) iteration);
            report.put("gap", gap);
            SoftPolicy policy = problem.soften(reward(theta));
            report.put("logLikelihood", likelihood(reward(theta), policy));
            return new TrainingReport(report);
        }

        @Override
        public void close() {}
    }

    private static double[] moved(double[] from, double[] along, double share) {
        double[] to = new double[from.length];
        Arrays.setAll(to, i -> from[i] + share * along[i]);
        return to;
    }

    private static double largest(double[] values) {
        return Arrays.stream(values).map(Math::abs).max().orElse(0);
    }

    private static double dot(double[] left, double[] right) {
        double sum = 0;
        for (int i = 0; i < left.length; i++) {
            sum += left[i] * right[i];
        }
        return sum;
    }
}
