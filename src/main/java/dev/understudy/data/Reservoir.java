package dev.understudy.data;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A bounded sample of everything seen so far, for rehearsal: pieces of about as many steps, each with the same chance
 * to be there (Vitter 1985, Algorithm R), or with more weight on the recent. Deterministic in its seed and input.
 *
 * <p>With recency r &gt; 0 the n-th piece enters with probability of at least r, so that the memory is refreshed for
 * ever and a piece's chance to survive falls off exponentially, with a mean age of capacity / r pieces.
 */
public final class Reservoir {
    private static final int FORMAT = 2;
    /** The format in which every piece is of one trajectory. */
    private static final int FORMAT_OF_SINGLES = 1;

    private final int capacity;
    private final int pieceSteps;
    private final double recency;
    private final List<List<Trajectory>> pieces = new ArrayList<>();
    /** Short trajectories that do not make a piece yet. */
    private final List<Trajectory> gathered = new ArrayList<>();

    private long seen;
    private long random;

    /**
     * Creates an empty reservoir.
     *
     * @param capacity most pieces kept, at least 1
     * @param pieceSteps steps of a piece, at least 1; what is left at the end of a trajectory makes a shorter piece if
     *     it has at least half of them. Trajectories of fewer than half are gathered whole until they make a piece
     *     together, and kept until then, so that every step of short runs, such as corrections of a policy, counts as
     *     much as one of a long run
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
        if (2 * trajectory.steps() < pieceSteps) {
            gather(trajectory);
            return;
        }
        for (int start = 0; 2 * (trajectory.steps() - start) >= pieceSteps; start += pieceSteps) {
            int steps = Math.min(pieceSteps, trajectory.steps() - start);
            offerPiece(List.of(cut(trajectory, start, steps)));
        }
    }

    private void gather(Trajectory trajectory) {
        gathered.add(trajectory);
        if (gathered.stream().mapToInt(Trajectory::steps).sum() >= pieceSteps) {
            offerPiece(List.copyOf(gathered));
            gathered.clear();
        }
    }

    private void offerPiece(List<Trajectory> piece) {
        seen++;
        if (pieces.size() < capacity) {
            pieces.add(piece);
        } else if (nextUniform() < Math.max((double) capacity / seen, recency)) {
            pieces.set((int) (nextUniform() * capacity), piece);
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

    /** Returns the trajectories of all pieces kept and those gathered for the next, as an unmodifiable copy. */
    public List<Trajectory> trajectories() {
        return Stream.concat(pieces.stream().flatMap(List::stream), gathered.stream())
                .toList();
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
            for (List<Trajectory> piece : pieces) {
                write(out, piece);
            }
            write(out, gathered);
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
            if (format != FORMAT && format != FORMAT_OF_SINGLES) {
                throw new IllegalArgumentException(
                        "expected reservoir of format %d or %d, got %d".formatted(FORMAT_OF_SINGLES, FORMAT, format));
            }
            Reservoir reservoir = new Reservoir(in.readInt(), in.readInt(), in.readDouble(), 0);
            reservoir.seen = in.readLong();
            reservoir.random = in.readLong();
            for (int left = in.readInt(); left > 0; left--) {
                reservoir.pieces.add(
                        format == FORMAT_OF_SINGLES ? List.of(TrajectoryBytes.read(in)) : List.copyOf(read(in)));
            }
            if (format == FORMAT) {
                reservoir.gathered.addAll(read(in));
            }
            return reservoir;
        } catch (IOException e) {
            throw new IllegalArgumentException("reservoir of %d bytes ends early".formatted(bytes.length), e);
        }
    }

    private static void write(DataOutputStream out, List<Trajectory> trajectories) throws IOException {
        out.writeInt(trajectories.size());
        for (Trajectory trajectory : trajectories) {
            TrajectoryBytes.write(out, trajectory);
        }
    }

    private static List<Trajectory> read(DataInputStream in) throws IOException {
        List<Trajectory> trajectories = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            trajectories.add(TrajectoryBytes.read(in));
        }
        return trajectories;
    }
}
