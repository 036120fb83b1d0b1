package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingFeaturiser;
import dev.understudy.driving.FollowingSample;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What serving remembers of one vehicle, and how that lies in the store. */
final class VehicleEntry {
    private static final byte FORMAT = 1;
    /** Sequence numbers this far behind the newest are told apart; older ones count as seen. */
    private static final int SEEN = Long.SIZE;

    /** What a sequence number is, by those seen before. */
    enum Arrival {
        NEXT,
        LATE,
        SEEN_BEFORE
    }

    final float[] memory;
    String trip = "";
    long sequence = -1;
    /** Bit i: sequence - i was seen. */
    long seen;

    String previousTrip = "";
    long previousSequence = -1;
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
        if (!sample.trip().equals(trip)) {
            boolean old = sample.trip().equals(previousTrip);
            return !old ? Arrival.NEXT : sample.sequence() <= previousSequence ? Arrival.SEEN_BEFORE : Arrival.LATE;
        }
        long behind = sequence - sample.sequence();
        if (behind < 0) {
            return Arrival.NEXT;
        }
        return behind >= SEEN || (seen & 1L << behind) != 0 ? Arrival.SEEN_BEFORE : Arrival.LATE;
    }

    /** Takes note of an observation's number. */
    void number(FollowingSample sample) {
        if (sample.trip().equals(previousTrip) && !previousTrip.isEmpty()) {
            previousSequence = Math.max(previousSequence, sample.sequence());
            return;
        }
        if (!sample.trip().equals(trip)) {
            previousTrip = trip;
            previousSequence = sequence;
            trip = sample.trip();
            sequence = sample.sequence();
            seen = 1;
            // As in training, nothing of another trip is carried over: see FollowingFeaturiser.arrive.
            measured = false;
            action = Float.NaN;
            return;
        }
        long ahead = sample.sequence() - sequence;
        if (ahead > 0) {
            seen = ahead >= SEEN ? 1 : seen << ahead | 1;
            sequence = sample.sequence();
        } else if (ahead > -SEEN) {
            seen |= 1L << -ahead;
        }
    }

    /** Returns the last usable measurement as a sample of this trip, null if there is none. */
    @Nullable
    FollowingSample measured(String ofTrip) {
        return measured && ofTrip.equals(trip)
                ? new FollowingSample("", trip, 0, timeMs, Actor.MIXED, "", speed, gap, leaderSpeed)
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
        byte[] tripBytes = trip.getBytes(StandardCharsets.UTF_8);
        byte[] previousBytes = previousTrip.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(2
                + 6 * Long.BYTES
                + 3 * Double.BYTES
                + Float.BYTES * (1 + memory.length)
                + 3 * Integer.BYTES
                + tripBytes.length
                + previousBytes.length);
        out.put(FORMAT).put((byte) (measured ? 1 : 0));
        out.putLong(sequence)
                .putLong(seen)
                .putLong(previousSequence)
                .putLong(offset)
                .putLong(timeMs);
        out.putLong(actionTimeMs)
                .putDouble(speed)
                .putDouble(gap)
                .putDouble(leaderSpeed)
                .putFloat(action);
        out.putInt(memory.length);
        for (float value : memory) {
            out.putFloat(value);
        }
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
        long[] numbers = new long[6];
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
        boolean fits = memory.length == FollowingFeaturiser.MEMORY_SIZE;
        VehicleEntry entry = fits ? new VehicleEntry(memory) : new VehicleEntry();
        entry.measured = fits && measured;
        entry.sequence = numbers[0];
        entry.seen = numbers[1];
        entry.previousSequence = numbers[2];
        entry.offset = numbers[3];
        entry.timeMs = numbers[4];
        entry.actionTimeMs = numbers[5];
        entry.speed = speed;
        entry.gap = gap;
        entry.leaderSpeed = leaderSpeed;
        entry.action = action;
        entry.trip = text(in);
        entry.previousTrip = text(in);
        return entry;
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
