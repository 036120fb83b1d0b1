package dev.understudy.control;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Examination;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Task;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Held-out episodes of a task: every policy is asked how likely the expert's actions are, and, if there is an
 * environment, plays from the same starts. The baseline acts at random.
 */
final class ControlExamination implements Examination {
    /** Most starts: 64 of the longest task, 500 steps, take less than a second. */
    private static final int MOST_STARTS = 64;

    private static final long SEED = 1;

    private final int observationSize;
    private final ActionSpace actions;
    private final List<Trajectory> heldOut;
    private final @Nullable Task environment;
    private final int starts;

    /**
     * Makes episodes ready.
     *
     * @param observationSize n, the length of what a policy observes
     * @param actions what can be done
     * @param environment what policies play in; null if nothing is known of it, and only for tasks of one frame
     * @param mostTrials most starts
     */
    ControlExamination(
            int observationSize,
            ActionSpace actions,
            List<Trajectory> heldOut,
            @Nullable Task environment,
            int mostTrials) {
        if (environment != null && environment.observationSize() != observationSize) {
            throw new IllegalArgumentException("expected observations of %d numbers as %s has them, got %d"
                    .formatted(environment.observationSize(), environment.name(), observationSize));
        }
        this.observationSize = observationSize;
        this.actions = actions;
        this.heldOut = List.copyOf(heldOut);
        this.environment = environment;
        starts = Math.min(mostTrials, MOST_STARTS);
    }

    @Override
    public Scores scores(Policy policy) {
        return new Scores(List.of(), OpenLoop.trips(policy, heldOut), returns(policy));
    }

    /** Plays one episode from each start, all together. */
    private List<Double> returns(Policy policy) {
        if (environment == null) {
            return List.of();
        }
        Environment copies = environment.create(starts, SEED);
        float[] observations = new float[starts * policy.observationSize()];
        float[] actions = new float[starts * policy.actionSize()];
        float[] rewards = new float[starts];
        double[] returns = new double[starts];
        End[] ends = new End[starts];
        copies.reset(SEED);
        for (int copy = 0; copy < starts; copy++) {
            copies.start(copy, observations);
        }
        do {
            policy.act(observations, starts, actions);
            copies.step(actions, observations, rewards, ends);
            for (int copy = 0; copy < starts; copy++) {
                returns[copy] += rewards[copy];
            }
        } while (Arrays.asList(ends).contains(End.RUNNING));
        List<Double> list = new ArrayList<>(starts);
        Arrays.stream(returns).forEach(list::add);
        return list;
    }

    @Override
    public Scores baseline(Map<String, String> parameters) {
        return scores(new AtRandom(observationSize, actions, new SplittableRandom(SEED)));
    }

    /** Every action alike. */
    private record AtRandom(int observationSize, ActionSpace space, SplittableRandom random) implements Policy {
        @Override
        public int actionSize() {
            return space.size();
        }

        @Override
        public void act(float[] observations, int rows, float[] actions) {
            for (int row = 0; row < rows; row++) {
                space.drawUniformly(random, actions, row * actionSize());
            }
        }

        @Override
        public void logProbabilities(float[] observations, float[] actions, int rows, double[] result) {
            Arrays.fill(result, 0, rows, space.drawUniformly(random, new float[actionSize()], 0));
        }
    }
}
