package dev.understudy.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A bounded sample of everything seen so far, for rehearsal: fixed-length pieces of trajectories, each with the same
 * chance to be there (Vitter 1985, Algorithm R), or with more weight on the recent. Deterministic in its seed and
 * input.
 *
 * <p>With recency r &gt; 0 the n-th piece enters with probability of at least r, so that the memory is refreshed for
 * ever and a piece's chance to survive falls off exponentially, with a mean age of capacity / r pieces.
 */
public final class Reservoir {
    private static final int FORMAT = 1;

    private final int capacity;
    private final int pieceSteps;
    private final double recency;
    private final List<Trajectory> pieces = new ArrayList<>();
    private long seen;
    private long random;

    /**
     * Creates an empty reservoir.
     *
     * @param capacity most pieces kept, at least 1
     * @param pieceSteps steps of a piece, at least 1; what is left at the end of a trajectory makes a shorter piece if
     *     it has at least half of them. A trajectory of fewer than half is offered whole, by chance in proportion to
     *     its steps, so that logs of short runs are remembered too
     * @param recency lowest probability with which a new piece enters, 0 (uniform over everything seen) to 1
     * @param seed what the draws follow from
     */
    public Reservoir(int capacity, int pieceSteps, double recency, long seed) {
        if (capacity < 1 || pieceSteps < 1 || !(recency >= 0 && recency <= 1)) {
            throw new IllegalArgumentException(
                    "expected capacity >= 1, steps >= 1 and recency from 0 to 1, got %d, %d and %s"
                            .formatted(capacity, pieceSteps, recency));
        }
        this.capacity = capacity;
        this.pieceSteps = pieceSteps;
        this.recency = recency;
        this.random = seed;
    }

    /** Offers a trajectory, cut into pieces. */
    public void offer(Trajectory trajectory) {
        for (int start = 0; start < trajectory.steps(); start += pieceSteps) {
            int steps = Math.min(pieceSteps, trajectory.steps() - start);
            double chance = 2.0 * steps / pieceSteps;
            if (chance >= 1 || (start == 0 && nextUniform() < chance)) {
                offerPiece(trajectory, start, steps);
            }
        }
    }

    private void offerPiece(Trajectory trajectory, int start, int steps) {
        seen++;
        if (pieces.size() < capacity) {
            pieces.add(cut(trajectory, start, steps));
        } else if (nextUniform() < Math.max((double) capacity / seen, recency)) {
            pieces.set((int) (nextUniform() * capacity), cut(trajectory, start, steps));
        }
    }

    private static Trajectory cut(Trajectory whole, int start, int steps) {
        int after = whole.observations().rows() > start + steps ? 1 : 0;
        return new Trajectory(
                whole.trip(),
                whole.entity(),
                whole.startMs() + start * whole.stepMs(),
                whole.stepMs(),
                whole.observations().copyOf(start, steps + after),
                (Matrix) whole.actions().copyOf(start, steps));
    }

    /**
     * Returns a number from 0 inclusive to 1 exclusive: SplitMix64 (Steele, Lea and Flood 2014), whose state is one
     * long.
     */
    private double nextUniform() {
        random += 0x9E3779B97F4A7C15L;
        long z = random;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z ^= z >>> 31;
        return (z >>> 11) * 0x1.0p-53;
    }

    /** Returns the pieces kept, as an unmodifiable copy. */
    public List<Trajectory> pieces() {
        return List.copyOf(pieces);
    }

    /** Returns the number of pieces ever offered. */
    public long seen() {
        return seen;
    }

    /** Returns the whole reservoir as bytes, big-endian, after a version. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(FORMAT);
            out.writeInt(capacity);
            out.writeInt(pieceSteps);
            out.writeDouble(recency);
            out.writeLong(seen);
            out.writeLong(random);
            out.writeInt(pieces.size());
            for (Trajectory piece : pieces) {
                TrajectoryBytes.write(out, piece);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads what {@link #toBytes} wrote.
     *
     * @throws IllegalArgumentException if the bytes are of another format or end early
     */
    public static Reservoir fromBytes(byte[] bytes) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int format = in.readInt();
            if (format != FORMAT) {
                throw new IllegalArgumentException("expected reservoir of format %d, got %d".formatted(FORMAT, format));
            }
            Reservoir reservoir = new Reservoir(in.readInt(), in.readInt(), in.readDouble(), 0);
            reservoir.seen = in.readLong();
            reservoir.random = in.readLong();
            for (int left = in.readInt(); left > 0; left--) {
                reservoir.pieces.add(TrajectoryBytes.read(in));
            }
            return reservoir;
        } catch (IOException e) {
            throw new IllegalArgumentException("reservoir of %d bytes ends early".formatted(bytes.length), e);
        }
    }
}
