package dev.understudy.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What an expert did in whole episodes, with the names of what was observed.
 *
 * <p>A trajectory's {@code trip} is the episode's number and its {@code entity} the source. Such files have no clock:
 * times count steps from the start of the episode, one millisecond each. A discrete action is its index as a float,
 * exact up to 2^24.
 *
 * @param source where they are from, for messages
 * @param observationNames names of the n elements of an observation
 * @param actionNames names of the k elements of an action
 * @param trajectories one per episode
 * @param rewards of the steps of each whole episode, {@code [T, 1]}, NaN where they are not known
 */
public record Demonstrations(
        String source,
        List<String> observationNames,
        List<String> actionNames,
        List<Trajectory> trajectories,
        List<Matrix> rewards) {
    public Demonstrations {
        observationNames = List.copyOf(observationNames);
        actionNames = List.copyOf(actionNames);
        trajectories = List.copyOf(trajectories);
        rewards = List.copyOf(rewards);
        if (rewards.size() != trajectories.size()) {
            throw new IllegalArgumentException("expected the rewards of each of %d trajectories, got those of %d (%s)"
                    .formatted(trajectories.size(), rewards.size(), source));
        }
        for (Trajectory trajectory : trajectories) {
            int n = trajectory.observations().columns();
            int k = trajectory.actions().columns();
            if (n != observationNames.size() || k != actionNames.size()) {
                throw new IllegalArgumentException(
                        "expected observations of %d and actions of %d elements, got %d and %d (%s episode=%s)"
                                .formatted(
                                        observationNames.size(), actionNames.size(), n, k, source, trajectory.trip()));
            }
        }
    }

    /**
     * Reads a file of comma-separated values, compressed if its name ends in {@code .gz}: a header
     * {@code episode,step,<observation names>,<action>,reward}, one line per step, an episode's lines together and its
     * steps counted from 0. The action is {@code action} or {@code a0}, {@code a1} and so on. The last line of an
     * episode may have an empty action: it is the observation after the last step. Rewards may be empty or missing.
     *
     * <p>With {@code previous_action} in place of {@code action}, a line has the action that led to it; the first
     * line's is left out, as what it was decided on is not known. Lines with {@code after_goal} 1 are left out.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is not of this layout; the message says in which line
     */
    public static Demonstrations read(Path file) throws IOException {
        return DemonstrationReader.read(file, true);
    }

    /**
     * Reads what was observed in a file of the layout of {@link #read}, and nothing of what was done: the action may be
     * empty, or its column missing. Every line is an observation, so an episode of T + 1 lines has T steps; their one
     * action is NaN.
     *
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if it is not of this layout; the message says in which line
     */
    public static Demonstrations readObserved(Path file) throws IOException {
        return DemonstrationReader.read(file, false);
    }

    /**
     * Returns the first {@code count} trajectories.
     *
     * @throws IllegalArgumentException if count is below 1 or there are fewer
     */
    public Demonstrations first(int count) {
        checkCount(count);
        return only(IntStream.range(0, count).toArray());
    }

    /**
     * Returns {@code count} different trajectories, each set of them equally likely, in the order drawn.
     *
     * @throws IllegalArgumentException if count is below 1 or there are fewer
     */
    public Demonstrations choose(int count, long seed) {
        checkCount(count);
        SplittableRandom random = new SplittableRandom(seed);
        int[] order = IntStream.range(0, trajectories.size()).toArray();
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i, order.length);
            int swapped = order[i];
            order[i] = order[other];
            order[other] = swapped;
        }
        return only(Arrays.copyOf(order, count));
    }

    private void checkCount(int count) {
        if (count < 1 || count > trajectories.size()) {
            throw new IllegalArgumentException(
                    "expected 1 to %d trajectories, asked for %d (%s)".formatted(trajectories.size(), count, source));
        }
    }

    private Demonstrations only(int[] chosen) {
        return new Demonstrations(
                source,
                observationNames,
                actionNames,
                Arrays.stream(chosen).mapToObj(trajectories::get).toList(),
                Arrays.stream(chosen).mapToObj(rewards::get).toList());
    }

    /**
     * Returns every {@code every}-th pair of each trajectory, from an offset drawn uniformly from 0 to {@code every -
     * 1} for each, as Ho and Ermon (2016) thinned their demonstrations.
     *
     * @throws IllegalArgumentException if {@code every} is below 1
     */
    public Demonstrations subsample(int every, long seed) {
        checkEvery(every);
        SplittableRandom random = new SplittableRandom(seed);
        return subsample(
                every,
                trajectories.stream().mapToInt(t -> random.nextInt(every)).toArray());
    }

    /**
     * Returns the pairs o, o + every, o + 2 every and so on of each trajectory. The observation after the last action
     * is not kept, and rows are {@code every} steps apart.
     *
     * @param every steps between two pairs, at least 1
     * @param offsets o of each trajectory, at least 0; one per trajectory, further ones are not read
     * @throws IllegalArgumentException if a number is out of range
     */
    public Demonstrations subsample(int every, int[] offsets) {
        checkEvery(every);
        if (offsets.length < trajectories.size()) {
            throw new IllegalArgumentException("expected an offset for each of %d trajectories, got %d (%s)"
                    .formatted(trajectories.size(), offsets.length, source));
        }
        List<Trajectory> thinned = new ArrayList<>();
        for (int i = 0; i < trajectories.size(); i++) {
            Trajectory whole = trajectories.get(i);
            int offset = offsets[i];
            if (offset < 0) {
                throw new IllegalArgumentException("expected offsets of at least 0, got %d (%s episode=%s)"
                        .formatted(offset, source, whole.trip()));
            }
            int kept = Math.max(0, (whole.steps() - offset + every - 1) / every);
            thinned.add(new Trajectory(
                    whole.trip(),
                    whole.entity(),
                    whole.startMs() + offset * whole.stepMs(),
                    every * whole.stepMs(),
                    thin(whole.observations(), offset, every, kept),
                    (Matrix) thin(whole.actions(), offset, every, kept)));
        }
        return new Demonstrations(source, observationNames, actionNames, thinned, rewards);
    }

    private static void checkEvery(int every) {
        if (every < 1) {
            throw new IllegalArgumentException("expected to keep every n-th pair with n at least 1, got " + every);
        }
    }

    private static Rows thin(Rows rows, int offset, int every, int kept) {
        Rows thinned = rows.type().room(kept, rows.columns());
        for (int row = 0; row < kept; row++) {
            rows.copy(offset + row * every, 1, thinned, row);
        }
        return thinned;
    }

    /**
     * Returns the demonstrations as they would be in an environment that holds the state after the goal: each that
     * stopped short of {@code steps} goes on with its last observation and last action.
     *
     * @param steps the environment's horizon
     * @throws IllegalArgumentException if a trajectory has no action, or lacks the observation after its last one
     */
    public Demonstrations heldUntil(int steps) {
        List<Trajectory> held = new ArrayList<>();
        for (Trajectory trajectory : trajectories) {
            int done = trajectory.steps();
            if (done < 1 || trajectory.observations().rows() == done) {
                throw new IllegalArgumentException(
                        "expected a whole episode with the observation after its last step, got %d observations of %d steps (%s episode=%s)"
                                .formatted(trajectory.observations().rows(), done, source, trajectory.trip()));
            }
            held.add(new Trajectory(
                    trajectory.trip(),
                    trajectory.entity(),
                    trajectory.startMs(),
                    trajectory.stepMs(),
                    hold(trajectory.observations(), Math.max(done, steps) + 1),
                    (Matrix) hold(trajectory.actions(), Math.max(done, steps))));
        }
        return new Demonstrations(source, observationNames, actionNames, held, rewards);
    }

    private static Rows hold(Rows known, int rows) {
        Rows held = known.type().room(rows, known.columns());
        known.copy(0, known.rows(), held, 0);
        for (int row = known.rows(); row < rows; row++) {
            known.copy(known.rows() - 1, 1, held, row);
        }
        return held;
    }
}
