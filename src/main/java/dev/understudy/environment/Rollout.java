package dev.understudy.environment;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whole episodes collected under a behaviour, one after the other in flat arrays, or pieces of episodes where they were
 * recorded in service. Step i of episode e is row {@code firstStep(e) + i}. Arrays are handed out without a copy and
 * are not to be written to.
 */
public final class Rollout {
    private final int observationSize;
    private final int actionSize;
    private final float[] observations;
    private final float[] actions;
    private final float[] rewards;
    private final float[] logProbabilities;
    private final int[] times;
    private final int[] firstSteps;
    private final float[] lastObservations;
    private final End[] ends;

    private Rollout(Builder builder) {
        int steps = builder.steps;
        int episodes = builder.episodes;
        this.observationSize = builder.observationSize;
        this.actionSize = builder.actionSize;
        this.observations = Arrays.copyOf(builder.observations, steps * observationSize);
        this.actions = Arrays.copyOf(builder.actions, steps * actionSize);
        this.rewards = Arrays.copyOf(builder.rewards, steps);
        this.logProbabilities = Arrays.copyOf(builder.logProbabilities, steps);
        this.firstSteps = Arrays.copyOf(builder.firstSteps, episodes + 1);
        this.lastObservations = Arrays.copyOf(builder.lastObservations, episodes * observationSize);
        this.ends = Arrays.copyOf(builder.ends, episodes);
        this.firstSteps[episodes] = steps;
        this.times = new int[steps];
        for (int episode = 0; episode < episodes; episode++) {
            for (int step = firstSteps[episode]; step < firstSteps[episode + 1]; step++) {
                times[step] = step - firstSteps[episode];
            }
        }
    }

    /** Returns T, the number of steps of all episodes. */
    public int steps() {
        return rewards.length;
    }

    /** Returns E, the number of episodes. */
    public int episodes() {
        return ends.length;
    }

    /** Returns n, the length of an observation. */
    public int observationSize() {
        return observationSize;
    }

    /** Returns k, the length of an action. */
    public int actionSize() {
        return actionSize;
    }

    /** Returns the observations before each action, {@code [T, n]}. */
    public float[] observations() {
        return observations;
    }

    /** Returns the actions as the behaviour chose them, before any clipping, {@code [T, k]}. */
    public float[] actions() {
        return actions;
    }

    /** Returns the environment's rewards, {@code [T]}. */
    public float[] rewards() {
        return rewards;
    }

    /** Returns log pi(a | o) at the time of acting, {@code [T]}, in nats. */
    public float[] logProbabilities() {
        return logProbabilities;
    }

    /** Returns each step's place in its episode, from 0, {@code [T]}. */
    public int[] times() {
        return times;
    }

    /** Returns the observation after each episode's last step, {@code [E, n]}. */
    public float[] lastObservations() {
        return lastObservations;
    }

    /** Returns the row of an episode's first step; for {@code episode} = E, T. */
    public int firstStep(int episode) {
        return firstSteps[episode];
    }

    /** Returns the number of steps of an episode. */
    public int length(int episode) {
        return firstSteps[episode + 1] - firstSteps[episode];
    }

    /**
     * Returns how an episode ended: {@link End#TERMINATED} or {@link End#TRUNCATED}; {@link End#RUNNING} if only a
     * piece of it was recorded, after which it went on.
     */
    public End end(int episode) {
        return ends[episode];
    }

    /** Returns the undiscounted sum of each episode's rewards, {@code [E]}. */
    public double[] returns() {
        double[] returns = new double[episodes()];
        for (int episode = 0; episode < returns.length; episode++) {
            for (int step = firstSteps[episode]; step < firstSteps[episode + 1]; step++) {
                returns[episode] += rewards[step];
            }
        }
        return returns;
    }

    /** Returns the mean of {@link #returns}. */
    public double meanReturn() {
        return Arrays.stream(returns()).average().orElse(Double.NaN);
    }

    /** Returns the episodes as trajectories with the observation after the last step, copied; times count steps. */
    public List<Trajectory> trajectories() {
        List<Trajectory> trajectories = new ArrayList<>();
        for (int episode = 0; episode < episodes(); episode++) {
            int first = firstSteps[episode];
            int end = firstSteps[episode + 1];
            int rows = end - first;
            float[] seen = Arrays.copyOf(
                    Arrays.copyOfRange(observations, first * observationSize, end * observationSize),
                    (rows + 1) * observationSize);
            System.arraycopy(
                    lastObservations, episode * observationSize, seen, rows * observationSize, observationSize);
            float[] done = Arrays.copyOfRange(actions, first * actionSize, end * actionSize);
            trajectories.add(new Trajectory(
                    String.valueOf(episode),
                    "rollout",
                    0,
                    1,
                    new Matrix(rows + 1, observationSize, seen),
                    new Matrix(rows, actionSize, done)));
        }
        return trajectories;
    }

    /** Gathers episodes; grows as needed. */
    public static final class Builder {
        private final int observationSize;
        private final int actionSize;
        private int steps;
        private int episodes;
        private float[] observations;
        private float[] actions;
        private float[] rewards;
        private float[] logProbabilities;
        private int[] firstSteps = new int[16];
        private float[] lastObservations;
        private End[] ends = new End[16];

        /**
         * Creates an empty builder.
         *
         * @param observationSize n
         * @param actionSize k
         * @param expectedSteps room to begin with
         */
        public Builder(int observationSize, int actionSize, int expectedSteps) {
            this.observationSize = observationSize;
            this.actionSize = actionSize;
            this.observations = new float[expectedSteps * observationSize];
            this.actions = new float[expectedSteps * actionSize];
            this.rewards = new float[expectedSteps];
            this.logProbabilities = new float[expectedSteps];
            this.lastObservations = new float[16 * observationSize];
        }

        /**
         * Appends one episode, or a piece of one, from the given arrays, which are copied, each from step {@code from}
         * on.
         *
         * @param observed {@code [.., n]}, {@code length + 1} rows: the last is the observation after the last step
         * @param observedFrom first row of {@code observed}
         * @param done {@code [.., k]}
         * @param rewarded {@code [..]}
         * @param logProbability {@code [..]}
         * @param from first row of the other arrays
         * @param length steps of the episode, at least 1
         * @param end how it ended; {@link End#RUNNING} if it went on
         */
        public Builder append(
                float[] observed,
                int observedFrom,
                float[] done,
                float[] rewarded,
                float[] logProbability,
                int from,
                int length,
                End end) {
            if (length < 1 || end == End.IDLE) {
                throw new IllegalArgumentException(
                        "expected an episode, or a piece of one, of at least 1 step, got %d steps, %s"
                                .formatted(length, end));
            }
            reserve(steps + length);
            int n = observationSize;
            System.arraycopy(observed, observedFrom * n, observations, steps * n, length * n);
            System.arraycopy(observed, (observedFrom + length) * n, lastObservations, episodes * n, n);
            System.arraycopy(done, from * actionSize, actions, steps * actionSize, length * actionSize);
            System.arraycopy(rewarded, from, rewards, steps, length);
            System.arraycopy(logProbability, from, logProbabilities, steps, length);
            firstSteps[episodes] = steps;
            ends[episodes] = end;
            steps += length;
            episodes++;
            return this;
        }

        private void reserve(int neededSteps) {
            if (neededSteps > rewards.length) {
                int room = Math.max(neededSteps, 2 * rewards.length);
                observations = Arrays.copyOf(observations, room * observationSize);
                actions = Arrays.copyOf(actions, room * actionSize);
                rewards = Arrays.copyOf(rewards, room);
                logProbabilities = Arrays.copyOf(logProbabilities, room);
            }
            if (episodes == ends.length) {
                firstSteps = Arrays.copyOf(firstSteps, 2 * episodes);
                ends = Arrays.copyOf(ends, 2 * episodes);
                lastObservations = Arrays.copyOf(lastObservations, 2 * episodes * observationSize);
            }
        }

        /** Returns the steps appended so far. */
        public int steps() {
            return steps;
        }

        /** Returns what was appended. */
        public Rollout build() {
            return new Rollout(this);
        }
    }
}
