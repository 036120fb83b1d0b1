package dev.understudy.driving;

import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Steps;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Turns the samples of one car into observations: each is checked against the one before ({@link SampleCheck}), laid on
 * a grid of 0.1 s ({@link StepGrid}), and taken into what is remembered of the car ({@link FollowingMemory}). A sample
 * between two steps is observed by the filters carried on for that part of a step.
 */
final class FollowingFeaturiser implements Featuriser<FollowingSample> {
    private static final byte FORMAT = 1;

    private final float[] memory;
    private final StepGrid grid;
    /** The last usable sample. */
    private @Nullable FollowingSample previous;

    /** Creates the featuriser of a car that nothing is known of. */
    FollowingFeaturiser() {
        this(FollowingMemory.newMemory(), new StepGrid());
    }

    private FollowingFeaturiser(float[] memory, StepGrid grid) {
        this.memory = memory;
        this.grid = grid;
    }

    @Override
    public @Nullable Refusal observe(
            FollowingSample sample, boolean expert, Rows target, int row, Steps<FollowingSample> steps) {
        if (grid.arrive(sample)) {
            FollowingMemory.breakHistory(memory);
        }
        Refusal fault = SampleCheck.check(previous, sample);
        if (fault != null) {
            return fault;
        }
        if (grid.isTooSlow()) {
            steps.breaks();
            FollowingMemory.breakHistory(memory);
            return RejectReason.RATE_TOO_LOW;
        }
        boolean joins = grid.joins(previous, sample);
        if (!joins) {
            steps.breaks();
        }
        boolean isEnough = false;
        boolean isStep = false;
        FollowingSample before = previous;
        for (FollowingSample point : grid.points(previous, sample, joins)) {
            FollowingMemory.arrive(
                    memory, before == null ? null : before.trip(), before == null ? 0 : before.timeMs(), point);
            isEnough = take(point, memory, expert, target, row);
            isStep = point.timeMs() == sample.timeMs();
            steps.step(point, isEnough);
            before = point;
        }
        previous = sample;
        if (!isStep) {
            isEnough = FollowingMemory.observeBetween(
                    memory,
                    grid.secondsSincePoint(sample.timeMs()),
                    sample.speedMetersPerSecond(),
                    sample.gapMeters(),
                    sample.leaderSpeedMetersPerSecond(),
                    target.floats(),
                    row * target.columns());
        }
        return isEnough ? null : GeneralRefusal.SHORT_HISTORY;
    }

    @Override
    public @Nullable Refusal observeAgain(FollowingSample sample, boolean expert, Rows target, int row) {
        Refusal fault = SampleCheck.check(null, sample);
        if (fault != null) {
            return fault;
        }
        return take(sample, memory.clone(), expert, target, row) ? null : GeneralRefusal.SHORT_HISTORY;
    }

    private static boolean take(FollowingSample sample, float[] memory, boolean expert, Rows target, int row) {
        return FollowingMemory.observe(
                memory,
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond(),
                expert,
                target.floats(),
                row * target.columns());
    }

    @Override
    public void begin() {
        previous = null;
    }

    @Override
    public int bytes() {
        return 2
                + Integer.BYTES
                + Float.BYTES * memory.length
                + grid.bytes()
                + (previous == null ? 0 : Integer.BYTES + 4 * Long.BYTES + utf8(previous).length);
    }

    private static byte[] utf8(FollowingSample sample) {
        return sample.trip().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void write(ByteBuffer out) {
        out.put(FORMAT).putInt(memory.length);
        for (float value : memory) {
            out.putFloat(value);
        }
        grid.write(out);
        out.put((byte) (previous == null ? 0 : 1));
        if (previous != null) {
            byte[] trip = utf8(previous);
            out.putInt(trip.length).put(trip).putLong(previous.timeMs());
            out.putDouble(previous.speedMetersPerSecond())
                    .putDouble(previous.gapMeters())
                    .putDouble(previous.leaderSpeedMetersPerSecond());
        }
    }

    /** Reads what {@link #write} wrote; one of another format or size of memory starts afresh. */
    static FollowingFeaturiser read(ByteBuffer in) {
        if (in.get() != FORMAT || in.getInt() != FollowingMemory.MEMORY_SIZE) {
            return new FollowingFeaturiser();
        }
        float[] memory = FollowingMemory.newMemory();
        for (int i = 0; i < memory.length; i++) {
            memory[i] = in.getFloat();
        }
        FollowingFeaturiser featuriser = new FollowingFeaturiser(memory, StepGrid.read(in));
        if (in.get() != 0) {
            byte[] trip = new byte[in.getInt()];
            in.get(trip);
            // Of the last sample nothing but its trip, time and measurements is asked for.
            featuriser.previous = new FollowingSample(
                    "",
                    new String(trip, StandardCharsets.UTF_8),
                    0,
                    in.getLong(),
                    Actor.MIXED,
                    "",
                    in.getDouble(),
                    in.getDouble(),
                    in.getDouble());
        }
        return featuriser;
    }
}
