package dev.understudy.learn.cloning;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The observation-action pairs of several trajectories as two matrices, and which rows a batch may be drawn from.
 *
 * @param observations {@code [rows, n]}
 * @param actions {@code [rows, k]}
 * @param first for each row, the first row of its trajectory
 * @param learned the newest window, less what is kept for validation
 * @param rehearsed the replay
 * @param validated the trajectories kept for validation
 */
record Pairs(Matrix observations, Matrix actions, int[] first, Share learned, Share rehearsed, Share validated) {

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
     * Lays trajectories end to end. A trajectory is kept for validation if a hash of its trip and start says so, and
     * never if that would leave nothing to learn from.
     *
     * @param driveLength logged steps that a drive spans
     */
    static Pairs of(
            List<Trajectory> demonstrations,
            List<Trajectory> replay,
            int observationSize,
            int actionSize,
            double validationShare,
            int driveLength) {
        List<Trajectory> all = new ArrayList<>(demonstrations);
        all.addAll(replay);
        int rows = all.stream().mapToInt(Trajectory::steps).sum();
        float[] observations = new float[rows * observationSize];
        float[] actions = new float[rows * actionSize];
        Collected learned = new Collected();
        Collected rehearsed = new Collected();
        Collected validated = new Collected();
        boolean someLearn =
                demonstrations.stream().anyMatch(t -> !validates(t, validationShare) && t.steps() > driveLength);
        int[] first = new int[rows];
        int row = 0;
        for (int t = 0; t < all.size(); t++) {
            Trajectory trajectory = all.get(t);
            requireColumns(trajectory, observationSize, actionSize);
            int steps = trajectory.steps();
            System.arraycopy(
                    trajectory.observations().values(),
                    0,
                    observations,
                    row * observationSize,
                    steps * observationSize);
            System.arraycopy(trajectory.actions().values(), 0, actions, row * actionSize, steps * actionSize);
            Collected share = t >= demonstrations.size()
                    ? rehearsed
                    : someLearn && validates(trajectory, validationShare) ? validated : learned;
            Arrays.fill(first, row, row + steps, row);
            for (int step = 0; step < steps; step++, row++) {
                share.rows.add(row);
                if (step + driveLength < steps) {
                    share.starts.add(row);
                }
            }
        }
        return new Pairs(
                new Matrix(rows, observationSize, observations),
                new Matrix(rows, actionSize, actions),
                first,
                learned.share(),
                rehearsed.share(),
                validated.share());
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

    private static void requireColumns(Trajectory trajectory, int observationSize, int actionSize) {
        if (trajectory.observations().columns() != observationSize
                || trajectory.actions().columns() != actionSize) {
            throw new IllegalArgumentException("expected observations of %d and actions of %d, got %d and %d (trip=%s)"
                    .formatted(
                            observationSize,
                            actionSize,
                            trajectory.observations().columns(),
                            trajectory.actions().columns(),
                            trajectory.trip()));
        }
    }
}
