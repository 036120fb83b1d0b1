package dev.understudy.benchmarks;

import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Featuriser;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingLaw;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.FollowingTrips;
import dev.understudy.policy.Policy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Trips behind logged leaders: a driver drives the first minute, then a policy. When the gap is too far from the one
 * that the driver would keep, the driver takes over until it is back. The driver is a law of car following, who knows
 * where he would be because he drives the whole trip beside, unseen.
 */
final class CorrectedDrives {
    /** Steps that the driver drives first. */
    private static final int OWN_STEPS = 600;
    /** Steps of the shortest trip. */
    private static final int LEAST_STEPS = 1200;

    /**
     * When a driver takes over.
     *
     * @param overMeters distance from where the driver would be beyond which he takes over
     * @param backMeters distance within which he gives back
     */
    record Patience(double overMeters, double backMeters) {}

    /** An unbroken trip of samples 0.1 s apart. */
    record Trip(List<FollowingSample> samples) {}

    /** What driving some trips came to. */
    static final class Account {
        private final List<FollowingSample> logs = new ArrayList<>();
        private int takeovers;
        private long corrected;
        private long engaged;
        private double squaredError;

        /** Returns all samples with who drove. */
        List<FollowingSample> logs() {
            return logs;
        }

        /** Returns takeovers in 1,000 s in which a policy was in charge. */
        double takeoversPer1000Seconds() {
            return takeovers / (engaged * CarFollowing.STEP_SECONDS) * 1000;
        }

        /** Returns the root mean square distance from where the driver would be, m. */
        double spacingMeters() {
            return Math.sqrt(squaredError / engaged);
        }

        /** Returns the share of that time in which the driver drove. */
        double correctedShare() {
            return (double) corrected / engaged;
        }
    }

    private final List<Trip> trips;
    private final FollowingLaw driver;
    private final Patience patience;

    CorrectedDrives(List<Trip> trips, FollowingLaw driver, Patience patience) {
        this.trips = List.copyOf(trips);
        this.driver = driver;
        this.patience = patience;
    }

    /** Cuts trips where a sample is missing or has no measurement; short ones are left out. */
    static List<Trip> trips(Collection<FollowingSample> samples) {
        List<Trip> trips = new ArrayList<>();
        FollowingTrips.of(samples).values().forEach(vehicle -> vehicle.values().forEach(trip -> {
            List<FollowingSample> unbroken = new ArrayList<>();
            for (FollowingSample sample : trip) {
                if (!unbroken.isEmpty() && !goesOn(unbroken.get(unbroken.size() - 1), sample)) {
                    add(unbroken, trips);
                    unbroken = new ArrayList<>();
                }
                if (isWhole(sample)) {
                    unbroken.add(sample);
                }
            }
            add(unbroken, trips);
        }));
        return trips;
    }

    private static void add(List<FollowingSample> unbroken, List<Trip> trips) {
        if (unbroken.size() >= LEAST_STEPS) {
            trips.add(new Trip(unbroken));
        }
    }

    private static boolean goesOn(FollowingSample before, FollowingSample sample) {
        return isWhole(sample) && sample.timeMs() - before.timeMs() == CarFollowing.STEP_MS;
    }

    private static boolean isWhole(FollowingSample sample) {
        return Double.isFinite(sample.speedMetersPerSecond())
                && sample.gapMeters() > 0
                && Double.isFinite(sample.leaderSpeedMetersPerSecond());
    }

    /** Drives all trips; where there is no policy, the driver drives them. */
    Account drive(@Nullable Policy policy) {
        Account account = new Account();
        trips.forEach(trip -> new Drive(trip.samples(), policy, account).run());
        return account;
    }

    private final class Drive {
        private final List<FollowingSample> logged;
        private final @Nullable Policy policy;
        private final Account account;
        private final Featuriser<FollowingSample> featuriser = new CarFollowingPolicy().featuriser();
        private final FollowingEnvelope envelope = new FollowingEnvelope();
        private final Rows observation = Rows.Type.FLOAT32.room(1, CarFollowing.observationSize());
        private final float[] action = new float[1];
        private final float[] previous = {Float.NaN};
        private final Car driversOwn;
        private final Car car;
        private boolean corrects;

        Drive(List<FollowingSample> logged, @Nullable Policy policy, Account account) {
            this.logged = logged;
            this.policy = policy;
            this.account = account;
            driversOwn = new Car(logged.get(0));
            car = new Car(logged.get(0));
        }

        void run() {
            for (int t = 0; t + 1 < logged.size(); t++) {
                FollowingSample at = logged.get(t);
                boolean engaged = policy != null && t >= OWN_STEPS;
                if (engaged) {
                    gate();
                }
                FollowingSample now = sample(at, engaged);
                account.logs.add(now);
                boolean known = featuriser.observe(
                                now, Experts.DEFAULT.contains(now.actor()), observation, 0, Featuriser.Steps.none())
                        == null;
                double leader = leader(at);
                double next = leader(logged.get(t + 1));
                car.move(engaged && !corrects && known ? asked(now) : own(car, leader), leader, next);
                driversOwn.move(own(driversOwn, leader), leader, next);
            }
        }

        private void gate() {
            double error = Math.abs(car.gap - driversOwn.gap);

            boolean far = error > (corrects ? patience.backMeters() : patience.overMeters());
            account.takeovers += far && !corrects ? 1 : 0;
            account.corrected += far ? 1 : 0;
            account.squaredError += error * error;
            account.engaged++;
            corrects = far;
        }

        private FollowingSample sample(FollowingSample at, boolean engaged) {
            return new FollowingSample(
                    at.vehicle(),
                    at.trip(),
                    at.sequence(),
                    at.timeMs(),
                    engaged && !corrects ? Actor.POLICY : Actor.HUMAN,
                    at.label(),
                    engaged && corrects,
                    car.speed,
                    car.gap,
                    leader(at));
        }

        private double own(Car of, double leader) {
            previous[0] = Float.NaN;
            return driver.acceleration(of.speed, of.gap, leader);
        }

        private double asked(FollowingSample now) {
            Objects.requireNonNull(policy).act(observation.floats(), 1, action);
            envelope.judge(now, action, previous, CarFollowing.STEP_MS);
            return action[0];
        }
    }

    private static double leader(FollowingSample sample) {
        return Math.max(0, sample.leaderSpeedMetersPerSecond());
    }

    /** A car behind a leader. */
    private static final class Car {
        private double speed;
        private double gap;

        Car(FollowingSample start) {
            speed = Math.max(0, start.speedMetersPerSecond());
            gap = start.gapMeters();
        }

        void move(double acceleration, double leader, double nextLeader) {
            double next = Math.max(0, speed + acceleration * CarFollowing.STEP_SECONDS);
            gap += CarFollowing.STEP_SECONDS * ((leader + nextLeader) / 2 - (speed + next) / 2);
            speed = next;
        }
    }

    /** Returns what the trips last together. */
    double seconds() {
        return trips.stream().mapToInt(trip -> trip.samples().size()).sum() * CarFollowing.STEP_SECONDS;
    }
}
