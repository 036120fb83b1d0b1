package dev.understudy.flink.assemble;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.domain.TimeJumps;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * How far the logs of one vehicle have been read: which records were seen, whose time is doubted, and the two lanes in
 * which samples become steps, one for those that came in time and one for those that came late. Kept as keyed state.
 */
final class EntityProgress {
    /** How it is written. */
    public static final Codec<EntityProgress> CODEC = new Form();

    /** How many episodes of an entity are remembered for the sake of duplicates. */
    static final int EPISODES = 8;

    /** What is known of one episode. */
    static final class Episode {
        /** The policy that it belongs to, fixed at its first record; null where another release left it. */
        private @Nullable PolicyName policy;

        private SequenceSet seen = new SequenceSet();
        private TimeJumps<LogRecord> jumps = new TimeJumps<>();
    }

    /** What turns samples into steps in their order: an assembler, as bytes until it is asked for. */
    static final class Lane {
        private byte @Nullable [] saved;
        private @Nullable Supplier<byte[]> saving;
        private @Nullable Assembler<?> assembler;
        private @Nullable String lastEpisode;
        private long lastSequence;
        private long beginnings;
        private @Nullable PolicyName policy;

        /** Returns the policy that the assembler works for, null before the first sample. */
        @Nullable
        PolicyName policy() {
            return policy;
        }

        /** Notes which policy the assembler works for from now on. */
        void beginAnew(PolicyName another) {
            if (policy != null) {
                beginAnew();
            }
            policy = another;
        }

        /** When the last sample was given to the assembler; {@link Long#MIN_VALUE} once the run was closed. */
        long lastOfferedMs = Long.MIN_VALUE;

        /**
         * Returns the assembler.
         *
         * @param open makes one of the bytes of a saved one, or of null
         * @param codec how to save it
         */
        @SuppressWarnings("unchecked") // an operator knows but one kind of samples
        <S extends Sample> Assembler<S> assembler(
                Function<byte @Nullable [], Assembler<S>> open, SampleCodec<S> codec) {
            if (assembler == null) {
                Assembler<S> opened = open.apply(saved);
                assembler = opened;
                saving = () -> opened.toBytes(codec);
                saved = null;
            }
            return (Assembler<S>) assembler;
        }

        /**
         * Notes the sample as the latest of its lane and returns whether its sequence goes on rising in its episode.
         * One that fell far below is a new count: that several agree on it was seen to before.
         */
        boolean inSequence(LogRecord log) {
            if (log.episode().equals(lastEpisode)
                    && log.sequence() <= lastSequence
                    && !TimeJumps.isFarApart(lastSequence, log.sequence(), 0)) {
                return false;
            }
            lastEpisode = log.episode();
            lastSequence = log.sequence();
            return true;
        }

        /**
         * Returns whether a sample is so far behind the last that time was put back, or an earlier piece came later.
         */
        boolean isBehind(LogRecord log, Assembler<?> ofLane) {
            return log.episode().equals(lastEpisode) && ofLane.lastTimeMs() - TimeJumps.REACH_MS > log.timeMs();
        }

        /** Forgets what was assembled, as if nothing had come yet. */
        void beginAnew() {
            assembler = null;
            saving = null;
            saved = null;
            lastEpisode = null;
            lastOfferedMs = Long.MIN_VALUE;
            beginnings++;
        }

        /** Returns the number of a run, unique in this lane, by its number since it began. */
        long numbered(long run) {
            return (beginnings << 32) + run;
        }

        private byte[] toBytes() {
            return saving != null ? saving.get() : saved != null ? saved : new byte[0];
        }
    }

    private static final Comparator<LogRecord> BY_TIME = Comparator.comparingLong(LogRecord::timeMs)
            .thenComparing(LogRecord::episode)
            .thenComparingLong(LogRecord::sequence);

    private static final Comparator<LogRecord> BY_SEQUENCE =
            Comparator.comparing(LogRecord::episode).thenComparingLong(LogRecord::sequence);

    private final Map<String, Episode> episodes = new LinkedHashMap<>();
    private final PriorityQueue<LogRecord> waiting = new PriorityQueue<>(BY_TIME);
    private final List<LogRecord> late = new ArrayList<>();

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

    /** Returns the policy that an episode belongs to, null if nothing is known of it. */
    @Nullable
    PolicyName policy(String name) {
        Episode episode = episodes.get(name);
        return episode == null ? null : episode.policy;
    }

    /** Returns what is known of an episode, and gives up on the doubts of one that is forgotten for it. */
    Episode episode(String name, PolicyName policy, TimeJumps.Output<LogRecord> out) {
        Episode episode = episodes.get(name);
        if (episode == null) {
            episode = new Episode();
            episodes.put(name, episode);
            if (episodes.size() > EPISODES) {
                Iterator<Episode> oldest = episodes.values().iterator();
                oldest.next().jumps.settleWhile(any -> true, out);
                oldest.remove();
            }
        }
        episode.policy = policy;
        return episode;
    }

    /** Notes that a record was seen and returns whether it is the first of its episode and sequence. */
    static boolean firstSight(Episode episode, LogRecord log) {
        return episode.seen.add(log.sequence());
    }

    /** Asks whether the time of a sample goes with that of its neighbours in the episode. */
    static void check(Episode episode, LogRecord log, TimeJumps.Output<LogRecord> out) {
        long sentMs = log.isSentKnown() ? log.sentMs() : TimeJumps.UNKNOWN;
        episode.jumps.offer(log.sequence(), log.timeMs(), sentMs, log, out);
    }

    /** Returns whether the time of any sample of an episode is doubted. */
    static boolean hasDoubts(Episode episode) {
        return !episode.jumps.doubted().isEmpty();
    }

    /** Gives up on the doubts about samples that came when the watermark was no later than a time. */
    void settle(long clockMs, TimeJumps.Output<LogRecord> out) {
        for (Episode episode : episodes.values()) {
            episode.jumps.settleWhile(log -> log.clockMs() <= clockMs, out);
        }
    }

    void await(LogRecord log) {
        waiting.add(log);
    }

    /** Takes a sample back that waits in one of the lanes; returns whether it was still there. */
    boolean takeBack(LogRecord log) {
        return waiting.removeIf(log::isOf) || late.removeIf(log::isOf);
    }

    /** Returns the time of the first waiting sample, {@link Long#MAX_VALUE} if none waits. */
    long firstWaitingMs() {
        LogRecord first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.timeMs();
    }

    /** Removes and returns the first waiting sample if its time has come. */
    @Nullable
    LogRecord release(long timeMs) {
        return firstWaitingMs() <= timeMs ? waiting.poll() : null;
    }

    void awaitLate(LogRecord log) {
        late.add(log);
    }

    /**
     * Removes and returns, by episode and sequence, the late samples that came when the watermark was no later than one
     * time, and those of the same episode with lower sequences that came before another time.
     */
    List<LogRecord> releaseLate(long untilMs, long beforeMs) {
        if (late.isEmpty()) {
            return List.of();
        }
        late.sort(BY_SEQUENCE);
        List<LogRecord> released = new ArrayList<>();
        String episode = "";
        for (int i = late.size() - 1; i >= 0; i--) {
            LogRecord each = late.get(i);
            boolean isAsked = each.clockMs() <= untilMs;
            if (isAsked || (each.clockMs() < beforeMs && each.episode().equals(episode))) {
                released.add(0, late.remove(i));
            }
            if (isAsked) {
                episode = each.episode();
            }
        }
        return released;
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<EntityProgress> {
        private static final long serialVersionUID = 1L;
        private static final int POLICY_SINCE = 2;

        @Override
        public Class<EntityProgress> type() {
            return EntityProgress.class;
        }

        @Override
        public int version() {
            return POLICY_SINCE;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(EntityProgress progress, DataOutputView out) throws IOException {
            out.writeInt(progress.episodes.size());
            for (Map.Entry<String, Episode> episode : progress.episodes.entrySet()) {
                out.writeUTF(episode.getKey());
                writePolicy(episode.getValue().policy, out);
                episode.getValue().seen.write(out);
                writeJumps(episode.getValue().jumps, out);
            }
            writeAll(progress.waiting, out);
            writeAll(progress.late, out);
            writeLane(progress.timely, out);
            writeLane(progress.belated, out);
            out.writeLong(progress.releaseTimerMs);
        }

        @Override
        public EntityProgress read(int version, DataInputView in) throws IOException {
            EntityProgress progress = new EntityProgress();
            for (int left = in.readInt(); left > 0; left--) {
                Episode episode = new Episode();
                progress.episodes.put(in.readUTF(), episode);
                episode.policy = version < POLICY_SINCE ? null : readPolicy(in);
                episode.seen = SequenceSet.read(in);
                episode.jumps = readJumps(in);
            }
            readAll(progress.waiting, in);
            readAll(progress.late, in);
            progress.timely = readLane(version, in);
            progress.belated = readLane(version, in);
            progress.releaseTimerMs = in.readLong();
            return progress;
        }

        private static void writeLane(Lane lane, DataOutputView out) throws IOException {
            Codec.writeBytes(lane.toBytes(), out);
            out.writeLong(lane.lastOfferedMs);
            out.writeBoolean(lane.lastEpisode != null);
            out.writeUTF(lane.lastEpisode == null ? "" : lane.lastEpisode);
            out.writeLong(lane.lastSequence);
            out.writeLong(lane.beginnings);
            writePolicy(lane.policy, out);
        }

        private static void writePolicy(@Nullable PolicyName policy, DataOutputView out) throws IOException {
            out.writeUTF(policy == null ? "" : policy.toString());
        }

        private static @Nullable PolicyName readPolicy(DataInputView in) throws IOException {
            String name = in.readUTF();
            return name.isEmpty() ? null : PolicyName.parse(name);
        }

        private static Lane readLane(int version, DataInputView in) throws IOException {
            Lane lane = new Lane();
            byte[] assembler = Codec.readBytes(in);
            lane.saved = assembler.length == 0 ? null : assembler;
            lane.lastOfferedMs = in.readLong();
            boolean hasEpisode = in.readBoolean();
            String episode = in.readUTF();
            lane.lastEpisode = hasEpisode ? episode : null;
            lane.lastSequence = in.readLong();
            lane.beginnings = in.readLong();
            lane.policy = version < POLICY_SINCE ? null : readPolicy(in);
            return lane;
        }

        private static void writeJumps(TimeJumps<LogRecord> jumps, DataOutputView out) throws IOException {
            TimeJumps.Timed<LogRecord> last = jumps.last();
            out.writeBoolean(last != null);
            if (last != null) {
                writeTimed(last, out);
            }
            out.writeBoolean(jumps.lastIsAlone());
            out.writeInt(jumps.doubted().size());
            for (TimeJumps.Timed<LogRecord> each : jumps.doubted()) {
                writeTimed(each, out);
            }
        }

        private static TimeJumps<LogRecord> readJumps(DataInputView in) throws IOException {
            TimeJumps.Timed<LogRecord> last = in.readBoolean() ? readTimed(in) : null;
            boolean lastIsAlone = in.readBoolean();
            List<TimeJumps.Timed<LogRecord>> doubted = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                doubted.add(readTimed(in));
            }
            return TimeJumps.restore(last, lastIsAlone, doubted);
        }

        private static void writeTimed(TimeJumps.Timed<LogRecord> timed, DataOutputView out) throws IOException {
            out.writeLong(timed.arrivalMs());
            LogRecord.CODEC.write(timed.item(), out);
        }

        private static TimeJumps.Timed<LogRecord> readTimed(DataInputView in) throws IOException {
            long arrivalMs = in.readLong();
            LogRecord log = LogRecord.CODEC.read(LogRecord.CODEC.version(), in);
            return new TimeJumps.Timed<>(log.sequence(), log.timeMs(), arrivalMs, log);
        }

        private static void writeAll(Collection<LogRecord> all, DataOutputView out) throws IOException {
            out.writeInt(all.size());
            for (LogRecord log : all) {
                LogRecord.CODEC.write(log, out);
            }
        }

        private static void readAll(Collection<LogRecord> all, DataInputView in) throws IOException {
            for (int left = in.readInt(); left > 0; left--) {
                all.add(LogRecord.CODEC.read(LogRecord.CODEC.version(), in));
            }
        }
    }
}
