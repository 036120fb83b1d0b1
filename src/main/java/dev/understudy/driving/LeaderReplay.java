package dev.understudy.driving;

import static dev.understudy.driving.CarFollowingStretches.DRIVEN;
import static dev.understudy.driving.CarFollowingStretches.HISTORY;

import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The closed loop of car following: leaders drive as logged, and a policy drives the followers at 10 Hz, all stretches
 * side by side in one batch per step. Each follower starts from its logged state; its context comes from what it did
 * before and stays as it was then. The steps are those of {@link CarFollowing#next}; after a collision they simply go
 * on.
 *
 * <p>Preparing the histories is done once; a replay may then be driven by any number of policies, by one thread at a
 * time.
 */
public final class LeaderReplay {
    private final CarFollowingStretches stretches;
    private final float[] start;

    /** Prepares a replay of these stretches. */
    public LeaderReplay(CarFollowingStretches stretches) {
        this.stretches = stretches;
        start = stretches.start();
    }

    /** Returns the stretches replayed. */
    public CarFollowingStretches stretches() {
        return stretches;
    }

    /** What a policy did on every stretch. */
    public static final class Drive {
        private final CarFollowingStretches stretches;
        private final double[] spacingSquares;
        private final double[] speedSquares;
        private final double[] smallestGap;
        private final long[] interventions;

        private Drive(CarFollowingStretches stretches) {
            this.stretches = stretches;
            spacingSquares = new double[stretches.count()];
            speedSquares = new double[stretches.count()];
            smallestGap = new double[stretches.count()];
            interventions = new long[stretches.count()];
            Arrays.fill(smallestGap, Double.POSITIVE_INFINITY);
        }

        /** Returns the mean squared spacing error of stretch {@code i}, m^2. */
        public double spacingMeanSquare(int i) {
            return spacingSquares[i] / DRIVEN;
        }

        /** Returns the smallest gap of stretch {@code i}, m. */
        public double smallestGap(int i) {
            return smallestGap[i];
        }

        /** Returns the steps of stretch {@code i} in which the envelope replaced the policy's action. */
        public long interventions(int i) {
            return interventions[i];
        }

        /** Returns the trip of stretch {@code i}. */
        public String trip(int i) {
            return stretches.trip(i);
        }

        /** Returns the report over all stretches. */
        public ClosedLoopReport report() {
            return report(i -> true);
        }

        /** Returns a report for each label. */
        public SortedMap<String, ClosedLoopReport> byLabel() {
            SortedMap<String, ClosedLoopReport> reports = new TreeMap<>();
            for (int i = 0; i < stretches.count(); i++) {
                String label = stretches.label(i);
                reports.computeIfAbsent(
                        label, any -> report(j -> stretches.label(j).equals(label)));
            }
            return reports;
        }

        /** Returns the report over the stretches for which the predicate holds of their index; NaN over none. */
        public ClosedLoopReport report(IntPredicate wanted) {
            int[] chosen = IntStream.range(0, stretches.count()).filter(wanted).toArray();
            double[] meanSquares =
                    Arrays.stream(chosen).mapToDouble(this::spacingMeanSquare).toArray();
            String[] runs = Arrays.stream(chosen).mapToObj(stretches::run).toArray(String[]::new);
            StretchErrors.Mean overRuns = StretchErrors.overRuns(meanSquares, runs);
            double speed = 0;
            int collisions = 0;
            long intervened = 0;
            Set<String> trips = new HashSet<>();
            for (int i : chosen) {
                speed += speedSquares[i] / DRIVEN;
                collisions += smallestGap[i] < 0 ? 1 : 0;
                intervened += interventions[i];
                if (stretches.run(i).equals(stretches.trip(i))) {
                    trips.add(stretches.trip(i));
                }
            }
            return new ClosedLoopReport(
                    Math.sqrt(Arrays.stream(meanSquares).average().orElse(Double.NaN)),
                    StretchErrors.medianRoot(meanSquares),
                    overRuns.mean(),
                    overRuns.low(),
                    overRuns.high(),
                    StretchErrors.worstTenthShare(meanSquares),
                    Math.sqrt(speed / chosen.length),
                    collisions,
                    chosen.length,
                    overRuns.count(),
                    trips.size(),
                    intervened);
        }
    }

    /**
     * Lets a policy drive every stretch.
     *
     * @param policy answers observations of {@link CarFollowing}
     * @param envelope stands between policy and car; null for none, in which case actions must be finite
     */
    public Drive drive(Policy policy, @Nullable FollowingEnvelope envelope) {
        int n = CarFollowing.observationSize();
        if (policy.observationSize() != n || policy.actionSize() != CarFollowing.ACTION_SIZE) {
            throw new IllegalArgumentException("expected a policy of %d observed numbers and %d action, got %d and %d"
                    .formatted(n, CarFollowing.ACTION_SIZE, policy.observationSize(), policy.actionSize()));
        }
        int count = stretches.count();
        Drive drive = new Drive(stretches);
        if (count == 0) {
            return drive;
        }
        float[] observations = start.clone();
        float[] actions = new float[count];
        float[] previous = new float[count];
        Arrays.fill(previous, Float.NaN);
        float[] single = new float[1];
        for (int t = 1; t <= DRIVEN; t++) {
            policy.act(observations, count, actions);
            for (int i = 0; i < count; i++) {
                int at = i * n;
                float action = actions[i];
                if (envelope != null) {
                    single[0] = action;
                    double speed = observations[at + CarFollowing.SPEED];
                    FollowingEnvelope.Verdict verdict = envelope.apply(
                            single,
                            speed,
                            observations[at + CarFollowing.GAP],
                            speed + observations[at + CarFollowing.RELATIVE_SPEED],
                            previous[i],
                            CarFollowing.STEP_MS);
                    action = verdict.acceleration();
                    drive.interventions[i] += verdict.passed() ? 0 : 1;
                    previous[i] = action;
                } else if (!Float.isFinite(action)) {
                    throw new IllegalArgumentException("expected a finite action, got %s (trip=%s, step %d)"
                            .formatted(action, stretches.trip(i), t));
                }
                CarFollowing.next(observations, at, action, stretches.leaderSpeed(i, HISTORY + t), observations, at);
                double gap = observations[at + CarFollowing.GAP];
                double spacingError = gap - stretches.gap(i, HISTORY + t);
                double speedError = observations[at + CarFollowing.SPEED] - stretches.speed(i, HISTORY + t);
                drive.spacingSquares[i] += spacingError * spacingError;
                drive.speedSquares[i] += speedError * speedError;
                drive.smallestGap[i] = Math.min(drive.smallestGap[i], gap);
            }
        }
        return drive;
    }

    /** Lets a policy drive every stretch and returns the report over all. */
    public ClosedLoopReport run(Policy policy, @Nullable FollowingEnvelope envelope) {
        return drive(policy, envelope).report();
    }
}
