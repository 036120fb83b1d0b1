package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingFeaturiser;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.StepGrid;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one vehicle, and how that lies in the store. */
final class VehicleEntry {
    private static final byte FORMAT = 3;
    /** Sequence numbers this far behind the newest are told apart; older ones count as seen. */
    private static final int SEEN = Long.SIZE;

    /** What a sequence number is, by those seen before. */
    enum Arrival {
        NEXT,
        LATE,
        SEEN_BEFORE
    }

    /** Which observations of one trip came. */
    private static final class Numbers {
        private final String trip;
        private long newest;
        /** Bit i: newest - i was seen. */
        private long seen;

        Numbers(String trip, long newest, long seen) {
            this.trip = trip;
            this.newest = newest;
            this.seen = seen;
        }

        Arrival arrival(long sequence) {
            long behind = newest - sequence;
            if (behind < 0) {
                return Arrival.NEXT;
            }
            return behind >= SEEN || (seen & 1L << behind) != 0 ? Arrival.SEEN_BEFORE : Arrival.LATE;
        }

        void note(long sequence) {
            long ahead = sequence - newest;
            if (ahead > 0) {
                seen = ahead >= SEEN ? 1 : seen << ahead | 1;
                newest = sequence;
            } else if (ahead > -SEEN) {
                seen |= 1L << -ahead;
            }
        }
    }

    final float[] memory;
    /** Which steps the observations make. */
    StepGrid grid = new StepGrid();
    /** The trip that is driven, and the one before: a stray record of another trip must not end the one under way. */
    private Numbers current = new Numbers("", -1, 0);

    private Numbers previous = new Numbers("", -1, 0);
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

    /** Tells what an observation is by its number, without taking note of it. */
    Arrival arrival(FollowingSample sample) {
        Numbers numbers = numbers(sample.trip());
        return numbers == null ? Arrival.NEXT : numbers.arrival(sample.sequence());
    }

    private @Nullable Numbers numbers(String trip) {
        return trip.equals(current.trip) ? current : trip.equals(previous.trip) ? previous : null;
    }

    /** Returns the newest number of a trip, -1 if it is not one of the last two. */
    long newest(String trip) {
        Numbers numbers = numbers(trip);
        return numbers == null ? -1 : numbers.newest;
    }

    /** Takes note of an observation's number. */
    void number(FollowingSample sample) {
        Numbers numbers = numbers(sample.trip());
        boolean goesOn = numbers == null || sample.sequence() > numbers.newest;
        if (numbers == null) {
            numbers = new Numbers(sample.trip(), sample.sequence(), 1);
        } else {
            numbers.note(sample.sequence());
        }
        if (numbers != current && goesOn) {
            previous = current;
            current = numbers;
            // As in training, nothing of another trip is carried over: see FollowingFeaturiser.arrive.
            measured = false;
            action = Float.NaN;
        }
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
        byte[] tripBytes = current.trip.getBytes(StandardCharsets.UTF_8);
        byte[] previousBytes = previous.trip.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(2
                + 7 * Long.BYTES
                + 3 * Double.BYTES
                + Float.BYTES * (1 + memory.length)
                + 4 * Integer.BYTES
                + gridBytes.length
                + tripBytes.length
                + previousBytes.length);
        out.put(FORMAT).put((byte) (measured ? 1 : 0));
        out.putLong(current.newest).putLong(current.seen);
        out.putLong(previous.newest).putLong(previous.seen);
        out.putLong(offset).putLong(timeMs);
        out.putLong(actionTimeMs)
                .putDouble(speed)
                .putDouble(gap)
                .putDouble(leaderSpeed)
                .putFloat(action);
        out.putInt(memory.length);
        for (float value : memory) {
            out.putFloat(value);
        }
        out.putInt(gridBytes.length).put(gridBytes);
        out.putInt(tripBytes.length).put(tripBytes).putInt(previousBytes.length).put(previousBytes);
        return out.array();
    }

    /** Reads an entry; one of another format or of another featuriser starts afresh, as nothing else can be done. */
    static VehicleEntry fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (in.get() != FORMAT) {
            return new VehicleEntry();
        }
        boolean measured = in.get() != 0;
        long[] numbers = new long[7];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = in.getLong();
        }
        double speed = in.getDouble();
        double gap = in.getDouble();
        double leaderSpeed = in.getDouble();
        float action = in.getFloat();
        float[] memory = new float[in.getInt()];
        for (int i = 0; i < memory.length; i++) {
            memory[i] = in.getFloat();
        }
        byte[] grid = new byte[in.getInt()];
        in.get(grid);
        boolean fits = memory.length == FollowingFeaturiser.MEMORY_SIZE;
        VehicleEntry entry = fits ? new VehicleEntry(memory) : new VehicleEntry();
        entry.grid = StepGrid.fromBytes(grid);
        entry.measured = fits && measured;
        entry.offset = numbers[4];
        entry.timeMs = numbers[5];
        entry.actionTimeMs = numbers[6];
        entry.speed = speed;
        entry.gap = gap;
        entry.leaderSpeed = leaderSpeed;
        entry.action = action;
        entry.current = new Numbers(text(in), numbers[0], numbers[1]);
        entry.previous = new Numbers(text(in), numbers[2], numbers[3]);
        return entry;
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
