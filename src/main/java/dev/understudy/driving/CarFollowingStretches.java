package dev.understudy.driving;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Pieces of logs on which policies are tried in closed loop: 60 s to drive, directly after 30 s of logged history. In
 * each unbroken run of valid samples the first piece is driven from second 30 to 90, the next from 90 to 150, and so
 * on; pieces do not overlap except that the end of one is the history of the next. What is known of the entity where a
 * stretch starts goes back further, over the trip and earlier trips.
 *
 * <p>A stretch has {@link #SAMPLES} samples: {@link #HISTORY} before the start, the logged state it starts from, and
 * {@link #DRIVEN} to compare with.
 */
public final class CarFollowingStretches {
    /** Samples of history before the state from which a stretch starts. */
    public static final int HISTORY = 300;

    /** Steps that are driven. */
    public static final int DRIVEN = 600;

    /** Samples of one stretch. */
    public static final int SAMPLES = HISTORY + 1 + DRIVEN;

    /**
     * Marks a start where too little of the entity's own driving was seen, for example because a policy drove until
     * then.
     */
    private static final float[] NOT_KNOWN = {};

    private final String[] trips;
    private final String[] vehicles;
    private final String[] labels;
    private final float[] speed;
    private final float[] gap;
    private final float[] leaderSpeed;
    private final float[] start;

    private CarFollowingStretches(
            String[] trips,
            String[] vehicles,
            String[] labels,
            float[] speed,
            float[] gap,
            float[] leaderSpeed,
            float[] start) {
        this.trips = trips;
        this.vehicles = vehicles;
        this.labels = labels;
        this.speed = speed;
        this.gap = gap;
        this.leaderSpeed = leaderSpeed;
        this.start = start;
    }

    /**
     * Cuts all stretches from samples of any number of trips in any order; samples that {@link SampleCheck} rejects are
     * left out. Steps lie 0.1 s apart from the first sample of a run on, on straight lines between samples where there
     * is none at that time; holes of more than three steps end a run. What is known of an entity at a stretch's start
     * comes from all its samples before, those of earlier trips included.
     */
    public static CarFollowingStretches of(Collection<FollowingSample> samples) {
        return of(samples, Experts.DEFAULT, trip -> true);
    }

    /**
     * Cuts the stretches of some trips; samples of other trips only show what the entities did before.
     *
     * @param experts whose driving shows what an entity usually does
     * @param driven of which trips there are stretches
     */
    public static CarFollowingStretches of(
            Collection<FollowingSample> samples, Set<Actor> experts, Predicate<String> driven) {
        List<Piece> pieces = new ArrayList<>();
        for (List<List<FollowingSample>> entity : chronological(samples)) {
            float[] memory = FollowingMemory.newMemory();
            for (List<FollowingSample> trip : entity) {
                cut(trip, experts, memory, driven.test(trip.get(0).trip()) ? pieces : new ArrayList<>());
            }
        }
        return join(pieces);
    }

    /**
     * Cuts all stretches from steps of any number of trips in any order. What is known of an entity at a stretch's
     * start is what its step observed, so it comes from all that the entity did before, whether its steps are here or
     * not.
     */
    public static CarFollowingStretches ofSteps(Collection<Step> steps) {
        List<Piece> pieces = new ArrayList<>();
        for (List<Step> run : Steps.runs(steps, CarFollowing.STEP_MS)) {
            for (int start = 0; start + SAMPLES <= run.size(); start += DRIVEN) {
                List<FollowingSample> samples = run.subList(start, start + SAMPLES).stream()
                        .map(CarFollowingStretches::measured)
                        .toList();
                pieces.add(new Piece(
                        samples, run.get(start + HISTORY).observation().floats()));
            }
        }
        return join(pieces);
    }

    /** Returns what was measured at a step, from what was observed. */
    private static FollowingSample measured(Step step) {
        float[] observed = step.observation().floats();
        double speed = observed[CarFollowing.SPEED];
        return new FollowingSample(
                step.entity(),
                step.episode(),
                step.sequence(),
                step.timeMs(),
                Actor.MIXED,
                step.label(),
                speed,
                observed[CarFollowing.GAP],
                speed + observed[CarFollowing.RELATIVE_SPEED]);
    }

    /** Returns the trips of each entity in the order in which they began, each in order of time. */
    private static Collection<List<List<FollowingSample>>> chronological(Collection<FollowingSample> samples) {
        List<List<List<FollowingSample>>> ordered = new ArrayList<>();
        for (Map<String, List<FollowingSample>> trips :
                FollowingTrips.of(samples).values()) {
            List<List<FollowingSample>> entity = new ArrayList<>(trips.values());
            entity.forEach(trip -> trip.sort(
                    Comparator.comparingLong(FollowingSample::timeMs).thenComparingLong(FollowingSample::sequence)));
            entity.sort(Comparator.comparingLong(trip -> trip.get(0).timeMs()));
            ordered.add(entity);
        }
        return ordered;
    }

    /** A stretch and what is observed where it starts. */
    private record Piece(List<FollowingSample> samples, float[] start) {}

    /** Cuts one trip. */
    private static void cut(List<FollowingSample> trip, Set<Actor> experts, float[] memory, List<Piece> pieces) {
        List<FollowingSample> run = new ArrayList<>();
        List<float[]> starts = new ArrayList<>();
        FollowingSample previous = null;
        FollowingSample before = null;
        long nextMs = 0;
        for (FollowingSample sample : trip) {
            if (SampleCheck.check(previous, sample) != null) {
                continue;
            }
            List<FollowingSample> points = new ArrayList<>();
            if (previous == null || !near(previous, sample)) {
                cut(run, starts, pieces);
                run = new ArrayList<>();
                starts = new ArrayList<>();
                points.add(sample);
                nextMs = sample.timeMs() + CarFollowing.STEP_MS;
            } else {
                for (; nextMs <= sample.timeMs(); nextMs += CarFollowing.STEP_MS) {
                    points.add(StepGrid.between(previous, sample, nextMs));
                }
            }
            for (FollowingSample each : points) {
                FollowingMemory.arrive(
                        memory, before == null ? null : before.trip(), before == null ? 0 : before.timeMs(), each);
                before = each;
                float[] observation = new float[CarFollowing.observationSize()];
                boolean enough = FollowingMemory.observe(
                        memory,
                        each.speedMetersPerSecond(),
                        each.gapMeters(),
                        each.leaderSpeedMetersPerSecond(),
                        experts.contains(each.actor()),
                        observation,
                        0);
                if (run.size() >= HISTORY && (run.size() - HISTORY) % DRIVEN == 0) {
                    starts.add(enough ? observation : NOT_KNOWN);
                }
                run.add(each);
            }
            previous = sample;
        }
        cut(run, starts, pieces);
    }

    private static boolean near(FollowingSample previous, FollowingSample sample) {
        return sample.timeMs() - previous.timeMs() <= FollowingMemory.BRIDGED_MS;
    }

    private static void cut(List<FollowingSample> run, List<float[]> starts, List<Piece> pieces) {
        for (int start = 0; start + SAMPLES <= run.size(); start += DRIVEN) {
            float[] observation = starts.get(start / DRIVEN);
            if (observation.length > 0) {
                pieces.add(new Piece(run.subList(start, start + SAMPLES), observation));
            }
        }
    }

    private static CarFollowingStretches join(List<Piece> pieces) {
        int count = pieces.size();
        String[] trips = new String[count];
        String[] vehicles = new String[count];
        String[] labels = new String[count];
        float[] speed = new float[count * SAMPLES];
        float[] gap = new float[count * SAMPLES];
        float[] leaderSpeed = new float[count * SAMPLES];
        int n = CarFollowing.observationSize();
        float[] start = new float[count * n];
        for (int i = 0; i < count; i++) {
            System.arraycopy(pieces.get(i).start(), 0, start, i * n, n);
            List<FollowingSample> piece = pieces.get(i).samples();
            trips[i] = piece.get(HISTORY).trip();
            vehicles[i] = piece.get(HISTORY).vehicle();
            labels[i] = piece.get(HISTORY).label();
            for (int t = 0; t < SAMPLES; t++) {
                FollowingSample sample = piece.get(t);
                speed[i * SAMPLES + t] = (float) Math.max(0, sample.speedMetersPerSecond());
                gap[i * SAMPLES + t] = (float) sample.gapMeters();
                leaderSpeed[i * SAMPLES + t] = (float) Math.max(0, sample.leaderSpeedMetersPerSecond());
            }
        }
        return new CarFollowingStretches(trips, vehicles, labels, speed, gap, leaderSpeed, start);
    }

    /** Returns the number of stretches. */
    public int count() {
        return trips.length;
    }

    /** Returns the trip of stretch {@code i}. */
    public String trip(int i) {
        return trips[i];
    }

    /** Returns the following car of stretch {@code i}. */
    public String vehicle(int i) {
        return vehicles[i];
    }

    /** Returns the recording that stretch {@code i} is of, all its cars together. */
    public String run(int i) {
        return run(trips[i], vehicles[i]);
    }

    /**
     * Returns the recording that a trip is of: its name without the vehicle where it is {@code run/vehicle}, as the log
     * readers name trips, and the whole of it otherwise.
     */
    public static String run(String trip, String vehicle) {
        String ending = "/" + vehicle;
        return trip.endsWith(ending) ? trip.substring(0, trip.length() - ending.length()) : trip;
    }

    /** Returns the slice stretch {@code i} is reported under, by the label of its first driven sample. */
    public String label(int i) {
        return labels[i];
    }

    /** Returns own logged speed of stretch {@code i} at sample {@code t}, m/s. */
    public float speed(int i, int t) {
        return speed[i * SAMPLES + t];
    }

    /** Returns the logged gap of stretch {@code i} at sample {@code t}, m. */
    public float gap(int i, int t) {
        return gap[i * SAMPLES + t];
    }

    /** Returns the leader's logged speed of stretch {@code i} at sample {@code t}, m/s. */
    public float leaderSpeed(int i, int t) {
        return leaderSpeed[i * SAMPLES + t];
    }

    /**
     * Returns what is observed where each stretch starts, {@code [count(), CarFollowing.observationSize()]}; a copy.
     */
    float[] start() {
        return start.clone();
    }

    /** Returns the stretches for which the predicate holds of their index. */
    public CarFollowingStretches where(IntPredicate wanted) {
        int[] kept = IntStream.range(0, count()).filter(wanted).toArray();
        return pick(kept);
    }

    /** Returns at most {@code most} of the stretches, drawn without replacement, in their old order. */
    public CarFollowingStretches draw(int most, RandomGenerator random) {
        int[] order = IntStream.range(0, count()).toArray();
        for (int i = 0; i < Math.min(most, order.length); i++) {
            int j = i + random.nextInt(order.length - i);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        int[] kept = Arrays.copyOf(order, Math.min(most, order.length));
        Arrays.sort(kept);
        return pick(kept);
    }

    private CarFollowingStretches pick(int[] kept) {
        String[] keptTrips = new String[kept.length];
        String[] keptVehicles = new String[kept.length];
        String[] keptLabels = new String[kept.length];
        float[][] columns = {speed, gap, leaderSpeed};
        float[][] keptColumns = new float[3][kept.length * SAMPLES];
        int n = CarFollowing.observationSize();
        float[] keptStart = new float[kept.length * n];
        for (int i = 0; i < kept.length; i++) {
            keptTrips[i] = trips[kept[i]];
            keptVehicles[i] = vehicles[kept[i]];
            keptLabels[i] = labels[kept[i]];
            System.arraycopy(start, kept[i] * n, keptStart, i * n, n);
            for (int c = 0; c < columns.length; c++) {
                System.arraycopy(columns[c], kept[i] * SAMPLES, keptColumns[c], i * SAMPLES, SAMPLES);
            }
        }
        return new CarFollowingStretches(
                keptTrips, keptVehicles, keptLabels, keptColumns[0], keptColumns[1], keptColumns[2], keptStart);
    }
}
