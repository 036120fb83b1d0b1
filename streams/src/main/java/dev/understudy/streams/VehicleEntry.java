package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingFeaturiser;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.StepGrid;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one vehicle, and how that lies in the store. */
final class VehicleEntry {
    private static final byte FORMAT = 4;

    final float[] memory;
    /** Which steps the observations make. */
    StepGrid grid = new StepGrid();
    /** The trip that is driven, and the one before: a stray record of another trip must not end the one under way. */
    private TripEntry current = new TripEntry("");

    private TripEntry previous = new TripEntry("");
    /** Offset of the newest observation taken in. */
    long offset = -1;
    /** The last usable measurement. */
    boolean measured;

    long timeMs;
    double speed;
    double gap;
    double leaderSpeed;
    /** The last action, NaN if there was none, and its event time. */
    float action = Float.NaN;

    long actionTimeMs;

    VehicleEntry() {
        memory = FollowingFeaturiser.newMemory();
    }

    private VehicleEntry(float[] memory) {
        this.memory = memory;
    }

    private @Nullable TripEntry trip(String trip) {
        return trip.equals(current.trip) ? current : trip.equals(previous.trip) ? previous : null;
    }

    /** Returns whether an observation came before, without taking note of it. */
    boolean wasSeen(FollowingSample sample) {
        TripEntry entry = trip(sample.trip());
        return entry != null && entry.wasSeen(sample);
    }

    /** Returns the newest number of a trip, -1 if it is not one of the last two. */
    long newest(String trip) {
        TripEntry entry = trip(trip);
        return entry == null ? -1 : entry.newest();
    }

    /** Returns the time of a trip by its observations so far, 0 if it is not one of the last two. */
    long timeMs(String trip) {
        TripEntry entry = trip(trip);
        return entry == null ? 0 : entry.timeMs();
    }

    /** Returns whether the time of an observation that came before goes with its trip as it is now. */
    boolean goesOn(FollowingSample sample, long sentMs) {
        TripEntry entry = trip(sample.trip());
        return entry == null || entry.goesOn(sample, sentMs);
    }

    /**
     * Takes note of an observation that did not come before; returns whether its time is believed. As in training,
     * nothing is carried over from another trip (see {@link FollowingFeaturiser#arrive}) or from a time that was put
     * back.
     *
     * @param sentMs when it was sent, {@link dev.understudy.driving.TimeJumps#UNKNOWN} if nobody knows
     */
    boolean take(FollowingSample sample, long sentMs) {
        TripEntry entry = trip(sample.trip());
        boolean goesOn = entry == null || sample.sequence() > entry.newest();
        if (entry == null) {
            entry = new TripEntry(sample.trip());
        }
        TripEntry.Time time = entry.take(sample, sentMs);
        boolean isAnother = entry != current && goesOn && time != TripEntry.Time.DOUBTED;
        if (isAnother) {
            previous = current;
            current = entry;
        }
        if (isAnother || (entry == current && time == TripEntry.Time.BEGINS_ANEW)) {
            measured = false;
            action = Float.NaN;
        }
        return time != TripEntry.Time.DOUBTED;
    }

    /** Returns the last usable measurement as a sample of this trip, null if there is none. */
    @Nullable
    FollowingSample measured(String ofTrip) {
        return measured && ofTrip.equals(current.trip)
                ? new FollowingSample("", ofTrip, 0, timeMs, Actor.MIXED, "", speed, gap, leaderSpeed)
                : null;
    }

    /** Takes note of a usable measurement. */
    void measure(FollowingSample sample) {
        measured = true;
        timeMs = sample.timeMs();
        speed = sample.speedMetersPerSecond();
        gap = sample.gapMeters();
        leaderSpeed = sample.leaderSpeedMetersPerSecond();
    }

    byte[] toBytes() {
        byte[] gridBytes = grid.toBytes();
        byte[] currentBytes = current.toBytes();
        byte[] previousBytes = previous.toBytes();
        ByteBuffer out = ByteBuffer.allocate(2
                + 3 * Long.BYTES
                + 3 * Double.BYTES
                + Float.BYTES * (1 + memory.length)
                + 4 * Integer.BYTES
                + gridBytes.length
                + currentBytes.length
                + previousBytes.length);
        out.put(FORMAT).put((byte) (measured ? 1 : 0));
        out.putLong(offset).putLong(timeMs).putLong(actionTimeMs);
        out.putDouble(speed).putDouble(gap).putDouble(leaderSpeed).putFloat(action);
        out.putInt(memory.length);
        for (float value : memory) {
            out.putFloat(value);
        }
        out.putInt(gridBytes.length).put(gridBytes);
        out.putInt(currentBytes.length).put(currentBytes);
        out.putInt(previousBytes.length).put(previousBytes);
        return out.array();
    }

    /** Reads an entry; one of another format or of another featuriser starts afresh, as nothing else can be done. */
    static VehicleEntry fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.get() != FORMAT) {
            return new VehicleEntry();
        }
        boolean measured = in.get() != 0;
        long offset = in.getLong();
        long timeMs = in.getLong();
        long actionTimeMs = in.getLong();
        double speed = in.getDouble();
        double gap = in.getDouble();
        double leaderSpeed = in.getDouble();
        float action = in.getFloat();
        float[] memory = new float[in.getInt()];
        for (int i = 0; i < memory.length; i++) {
            memory[i] = in.getFloat();
        }
        boolean fits = memory.length == FollowingFeaturiser.MEMORY_SIZE;
        VehicleEntry entry = fits ? new VehicleEntry(memory) : new VehicleEntry();
        entry.grid = StepGrid.fromBytes(take(in));
        entry.measured = fits && measured;
        entry.offset = offset;
        entry.timeMs = timeMs;
        entry.actionTimeMs = actionTimeMs;
        entry.speed = speed;
        entry.gap = gap;
        entry.leaderSpeed = leaderSpeed;
        entry.action = action;
        entry.current = TripEntry.fromBytes(take(in));
        entry.previous = TripEntry.fromBytes(take(in));
        return entry;
    }

    private static byte[] take(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return bytes;
    }
}
