package dev.understudy.environment;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

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
    private @Nullable Collection current;

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
        return beginSteps(behaviour, atLeast, seed).finish();
    }

    /** Begins what {@link #steps} does at once. */
    public Collection beginSteps(Behaviour behaviour, int atLeast, long seed) {
        checkWanted("step", atLeast);
        return new Collection(behaviour, atLeast, Integer.MAX_VALUE, seed);
    }

    /**
     * Returns exactly {@code count} episodes, in the order they ended.
     *
     * @param count episodes wanted, at least 1
     * @param seed what the starts and the behaviour's draws follow from
     */
    public Rollout episodes(Behaviour behaviour, int count, long seed) {
        checkWanted("episode", count);
        return new Collection(behaviour, Integer.MAX_VALUE, count, seed).finish();
    }

    private static void checkWanted(String what, int wanted) {
        if (wanted < 1) {
            throw new IllegalArgumentException("expected at least 1 %s to collect, got %d".formatted(what, wanted));
        }
    }

    /** A rollout under way. A collector has one at a time: beginning another ends this one. */
    public final class Collection {
        private final Behaviour behaviour;
        private final int wantedSteps;
        private final int wantedEpisodes;
        private final Rollout.Builder collected;
        private final SplittableRandom random;
        private int begun;
        private long taken;

        private Collection(Behaviour behaviour, int wantedSteps, int wantedEpisodes, long seed) {
            this.behaviour = behaviour;
            this.wantedSteps = wantedSteps;
            this.wantedEpisodes = wantedEpisodes;
            int expected = wantedSteps == Integer.MAX_VALUE ? copies * room : wantedSteps + copies * room / 2;
            collected = new Rollout.Builder(observationSize, actionSize, expected);
            environment.reset(seed);
            random = new SplittableRandom(~seed);
            activeCount = Math.min(copies, wantedEpisodes);
            begun = activeCount;
            for (int copy = 0; copy < activeCount; copy++) {
                active[copy] = copy;
                start(copy);
            }
            current = this;
        }

        /**
         * Steps all copies up to {@code times} times.
         *
         * @return whether there is more to collect
         * @throws IllegalStateException if the collector has begun another rollout meanwhile
         */
        public boolean advance(int times) {
            if (current != this) {
                throw new IllegalStateException("expected the collector's present rollout, another was begun since");
            }
            for (int time = 0; time < times && activeCount > 0; time++) {
                act(behaviour, random);
                environment.step(actions, observations, rewards, ends);
                taken += activeCount;
                int left = 0;
                for (int i = 0; i < activeCount; i++) {
                    int copy = active[i];
                    record(copy);
                    if (ends[copy] != End.RUNNING) {
                        RolloutCollector.this.finish(copy, collected);
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
            return activeCount > 0;
        }

        /** Returns what was collected, once {@link #advance} has returned false. */
        public Rollout rollout() {
            return collected.build();
        }

        private Rollout finish() {
            boolean more = true;
            while (more) {
                more = advance(Integer.MAX_VALUE);
            }
            return rollout();
        }
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
