package dev.understudy.environment;

import java.util.Arrays;

/**
 * Plays by predictions of the next actions. With temporal ensembling (Zhao, Kumar, Levine and Finn, 2023,
 * arXiv:2304.13705, Algorithm 2, line 5) every step asks for a chunk, and what is done is the mean of all that were
 * predicted for this time, weighted by exp(-0.01 i), the oldest being number 0; of choices it is the likeliest by the
 * mean of their probabilities. Otherwise a chunk is carried out whole before the next is asked for.
 */
public final class ChunkPlayer {
    private static final double FADING = 0.01;

    /** Predicts the next actions. */
    public interface Chunks {
        /** Returns the number of actions that are predicted at once. */
        int length();

        /**
         * Predicts.
         *
         * @param observations {@code [rows, n]}
         * @param chunks receives {@code [rows, length, columns]}: numbers as they are done, or logits of choices
         */
        void predict(float[] observations, int rows, float[] chunks);
    }

    /** How a chunk becomes actions. */
    public enum Carrying {
        /** One prediction a step; all that were made for a time are averaged. */
        ENSEMBLED,
        /** One prediction for as many steps as a chunk has, of which each is done as predicted. */
        WHOLE
    }

    private final Environment environment;
    private final Chunks chunks;
    private final Carrying carrying;
    private final int copies;
    private final int columns;
    /** Predictions of the last steps: that of time t at t modulo length, {@code [copies, length, columns]} each. */
    private final float[][] predicted;

    /** Plays in all copies of an environment at once. */
    public ChunkPlayer(Environment environment, Chunks chunks, Carrying carrying) {
        this.environment = environment;
        this.chunks = chunks;
        this.carrying = carrying;
        this.copies = environment.copies();
        this.columns = environment.actions().policyOutputs();
        this.predicted = new float[chunks.length()][copies * chunks.length() * columns];
    }

    /**
     * Returns the undiscounted return of each of some episodes.
     *
     * @param episodes at least 1
     * @param seed what their starts follow from
     */
    public double[] returns(int episodes, long seed) {
        double[] returns = new double[episodes];
        for (int from = 0; from < episodes; from += copies) {
            play(returns, from, seed + from);
        }
        return returns;
    }

    private void play(double[] returns, int from, long seed) {
        int playing = Math.min(copies, returns.length - from);
        float[] observations = new float[copies * environment.observationSize()];
        float[] actions = new float[copies * environment.actions().size()];
        float[] rewards = new float[copies];
        End[] ends = new End[copies];
        Arrays.fill(ends, End.IDLE);
        environment.reset(seed);
        for (int copy = 0; copy < playing; copy++) {
            environment.start(copy, observations);
            ends[copy] = End.RUNNING;
        }
        for (int time = 0; Arrays.asList(ends).contains(End.RUNNING); time++) {
            act(time, observations, actions);
            environment.step(actions, observations, rewards, ends);
            for (int copy = 0; copy < playing; copy++) {
                returns[from + copy] += rewards[copy];
            }
        }
    }

    private void act(int time, float[] observations, float[] actions) {
        int length = chunks.length();
        boolean asks = carrying == Carrying.ENSEMBLED || time % length == 0;
        if (asks) {
            chunks.predict(observations, copies, predicted[time % length]);
        }
        int oldest = carrying == Carrying.ENSEMBLED ? Math.max(0, time - length + 1) : time - time % length;
        int newest = carrying == Carrying.ENSEMBLED ? time : oldest;
        for (int copy = 0; copy < copies; copy++) {
            double[] mean = new double[columns];
            double total = 0;
            for (int made = oldest; made <= newest; made++) {
                double weight = Math.exp(-FADING * (made - oldest));
                int at = (copy * length + time - made) * columns;
                add(mean, weight, predicted[made % length], at);
                total += weight;
            }
            write(mean, total, actions, copy);
        }
    }

    private void add(double[] mean, double weight, float[] from, int at) {
        boolean choices = environment.actions() instanceof ActionSpace.Discrete;
        double largest = Double.NEGATIVE_INFINITY;
        double sum = 0;
        for (int i = 0; i < columns && choices; i++) {
            largest = Math.max(largest, from[at + i]);
        }
        for (int i = 0; i < columns && choices; i++) {
            sum += Math.exp(from[at + i] - largest);
        }
        for (int i = 0; i < columns; i++) {
            mean[i] += weight * (choices ? Math.exp(from[at + i] - largest) / sum : from[at + i]);
        }
    }

    private void write(double[] mean, double total, float[] actions, int copy) {
        if (environment.actions() instanceof ActionSpace.Discrete) {
            int likeliest = 0;
            for (int i = 1; i < columns; i++) {
                likeliest = mean[i] > mean[likeliest] ? i : likeliest;
            }
            actions[copy] = likeliest;
        } else {
            for (int i = 0; i < columns; i++) {
                actions[copy * columns + i] = (float) (mean[i] / total);
            }
        }
    }
}
