package dev.understudy.environment;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Runs a behaviour in all copies of an environment and keeps whole episodes. An episode that was begun is always
 * finished and kept, so long and short ones have the same chance to be in a rollout. A rollout follows from the
 * behaviour, the seed and the number of copies alone. For one thread at a time.
 */
public final class RolloutCollector {
    private final Environment environment;
    private final int copies;
    private final int observationSize;
    private final int actionSize;
    private final int room;

    private final float[] observations;
    private final float[] actions;
    private final float[] rewards;
    private final End[] ends;
    private final int[] active;
    private int activeCount;

    private final float[] batchObservations;
    private final float[] batchActions;
    private final float[] batchLogProbabilities;

    /** What each copy went through in its present episode: {@code [copies, horizon + 1, n]} and so on. */
    private final float[] episodeObservations;

    private final float[] episodeActions;
    private final float[] episodeRewards;
    private final float[] episodeLogProbabilities;
    private final int[] times;

    /** Creates a collector that uses all copies of the environment. */
    public RolloutCollector(Environment environment) {
        this.environment = environment;
        this.copies = environment.copies();
        this.observationSize = environment.observationSize();
        this.actionSize = environment.actions().size();
        this.room = environment.horizon() + 1;
        this.observations = new float[copies * observationSize];
        this.actions = new float[copies * actionSize];
        this.rewards = new float[copies];
        this.ends = new End[copies];
        Arrays.fill(ends, End.IDLE);
        this.active = new int[copies];
        this.batchObservations = new float[copies * observationSize];
        this.batchActions = new float[copies * actionSize];
        this.batchLogProbabilities = new float[copies];
        this.episodeObservations = new float[copies * room * observationSize];
        this.episodeActions = new float[copies * room * actionSize];
        this.episodeRewards = new float[copies * room];
        this.episodeLogProbabilities = new float[copies * room];
        this.times = new int[copies];
    }

    /** Returns the environment. */
    public Environment environment() {
        return environment;
    }

    /**
     * Returns at least {@code atLeast} steps: episodes are begun until that many steps were taken, and all are
     * finished.
     *
     * @param atLeast steps wanted, at least 1
     * @param seed what the starts and the behaviour's draws follow from
     */
    public Rollout steps(Behaviour behaviour, int atLeast, long seed) {
        checkWanted("step", atLeast);
        return collect(behaviour, atLeast, Integer.MAX_VALUE, seed);
    }

    /**
     * Returns exactly {@code count} episodes, in the order they ended.
     *
     * @param count episodes wanted, at least 1
     * @param seed what the starts and the behaviour's draws follow from
     */
    public Rollout episodes(Behaviour behaviour, int count, long seed) {
        checkWanted("episode", count);
        return collect(behaviour, Integer.MAX_VALUE, count, seed);
    }

    private static void checkWanted(String what, int wanted) {
        if (wanted < 1) {
            throw new IllegalArgumentException("expected at least 1 %s to collect, got %d".formatted(what, wanted));
        }
    }

    private Rollout collect(Behaviour behaviour, int wantedSteps, int wantedEpisodes, long seed) {
        int expected = wantedSteps == Integer.MAX_VALUE ? copies * room : wantedSteps + copies * room / 2;
        Rollout.Builder collected = new Rollout.Builder(observationSize, actionSize, expected);
        environment.reset(seed);
        SplittableRandom random = new SplittableRandom(~seed);
        activeCount = Math.min(copies, wantedEpisodes);
        int begun = activeCount;
        for (int copy = 0; copy < activeCount; copy++) {
            active[copy] = copy;
            start(copy);
        }
        long taken = 0;
        while (activeCount > 0) {
            act(behaviour, random);
            environment.step(actions, observations, rewards, ends);
            taken += activeCount;
            int left = 0;
            for (int i = 0; i < activeCount; i++) {
                int copy = active[i];
                record(copy);
                if (ends[copy] != End.RUNNING) {
                    finish(copy, collected);
                    if (taken >= wantedSteps || begun >= wantedEpisodes) {
                        continue;
                    }
                    begun++;
                    start(copy);
                }
                active[left++] = copy;
            }
            activeCount = left;
        }
        return collected.build();
    }

    private void start(int copy) {
        environment.start(copy, observations);
        times[copy] = 0;
        keepObservation(copy);
    }

    private void keepObservation(int copy) {
        System.arraycopy(
                observations,
                copy * observationSize,
                episodeObservations,
                (copy * room + times[copy]) * observationSize,
                observationSize);
    }

    /** Chooses the actions of the active copies, in one batch, and keeps them with their probabilities. */
    private void act(Behaviour behaviour, SplittableRandom random) {
        for (int i = 0; i < activeCount; i++) {
            System.arraycopy(
                    observations, active[i] * observationSize, batchObservations, i * observationSize, observationSize);
        }
        behaviour.act(batchObservations, activeCount, random, batchActions, batchLogProbabilities);
        for (int i = 0; i < activeCount; i++) {
            int copy = active[i];
            int row = copy * room + times[copy];
            System.arraycopy(batchActions, i * actionSize, actions, copy * actionSize, actionSize);
            System.arraycopy(batchActions, i * actionSize, episodeActions, row * actionSize, actionSize);
            episodeLogProbabilities[row] = batchLogProbabilities[i];
        }
    }

    private void record(int copy) {
        episodeRewards[copy * room + times[copy]] = rewards[copy];
        times[copy]++;
        keepObservation(copy);
    }

    private void finish(int copy, Rollout.Builder collected) {
        int first = copy * room;
        collected.append(
                episodeObservations,
                first,
                episodeActions,
                episodeRewards,
                episodeLogProbabilities,
                first,
                times[copy],
                ends[copy]);
    }
}
