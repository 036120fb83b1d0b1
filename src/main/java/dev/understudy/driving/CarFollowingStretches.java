package dev.understudy.driving;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Pieces of logs on which policies are tried in closed loop: 60 s to drive, directly after 30 s of logged history. In
 * each unbroken run of valid samples the first piece is driven from second 30 to 90, the next from 90 to 150, and so
 * on; pieces do not overlap except that the end of one is the history of the next.
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

    private static final Comparator<FollowingSample> ORDER = Comparator.comparing(FollowingSample::trip)
            .thenComparing(FollowingSample::vehicle)
            .thenComparingLong(FollowingSample::timeMs)
            .thenComparingLong(FollowingSample::sequence);

    private final String[] trips;
    private final String[] labels;
    private final float[] speed;
    private final float[] gap;
    private final float[] leaderSpeed;

    private CarFollowingStretches(String[] trips, String[] labels, float[] speed, float[] gap, float[] leaderSpeed) {
        this.trips = trips;
        this.labels = labels;
        this.speed = speed;
        this.gap = gap;
        this.leaderSpeed = leaderSpeed;
    }

    /**
     * Cuts all stretches from samples of any number of trips in any order; samples that {@link SampleCheck} rejects are
     * left out. Steps lie 0.1 s apart from the first sample of a run on, on straight lines between samples where there
     * is none at that time; holes of more than three steps end a run.
     */
    public static CarFollowingStretches of(Collection<FollowingSample> samples) {
        List<FollowingSample> sorted = new ArrayList<>(samples);
        sorted.sort(ORDER);
        List<List<FollowingSample>> pieces = new ArrayList<>();
        List<FollowingSample> run = new ArrayList<>();
        FollowingSample previous = null;
        long nextMs = 0;
        for (FollowingSample sample : sorted) {
            if (SampleCheck.check(previous, sample).isPresent()) {
                continue;
            }
            if (previous == null || !near(previous, sample)) {
                cut(run, pieces);
                run = new ArrayList<>();
                run.add(sample);
                nextMs = sample.timeMs() + CarFollowing.STEP_MS;
            } else {
                for (; nextMs <= sample.timeMs(); nextMs += CarFollowing.STEP_MS) {
                    run.add(StepGrid.between(previous, sample, nextMs));
                }
            }
            previous = sample;
        }
        cut(run, pieces);
        return join(pieces);
    }

    private static boolean near(FollowingSample previous, FollowingSample sample) {
        return previous.trip().equals(sample.trip())
                && previous.vehicle().equals(sample.vehicle())
                && sample.timeMs() - previous.timeMs() <= FollowingFeaturiser.BRIDGED_MS;
    }

    private static void cut(List<FollowingSample> run, List<List<FollowingSample>> pieces) {
        for (int start = 0; start + SAMPLES <= run.size(); start += DRIVEN) {
            pieces.add(run.subList(start, start + SAMPLES));
        }
    }

    private static CarFollowingStretches join(List<List<FollowingSample>> pieces) {
        int count = pieces.size();
        String[] trips = new String[count];
        String[] labels = new String[count];
        float[] speed = new float[count * SAMPLES];
        float[] gap = new float[count * SAMPLES];
        float[] leaderSpeed = new float[count * SAMPLES];
        for (int i = 0; i < count; i++) {
            List<FollowingSample> piece = pieces.get(i);
            trips[i] = piece.get(HISTORY).trip();
            labels[i] = piece.get(HISTORY).label();
            for (int t = 0; t < SAMPLES; t++) {
                FollowingSample sample = piece.get(t);
                speed[i * SAMPLES + t] = (float) Math.max(0, sample.speedMetersPerSecond());
                gap[i * SAMPLES + t] = (float) sample.gapMeters();
                leaderSpeed[i * SAMPLES + t] = (float) Math.max(0, sample.leaderSpeedMetersPerSecond());
            }
        }
        return new CarFollowingStretches(trips, labels, speed, gap, leaderSpeed);
    }

    /** Returns the number of stretches. */
    public int count() {
        return trips.length;
    }

    /** Returns the trip of stretch {@code i}. */
    public String trip(int i) {
        return trips[i];
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
        String[] keptLabels = new String[kept.length];
        float[][] columns = {speed, gap, leaderSpeed};
        float[][] keptColumns = new float[3][kept.length * SAMPLES];
        for (int i = 0; i < kept.length; i++) {
            keptTrips[i] = trips[kept[i]];
            keptLabels[i] = labels[kept[i]];
            for (int c = 0; c < columns.length; c++) {
                System.arraycopy(columns[c], kept[i] * SAMPLES, keptColumns[c], i * SAMPLES, SAMPLES);
            }
        }
        return new CarFollowingStretches(keptTrips, keptLabels, keptColumns[0], keptColumns[1], keptColumns[2]);
    }
}
