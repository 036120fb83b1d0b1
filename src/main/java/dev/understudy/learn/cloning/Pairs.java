package dev.understudy.learn.cloning;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The observation-action pairs of several trajectories as two matrices, and which rows a batch may be drawn from.
 *
 * @param observations {@code [rows, n]}
 * @param actions {@code [rows, k]}; {@code [rows, 1]} where they are choices
 * @param first for each row, the first row of its trajectory
 * @param learned the newest window, less what is kept for validation
 * @param rehearsed the replay
 * @param validated what is kept for validation
 * @param fresh steps of the newest window
 */
record Pairs(
        Rows observations, Matrix actions, int[] first, Share learned, Share rehearsed, Share validated, int fresh) {

    /** Rows a batch may be drawn from, and those of them that a drive may start from. */
    static final class Share {
        final int[] rows;
        final int[] starts;

        private Share(IntStream.Builder rows, IntStream.Builder starts) {
            this.rows = rows.build().toArray();
            this.starts = starts.build().toArray();
        }
    }

    /** Collects the rows of one share. */
    private static final class Collected {
        final IntStream.Builder rows = IntStream.builder();
        final IntStream.Builder starts = IntStream.builder();

        Share share() {
            return new Share(rows, starts);
        }
    }

    /**
     * Lays trajectories end to end. Nothing is kept for validation if that would leave nothing to learn from.
     *
     * @param seed what the choice of single pairs for validation follows from
     * @throws IllegalArgumentException if a trajectory is not of what the policy observes and does
     */
    static Pairs of(
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            StochasticPolicy policy,
            BehaviouralCloningConfig config,
            long seed) {
        List<Trajectory> all = new ArrayList<>(demonstrations);
        all.addAll(replay);
        int rows = all.stream().mapToInt(Trajectory::steps).sum();
        int observationSize = policy.observationSize();
        int actionSize = policy instanceof CategoricalPolicy ? 1 : policy.actionSize();
        int driveLength = config.horizon() * config.stride();
        Rows observations = policy.observationType().room(rows, observationSize);
        float[] actions = new float[rows * actionSize];
        Collected learned = new Collected();
        Collected rehearsed = new Collected();
        Collected validated = new Collected();
        BitSet validates = config.validation() == BehaviouralCloningConfig.Validation.PAIRS
                ? drawn(demonstrations, config.validationShare(), seed)
                : hashed(demonstrations, config.validationShare(), driveLength);
        int[] first = new int[rows];
        int row = 0;
        for (int t = 0; t < all.size(); t++) {
            Trajectory trajectory = all.get(t);
            requireFits(trajectory, policy.observationType(), observationSize, actionSize);
            if (policy instanceof CategoricalPolicy) {
                requireChoices(trajectory, new ActionSpace.Discrete(policy.actionSize()));
            }
            int steps = trajectory.steps();
            trajectory.observations().copy(0, steps, observations, row);
            System.arraycopy(trajectory.actions().values(), 0, actions, row * actionSize, steps * actionSize);
            Arrays.fill(first, row, row + steps, row);
            for (int step = 0; step < steps; step++, row++) {
                Collected share = t >= demonstrations.size() ? rehearsed : validates.get(row) ? validated : learned;
                share.rows.add(row);
                if (step + driveLength < steps) {
                    share.starts.add(row);
                }
            }
        }
        return new Pairs(
                observations,
                new Matrix(rows, actionSize, actions),
                first,
                learned.share(),
                rehearsed.share(),
                validated.share(),
                demonstrations.stream().mapToInt(Trajectory::steps).sum());
    }

    /** Returns the rows of the trajectories that a hash of trip and start sets aside. */
    private static BitSet hashed(List<Trajectory> demonstrations, double share, int driveLength) {
        BitSet chosen = new BitSet();
        boolean someLearn = demonstrations.stream().anyMatch(t -> !validates(t, share) && t.steps() > driveLength);
        int row = 0;
        for (Trajectory trajectory : demonstrations) {
            if (someLearn && validates(trajectory, share)) {
                chosen.set(row, row + trajectory.steps());
            }
            row += trajectory.steps();
        }
        return chosen;
    }

    /** Returns all rows but the first (1 - share) of them in a random order. */
    private static BitSet drawn(List<Trajectory> demonstrations, double share, long seed) {
        int rows = demonstrations.stream().mapToInt(Trajectory::steps).sum();
        int[] order = IntStream.range(0, rows).toArray();
        SplittableRandom random = new SplittableRandom(seed);
        BitSet chosen = new BitSet();
        for (int i = rows - 1; i >= Math.max(1, (int) ((1 - share) * rows)); i--) {
            int other = random.nextInt(i + 1);
            chosen.set(order[other]);
            order[other] = order[i];
        }
        return chosen;
    }

    private static boolean validates(Trajectory trajectory, double share) {
        long hash = 1125899906842597L;
        String id = trajectory.trip() + '@' + trajectory.startMs();
        for (int i = 0; i < id.length(); i++) {
            hash = 31 * hash + id.charAt(i);
        }
        // The finaliser of MurmurHash3 spreads neighbouring ids.
        hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
        hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return Math.floorMod(hash ^ (hash >>> 33), 10_000L) < share * 10_000.0;
    }

    private static void requireFits(Trajectory trajectory, Rows.Type type, int observationSize, int actionSize) {
        Rows observations = trajectory.observations();
        if (observations.type() != type
                || observations.columns() != observationSize
                || trajectory.actions().columns() != actionSize) {
            throw new IllegalArgumentException(
                    "expected observations of %d %s and actions of %d, got %d %s and %d (trip=%s)"
                            .formatted(
                                    observationSize,
                                    type,
                                    actionSize,
                                    observations.columns(),
                                    observations.type(),
                                    trajectory.actions().columns(),
                                    trajectory.trip()));
        }
    }

    private static void requireChoices(Trajectory trajectory, ActionSpace.Discrete actions) {
        for (int step = 0; step < trajectory.steps(); step++) {
            if (!actions.contains(trajectory.actions().values(), step)) {
                throw new IllegalArgumentException("expected an action from 0 to %d, got %s (trip=%s step=%d)"
                        .formatted(actions.count() - 1, trajectory.actions().at(step, 0), trajectory.trip(), step));
            }
        }
    }

    /** Sets the inputs {@code observations} and {@code actions} of a program: choices as integers. */
    void feed(Program program, StochasticPolicy policy) {
        int rows = observations.rows();
        Shape shape = Shape.of(rows, observations.columns());
        if (observations instanceof ByteRows bytes) {
            program.setInput("observations", bytes.values(), shape);
        } else {
            program.setInput("observations", observations.floats(), shape);
        }
        if (policy instanceof CategoricalPolicy) {
            long[] choices = new long[rows];
            Arrays.setAll(choices, row -> (long) actions.values()[row]);
            program.setInput("actions", choices, Shape.of(rows));
        } else {
            program.setInput("actions", actions.values(), Shape.of(rows, actions.columns()));
        }
    }
}
