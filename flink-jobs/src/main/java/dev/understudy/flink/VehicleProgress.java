package dev.understudy.flink;

import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.TimeJumps;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * How far the logs of one vehicle have been read: which records were seen, whose time is doubted, and the two lanes in
 * which samples become steps, one for those that came in time and one for those that came late. Kept as keyed state.
 */
final class VehicleProgress {
    /** How many trips of a vehicle are remembered for the sake of duplicates. */
    static final int TRIPS = 8;

    /**
     * A sample and where its record was.
     *
     * @param clockMs the watermark when its turn came
     */
    record Located(FollowingSample sample, int partition, long offset, long clockMs) {
        private boolean isOf(FollowingSample other) {
            return sample.sequence() == other.sequence() && sample.trip().equals(other.trip());
        }
    }

    /** What is known of one trip. */
    static final class Trip {
        private SequenceSet seen = new SequenceSet();
        private TimeJumps<Located> jumps = new TimeJumps<>();
    }

    /** Samples on their way through an assembler, in their order. */
    static final class Lane {
        private final ArrayDeque<Located> inAssembler = new ArrayDeque<>();
        private FollowingAssembler.State assembler = new FollowingAssembler.State();
        private @Nullable String lastTrip;
        private long lastSequence;
        private long beginnings;

        /** When the last sample was given to the assembler; {@link Long#MIN_VALUE} once the run was closed. */
        long lastOfferedMs = Long.MIN_VALUE;

        FollowingAssembler.State assembler() {
            return assembler;
        }

        /** Notes the sample as the latest of its lane and returns whether its sequence goes on rising in its trip. */
        boolean inSequence(FollowingSample sample) {
            if (sample.trip().equals(lastTrip) && sample.sequence() <= lastSequence) {
                return false;
            }
            lastTrip = sample.trip();
            lastSequence = sample.sequence();
            return true;
        }

        /**
         * Returns whether a sample is so far behind the last that time was put back, or an earlier piece came later.
         */
        boolean isBehind(FollowingSample sample) {
            return sample.trip().equals(lastTrip)
                    && assembler.lastTimeMs().orElse(Long.MIN_VALUE) - TimeJumps.REACH_MS > sample.timeMs();
        }

        /** Forgets what was assembled, as if nothing had come yet. */
        void beginAnew() {
            assembler = new FollowingAssembler.State();
            lastTrip = null;
            lastOfferedMs = Long.MIN_VALUE;
            beginnings++;
        }

        /** Returns the number of a trajectory, unique in this lane, by its number since it began. */
        long numbered(long trajectory) {
            return (beginnings << 32) + trajectory;
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
    }

    private static final Comparator<Located> BY_TIME = Comparator.<Located>comparingLong(
                    located -> located.sample().timeMs())
            .thenComparing(located -> located.sample().trip())
            .thenComparingLong(located -> located.sample().sequence());

    private static final Comparator<Located> BY_SEQUENCE = Comparator.<Located, String>comparing(
                    located -> located.sample().trip())
            .thenComparingLong(located -> located.sample().sequence());

    private final Map<String, Trip> trips = new LinkedHashMap<>();
    private final PriorityQueue<Located> waiting = new PriorityQueue<>(BY_TIME);
    private final List<Located> late = new ArrayList<>();

    private Lane timely = new Lane();
    private Lane belated = new Lane();

    /** Time of the timer that releases the first waiting sample; {@link Long#MAX_VALUE} if there is none. */
    long releaseTimerMs = Long.MAX_VALUE;

    /** Returns the lane of the samples that came in time. */
    Lane timely() {
        return timely;
    }

    /** Returns the lane of the samples that came late. */
    Lane belated() {
        return belated;
    }

    /** Returns what is known of a trip, and gives up on the doubts of one that is forgotten for it. */
    Trip trip(String name, TimeJumps.Output<Located> out) {
        Trip trip = trips.get(name);
        if (trip == null) {
            trip = new Trip();
            trips.put(name, trip);
            if (trips.size() > TRIPS) {
                Iterator<Trip> oldest = trips.values().iterator();
                oldest.next().jumps.settleWhile(any -> true, out);
                oldest.remove();
            }
        }
        return trip;
    }

    /** Notes that a record was seen and returns whether it is the first of its trip and sequence. */
    static boolean firstSight(Trip trip, FollowingSample sample) {
        return trip.seen.add(sample.sequence());
    }

    /** Asks whether the time of a sample goes with that of its neighbours in the trip. */
    static void check(Trip trip, Located located, long sentMs, TimeJumps.Output<Located> out) {
        FollowingSample sample = located.sample();
        trip.jumps.offer(sample.sequence(), sample.timeMs(), sentMs, located, out);
    }

    /** Returns whether the time of any sample of a trip is doubted. */
    static boolean hasDoubts(Trip trip) {
        return !trip.jumps.doubted().isEmpty();
    }

    /** Gives up on the doubts about samples that came when the watermark was no later than a time. */
    void settle(long clockMs, TimeJumps.Output<Located> out) {
        for (Trip trip : trips.values()) {
            trip.jumps.settleWhile(located -> located.clockMs() <= clockMs, out);
        }
    }

    void await(Located located) {
        waiting.add(located);
    }

    /** Takes a sample back that waits in one of the lanes; returns whether it was still there. */
    boolean takeBack(FollowingSample sample) {
        return waiting.removeIf(each -> each.sample().equals(sample))
                || late.removeIf(each -> each.sample().equals(sample));
    }

    /** Returns the time of the first waiting sample, {@link Long#MAX_VALUE} if none waits. */
    long firstWaitingMs() {
        Located first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.sample().timeMs();
    }

    /** Removes and returns the first waiting sample if its time has come. */
    @Nullable
    Located release(long timeMs) {
        return firstWaitingMs() <= timeMs ? waiting.poll() : null;
    }

    void awaitLate(Located located) {
        late.add(located);
    }

    /**
     * Removes and returns, by trip and sequence, the late samples that came when the watermark was no later than one
     * time, and those of the same trip with lower sequences that came before another time.
     */
    List<Located> releaseLate(long untilMs, long beforeMs) {
        if (late.isEmpty()) {
            return List.of();
        }
        late.sort(BY_SEQUENCE);
        List<Located> released = new ArrayList<>();
        String trip = "";
        for (int i = late.size() - 1; i >= 0; i--) {
            Located each = late.get(i);
            boolean isAsked = each.clockMs() <= untilMs;
            if (isAsked || (each.clockMs() < beforeMs && each.sample().trip().equals(trip))) {
                released.add(0, late.remove(i));
            }
            if (isAsked) {
                trip = each.sample().trip();
            }
        }
        return released;
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<VehicleProgress> {
        private static final long serialVersionUID = 1L;

        /** The version in which late samples have a lane, and doubted ones wait. */
        private static final int LANES_SINCE = 2;

        @Override
        public Class<VehicleProgress> type() {
            return VehicleProgress.class;
        }

        @Override
        public int version() {
            return LANES_SINCE;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(VehicleProgress progress, DataOutputView out) throws IOException {
            out.writeInt(progress.trips.size());
            for (Map.Entry<String, Trip> trip : progress.trips.entrySet()) {
                out.writeUTF(trip.getKey());
                trip.getValue().seen.write(out);
                writeJumps(trip.getValue().jumps, out);
            }
            writeAll(progress.waiting, out);
            writeAll(progress.late, out);
            writeLane(progress.timely, out);
            writeLane(progress.belated, out);
            out.writeLong(progress.releaseTimerMs);
        }

        @Override
        public VehicleProgress read(int version, DataInputView in) throws IOException {
            VehicleProgress progress = new VehicleProgress();
            for (int left = in.readInt(); left > 0; left--) {
                Trip trip = new Trip();
                progress.trips.put(in.readUTF(), trip);
                trip.seen = SequenceSet.read(in);
                if (version >= LANES_SINCE) {
                    trip.jumps = readJumps(in);
                }
            }
            if (version < LANES_SINCE) {
                return readOneLane(progress, in);
            }
            readAll(version, progress.waiting, in);
            readAll(version, progress.late, in);
            progress.timely = readLane(in);
            progress.belated = readLane(in);
            progress.releaseTimerMs = in.readLong();
            return progress;
        }

        private static VehicleProgress readOneLane(VehicleProgress progress, DataInputView in) throws IOException {
            Lane lane = progress.timely;
            readAll(1, progress.waiting, in);
            readAll(1, lane.inAssembler, in);
            lane.assembler = FollowingAssembler.State.fromBytes(Codec.readBytes(in));
            in.readLong(); // up to when samples were released: the records say that themselves now
            lane.lastOfferedMs = in.readLong();
            progress.releaseTimerMs = in.readLong();
            boolean hasTrip = in.readBoolean();
            String trip = in.readUTF();
            lane.lastTrip = hasTrip ? trip : null;
            lane.lastSequence = in.readLong();
            return progress;
        }

        private static void writeLane(Lane lane, DataOutputView out) throws IOException {
            writeAll(lane.inAssembler, out);
            Codec.writeBytes(lane.assembler.toBytes(), out);
            out.writeLong(lane.lastOfferedMs);
            out.writeBoolean(lane.lastTrip != null);
            out.writeUTF(lane.lastTrip == null ? "" : lane.lastTrip);
            out.writeLong(lane.lastSequence);
            out.writeLong(lane.beginnings);
        }

        private static Lane readLane(DataInputView in) throws IOException {
            Lane lane = new Lane();
            readAll(LANES_SINCE, lane.inAssembler, in);
            lane.assembler = FollowingAssembler.State.fromBytes(Codec.readBytes(in));
            lane.lastOfferedMs = in.readLong();
            boolean hasTrip = in.readBoolean();
            String trip = in.readUTF();
            lane.lastTrip = hasTrip ? trip : null;
            lane.lastSequence = in.readLong();
            lane.beginnings = in.readLong();
            return lane;
        }

        private static void writeJumps(TimeJumps<Located> jumps, DataOutputView out) throws IOException {
            TimeJumps.Timed<Located> last = jumps.last();
            out.writeBoolean(last != null);
            if (last != null) {
                writeTimed(last, out);
            }
            out.writeBoolean(jumps.lastIsAlone());
            out.writeInt(jumps.doubted().size());
            for (TimeJumps.Timed<Located> each : jumps.doubted()) {
                writeTimed(each, out);
            }
        }

        private static TimeJumps<Located> readJumps(DataInputView in) throws IOException {
            TimeJumps.Timed<Located> last = in.readBoolean() ? readTimed(in) : null;
            boolean lastIsAlone = in.readBoolean();
            List<TimeJumps.Timed<Located>> doubted = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                doubted.add(readTimed(in));
            }
            return TimeJumps.restore(last, lastIsAlone, doubted);
        }

        private static void writeTimed(TimeJumps.Timed<Located> timed, DataOutputView out) throws IOException {
            out.writeLong(timed.arrivalMs());
            writeLocated(timed.item(), out);
        }

        private static TimeJumps.Timed<Located> readTimed(DataInputView in) throws IOException {
            long arrivalMs = in.readLong();
            Located located = readLocated(LANES_SINCE, in);
            FollowingSample sample = located.sample();
            return new TimeJumps.Timed<>(sample.sequence(), sample.timeMs(), arrivalMs, located);
        }

        private static void writeAll(Collection<Located> all, DataOutputView out) throws IOException {
            out.writeInt(all.size());
            for (Located located : all) {
                writeLocated(located, out);
            }
        }

        private static void readAll(int version, Collection<Located> all, DataInputView in) throws IOException {
            for (int left = in.readInt(); left > 0; left--) {
                all.add(readLocated(version, in));
            }
        }

        private static void writeLocated(Located located, DataOutputView out) throws IOException {
            Binary.writeSample(located.sample(), out);
            out.writeInt(located.partition());
            out.writeLong(located.offset());
            out.writeLong(located.clockMs());
        }

        private static Located readLocated(int version, DataInputView in) throws IOException {
            return new Located(
                    Binary.readSample(in),
                    in.readInt(),
                    in.readLong(),
                    version < LANES_SINCE ? Long.MIN_VALUE : in.readLong());
        }
    }
}
