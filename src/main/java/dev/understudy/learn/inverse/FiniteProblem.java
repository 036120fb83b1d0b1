package dev.understudy.learn.inverse;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A decision problem of finitely many states, actions and steps, whose transitions are known. It is acted in for
 * {@link #horizon} steps, so that horizon + 1 states are visited.
 */
public final class FiniteProblem {
    private static final double TOLERANCE = 1e-9;

    private final int states;
    private final int actions;
    private final int horizon;
    private final double[] initial;
    /** Of state x action: the states that may follow, and how likely each is. */
    private final int[][] next;

    private final double[][] probability;

    /**
     * Creates a problem.
     *
     * @param transitions p(s' | s, a), {@code [states][actions][states]}
     * @param initial of the first state, {@code [states]}
     * @param horizon steps, at least 1
     * @throws IllegalArgumentException if a distribution does not sum to 1, or sizes differ
     */
    public FiniteProblem(double[][][] transitions, double[] initial, int horizon) {
        if (transitions.length == 0 || transitions[0].length == 0 || horizon < 1) {
            throw new IllegalArgumentException("expected at least 1 state, action and step, got %d states, horizon %d"
                    .formatted(transitions.length, horizon));
        }
        this.states = transitions.length;
        this.actions = transitions[0].length;
        this.horizon = horizon;
        this.initial = initial.clone();
        this.next = new int[states * actions][];
        this.probability = new double[states * actions][];
        requireDistribution("the first state", initial);
        for (int state = 0; state < states; state++) {
            if (transitions[state].length != actions) {
                throw new IllegalArgumentException("expected %d actions in every state, got %d in state %d"
                        .formatted(actions, transitions[state].length, state));
            }
            for (int action = 0; action < actions; action++) {
                double[] after = transitions[state][action];
                requireDistribution("what follows action %d in state %d".formatted(action, state), after);
                List<Integer> possible = new ArrayList<>();
                for (int to = 0; to < states; to++) {
                    if (after[to] > 0) {
                        possible.add(to);
                    }
                }
                int row = state * actions + action;
                next[row] = possible.stream().mapToInt(Integer::intValue).toArray();
                probability[row] =
                        Arrays.stream(next[row]).mapToDouble(to -> after[to]).toArray();
            }
        }
    }

    private void requireDistribution(String what, double[] probabilities) {
        double sum = 0;
        for (double probability : probabilities) {
            sum += probability >= 0 ? probability : Double.NaN;
        }
        if (probabilities.length != states || !(Math.abs(sum - 1) < TOLERANCE)) {
            throw new IllegalArgumentException("expected a distribution over %d states of %s, got %d numbers of sum %s"
                    .formatted(states, what, probabilities.length, sum));
        }
    }

    /**
     * Returns the cliff world that is used to test inverse reinforcement learning: the start is the upper left square,
     * the goal the upper right one, and between them is the cliff. The four actions move to a diagonal neighbour, as
     * far as walls let them, and the wind carries one row further up with a chance. States are numbered row by row.
     *
     * @param width squares in a row, at least 3
     * @param height rows, at least 2
     * @param wind the chance, from 0 to 1
     */
    public static FiniteProblem cliffWorld(int width, int height, double wind, int horizon) {
        if (width < 3 || height < 2 || !(wind >= 0 && wind <= 1)) {
            throw new IllegalArgumentException(
                    "expected a width of at least 3, a height of 2 and wind of 0 to 1, got %d, %d, %s"
                            .formatted(width, height, wind));
        }
        double[][][] transitions = new double[width * height][4][width * height];
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                for (int action = 0; action < 4; action++) {
                    int down = 2 * (action / 2) - 1;
                    int right = 2 * (action % 2) - 1;
                    int toColumn = within(column + right, width);
                    double[] after = transitions[row * width + column][action];
                    after[within(row + down, height) * width + toColumn] += 1 - wind;
                    after[within(row + down - 1, height) * width + toColumn] += wind;
                }
            }
        }
        double[] initial = new double[width * height];
        initial[0] = 1;
        return new FiniteProblem(transitions, initial, horizon);
    }

    /** Returns the reward of each state of that world: 10 at the goal, -10 on the cliff, -1 anywhere else. */
    public static double[] cliffReward(int width, int height) {
        double[] reward = new double[width * height];
        Arrays.fill(reward, -1);
        Arrays.fill(reward, 1, width - 1, -10);
        reward[width - 1] = 10;
        return reward;
    }

    private static int within(int index, int size) {
        return Math.max(0, Math.min(size - 1, index));
    }

    /** Returns the number of states. */
    public int states() {
        return states;
    }

    /** Returns the number of actions. */
    public int actions() {
        return actions;
    }

    /** Returns the number of steps. */
    public int horizon() {
        return horizon;
    }

    /**
     * Returns log pi_t(a | s) of the policy of maximum causal entropy for a reward: Ziebart (2010), eq. 9.1 with soft
     * backups Q_t = r + E[V_(t+1)], V_t = log sum_a exp Q_t, and V = r after the last step.
     *
     * @param reward of each state, {@code [states]}
     */
    SoftPolicy soften(double[] reward) {
        double[] value = reward.clone();
        double[][] logPolicy = new double[horizon][states * actions];
        for (int time = horizon - 1; time >= 0; time--) {
            double[] before = new double[states];
            for (int state = 0; state < states; state++) {
                double largest = Double.NEGATIVE_INFINITY;
                for (int action = 0; action < actions; action++) {
                    double ahead = reward[state] + expected(state, action, value);
                    logPolicy[time][state * actions + action] = ahead;
                    largest = Math.max(largest, ahead);
                }
                double sum = 0;
                for (int action = 0; action < actions; action++) {
                    sum += Math.exp(logPolicy[time][state * actions + action] - largest);
                }
                before[state] = largest + Math.log(sum);
                for (int action = 0; action < actions; action++) {
                    logPolicy[time][state * actions + action] -= before[state];
                }
            }
            value = before;
        }
        double start = 0;
        for (int state = 0; state < states; state++) {
            start += initial[state] * value[state];
        }
        return new SoftPolicy(logPolicy, start);
    }

    private double expected(int state, int action, double[] value) {
        int row = state * actions + action;
        double sum = 0;
        for (int i = 0; i < next[row].length; i++) {
            sum += probability[row][i] * value[next[row][i]];
        }
        return sum;
    }

    /** Returns how often each state is visited under a policy, {@code [states]}; the sum is horizon + 1. */
    public double[] visits(SoftPolicy policy) {
        double[] now = initial.clone();
        double[] visits = initial.clone();
        for (int time = 0; time < horizon; time++) {
            double[] after = new double[states];
            for (int state = 0; state < states; state++) {
                for (int action = 0; action < actions && now[state] > 0; action++) {
                    int row = state * actions + action;
                    double share = now[state] * policy.probability(time, row);
                    for (int i = 0; i < next[row].length; i++) {
                        after[next[row][i]] += share * probability[row][i];
                    }
                }
            }
            now = after;
            for (int state = 0; state < states; state++) {
                visits[state] += now[state];
            }
        }
        return visits;
    }

    /** Returns the mean sum of rewards under a policy. */
    public double value(SoftPolicy policy, double[] reward) {
        double[] visits = visits(policy);
        double sum = 0;
        for (int state = 0; state < states; state++) {
            sum += visits[state] * reward[state];
        }
        return sum;
    }

    /**
     * Returns KL(expert || policy) over whole episodes: how much less likely the expert's actions are under the policy,
     * nats in an episode. Two rewards are one up to shaping where it is 0 for their policies.
     */
    public double divergence(SoftPolicy expert, SoftPolicy policy) {
        double[] now = initial.clone();
        double sum = 0;
        for (int time = 0; time < horizon; time++) {
            double[] after = new double[states];
            for (int state = 0; state < states; state++) {
                for (int action = 0; action < actions && now[state] > 0; action++) {
                    int row = state * actions + action;
                    double share = now[state] * expert.probability(time, row);
                    sum += share * (expert.logProbability(time, row) - policy.logProbability(time, row));
                    for (int i = 0; i < next[row].length; i++) {
                        after[next[row][i]] += share * probability[row][i];
                    }
                }
            }
            now = after;
        }
        return sum;
    }

    /** Returns how often each state was visited, on average, by trajectories of whole episodes. */
    public double[] visits(List<int[]> trajectories) {
        double[] visits = new double[states];
        for (int[] trajectory : trajectories) {
            if (trajectory.length != horizon + 1) {
                throw new IllegalArgumentException(
                        "expected trajectories of %d states, got one of %d".formatted(horizon + 1, trajectory.length));
            }
            for (int state : trajectory) {
                if (state < 0 || state >= states) {
                    throw new IllegalArgumentException(
                            "expected states from 0 to %d, got %d".formatted(states - 1, state));
                }
                visits[state] += 1.0 / trajectories.size();
            }
        }
        return visits;
    }

    /** Returns the states of one episode, {@code [horizon + 1]}. */
    public int[] act(SoftPolicy policy, RandomGenerator random) {
        int[] visited = new int[horizon + 1];
        visited[0] = drawn(random, initial);
        for (int time = 0; time < horizon; time++) {
            double[] choices = new double[actions];
            for (int action = 0; action < actions; action++) {
                choices[action] = policy.probability(time, visited[time] * actions + action);
            }
            int row = visited[time] * actions + drawn(random, choices);
            visited[time + 1] = next[row][drawn(random, probability[row])];
        }
        return visited;
    }

    private static int drawn(RandomGenerator random, double[] probabilities) {
        double left = random.nextDouble();
        int chosen = 0;
        while (chosen < probabilities.length - 1 && (left -= probabilities[chosen]) >= 0) {
            chosen++;
        }
        return chosen;
    }
}
