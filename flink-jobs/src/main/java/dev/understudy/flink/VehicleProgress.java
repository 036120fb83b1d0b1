package dev.understudy.flink;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * How far the logs of one vehicle have been read: which records were seen, which wait for the watermark, and which are
 * inside the assembler. Kept as keyed state.
 */
final class VehicleProgress {
    /** How many trips of a vehicle are remembered for the sake of duplicates. */
    static final int TRIPS = 8;

    /** A sample and where its record was. */
    record Located(FollowingSample sample, int partition, long offset) {
        private boolean isOf(FollowingSample other) {
            return sample.sequence() == other.sequence() && sample.trip().equals(other.trip());
        }
    }

    private static final Comparator<Located> BY_TIME = Comparator.<Located>comparingLong(
                    located -> located.sample().timeMs())
            .thenComparing(located -> located.sample().trip())
            .thenComparingLong(located -> located.sample().sequence());

    private final Map<String, SequenceSet> seen = new LinkedHashMap<>();
    private final PriorityQueue<Located> waiting = new PriorityQueue<>(BY_TIME);
    private final ArrayDeque<Located> inAssembler = new ArrayDeque<>();
    private FollowingAssembler.State assembler = new FollowingAssembler.State();

    /** Event time up to which samples were released, and beneath which a new one is late. */
    long releasedUntilMs = Long.MIN_VALUE;

    /** Time of the last sample given to the assembler; {@link Long#MIN_VALUE} once its run was closed. */
    long lastOfferedMs = Long.MIN_VALUE;

    /** Time of the timer that releases the first waiting sample; {@link Long#MAX_VALUE} if there is none. */
    long releaseTimerMs = Long.MAX_VALUE;

    private @Nullable String lastTrip;
    private long lastSequence;

    FollowingAssembler.State assembler() {
        return assembler;
    }

    /** Notes that a record was seen and returns whether it is the first of its trip and sequence. */
    boolean firstSight(FollowingSample sample) {
        SequenceSet trip = seen.get(sample.trip());
        if (trip == null) {
            trip = new SequenceSet();
            seen.put(sample.trip(), trip);
            if (seen.size() > TRIPS) {
                Iterator<String> oldest = seen.keySet().iterator();
                oldest.next();
                oldest.remove();
            }
        }
        return trip.add(sample.sequence());
    }

    void await(Located located) {
        waiting.add(located);
    }

    /** Returns the time of the first waiting sample, {@link Long#MAX_VALUE} if none waits. */
    long firstWaitingMs() {
        Located first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.sample().timeMs();
    }

    /** Removes and returns the first waiting sample if its time has come. */
    @Nullable
    Located release(long watermarkMs) {
        return firstWaitingMs() <= watermarkMs ? waiting.poll() : null;
    }

    /** Notes the sample as the latest of its vehicle and returns whether its sequence goes on rising in its trip. */
    boolean inSequence(FollowingSample sample) {
        if (sample.trip().equals(lastTrip) && sample.sequence() <= lastSequence) {
            return false;
        }
        lastTrip = sample.trip();
        lastSequence = sample.sequence();
        return true;
    }

    void enterAssembler(Located located) {
        inAssembler.addLast(located);
    }

    /** Returns where the record of a sample was that is in the assembler. */
    Located inAssembler(FollowingSample sample) {
        for (Located located : inAssembler) {
            if (located.isOf(sample)) {
                return located;
            }
        }
        throw new IllegalStateException("expected a sample that was put into the assembler, got " + sample);
    }

    /** Returns where the record of a sample was that comes out of the assembler. */
    Located leaveAssembler(FollowingSample sample) {
        for (Iterator<Located> each = inAssembler.iterator(); each.hasNext(); ) {
            Located located = each.next();
            if (located.isOf(sample)) {
                each.remove();
                return located;
            }
        }
        throw new IllegalStateException("expected a sample that was put into the assembler, got " + sample);
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<VehicleProgress> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<VehicleProgress> type() {
            return VehicleProgress.class;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(VehicleProgress progress, DataOutputView out) throws IOException {
            out.writeInt(progress.seen.size());
            for (Map.Entry<String, SequenceSet> trip : progress.seen.entrySet()) {
                out.writeUTF(trip.getKey());
                trip.getValue().write(out);
            }
            out.writeInt(progress.waiting.size());
            for (Located located : progress.waiting) {
                writeLocated(located, out);
            }
            out.writeInt(progress.inAssembler.size());
            for (Located located : progress.inAssembler) {
                writeLocated(located, out);
            }
            Codec.writeBytes(progress.assembler.toBytes(), out);
            out.writeLong(progress.releasedUntilMs);
            out.writeLong(progress.lastOfferedMs);
            out.writeLong(progress.releaseTimerMs);
            out.writeBoolean(progress.lastTrip != null);
            out.writeUTF(progress.lastTrip == null ? "" : progress.lastTrip);
            out.writeLong(progress.lastSequence);
        }

        @Override
        public VehicleProgress read(int version, DataInputView in) throws IOException {
            VehicleProgress progress = new VehicleProgress();
            for (int left = in.readInt(); left > 0; left--) {
                progress.seen.put(in.readUTF(), SequenceSet.read(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                progress.waiting.add(readLocated(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                progress.inAssembler.addLast(readLocated(in));
            }
            progress.assembler = FollowingAssembler.State.fromBytes(Codec.readBytes(in));
            progress.releasedUntilMs = in.readLong();
            progress.lastOfferedMs = in.readLong();
            progress.releaseTimerMs = in.readLong();
            boolean hasTrip = in.readBoolean();
            String trip = in.readUTF();
            progress.lastTrip = hasTrip ? trip : null;
            progress.lastSequence = in.readLong();
            return progress;
        }

        private static void writeLocated(Located located, DataOutputView out) throws IOException {
            Binary.writeSample(located.sample(), out);
            out.writeInt(located.partition());
            out.writeLong(located.offset());
        }

        private static Located readLocated(DataInputView in) throws IOException {
            return new Located(Binary.readSample(in), in.readInt(), in.readLong());
        }
    }
}
