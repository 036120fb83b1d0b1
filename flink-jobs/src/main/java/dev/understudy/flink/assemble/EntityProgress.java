package dev.understudy.flink.assemble;

import dev.understudy.data.Texts;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.TimeJumps;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.time.Duration;
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
 * How far the logs of one entity have been read: which records were seen, whose time is doubted, and the two lanes in
 * which samples become steps, one for those that came in time and one for those that came late. Kept as keyed state.
 */
final class EntityProgress {
    /** How it is written. */
    public static final Codec<EntityProgress> CODEC = new Form();

    /**
     * How many episodes of an entity are remembered for the sake of duplicates, besides those of which a record waits:
     * it is released for the policy of its episode.
     */
    static final int EPISODES = 8;

    /** What is known of one episode. */
    static final class Episode {
        /** The policy that it belongs to, fixed at its first record; null where another release left it. */
        private @Nullable PolicyName policy;

        private SequenceSet seen = new SequenceSet();
        private TimeJumps<LogRecord> jumps = new TimeJumps<>();
        /** How many of its records wait in the lanes. */
        private int waiting;

        private boolean isDone() {
            return waiting == 0 && jumps.doubted().isEmpty();
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

    /** Returns what is known of an episode, and forgets the oldest that are done with if there are too many. */
    Episode episode(String name, PolicyName policy) {
        Episode episode = episodes.get(name);
        if (episode == null) {
            for (Iterator<Episode> oldest = episodes.values().iterator();
                    episodes.size() >= EPISODES && oldest.hasNext(); ) {
                if (oldest.next().isDone()) {
                    oldest.remove();
                }
            }
            episode = new Episode();
            episodes.put(name, episode);
        }
        episode.policy = policy;
        return episode;
    }

    /** Notes that so many more records of an episode wait in the lanes. */
    private void waits(LogRecord log, int more) {
        Episode episode = episodes.get(log.episode());
        if (episode != null) {
            episode.waiting += more;
        }
    }

    /** Notes that a record was seen and returns whether it is the first of its episode and sequence. */
    static boolean firstSight(Episode episode, LogRecord log) {
        return episode.seen.add(log.sequence());
    }

    /** Asks whether the time of a sample goes with that of its neighbours in the episode. */
    static void check(Episode episode, LogRecord log, Duration longestPause, TimeJumps.Output<LogRecord> out) {
        long sentMs = log.isSentKnown() ? log.sentMs() : TimeJumps.UNKNOWN;
        episode.jumps.within(longestPause).offer(log.sequence(), log.timeMs(), sentMs, log, out);
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
        waits(log, 1);
    }

    /** Takes a sample back that waits in one of the lanes; returns whether it was still there. */
    boolean takeBack(LogRecord log) {
        boolean waited = waiting.removeIf(log::isOf) || late.removeIf(log::isOf);
        if (waited) {
            waits(log, -1);
        }
        return waited;
    }

    /** Returns the time of the first waiting sample, {@link Long#MAX_VALUE} if none waits. */
    long firstWaitingMs() {
        LogRecord first = waiting.peek();
        return first == null ? Long.MAX_VALUE : first.timeMs();
    }

    /** Removes and returns the first waiting sample if its time has come. */
    @Nullable
    LogRecord release(long timeMs) {
        LogRecord first = firstWaitingMs() <= timeMs ? waiting.poll() : null;
        if (first != null) {
            waits(first, -1);
        }
        return first;
    }

    void awaitLate(LogRecord log) {
        late.add(log);
        waits(log, 1);
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
                waits(each, -1);
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
        static final int POLICY_SINCE = 2;

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
                Texts.write(episode.getKey(), out);
                writePolicy(episode.getValue().policy, out);
                episode.getValue().seen.write(out);
                writeJumps(episode.getValue().jumps, out);
            }
            writeAll(progress.waiting, out);
            writeAll(progress.late, out);
            progress.timely.write(out);
            progress.belated.write(out);
            out.writeLong(progress.releaseTimerMs);
        }

        @Override
        public EntityProgress read(int version, DataInputView in) throws IOException {
            EntityProgress progress = new EntityProgress();
            for (int left = in.readInt(); left > 0; left--) {
                Episode episode = new Episode();
                progress.episodes.put(Texts.read(in), episode);
                episode.policy = version < POLICY_SINCE ? null : readPolicy(in);
                episode.seen = SequenceSet.read(in);
                episode.jumps = readJumps(in);
            }
            readAll(progress.waiting, in);
            readAll(progress.late, in);
            progress.waiting.forEach(log -> progress.waits(log, 1));
            progress.late.forEach(log -> progress.waits(log, 1));
            progress.timely = Lane.read(version, in);
            progress.belated = Lane.read(version, in);
            progress.releaseTimerMs = in.readLong();
            return progress;
        }

        static void writePolicy(@Nullable PolicyName policy, DataOutputView out) throws IOException {
            Texts.write(policy == null ? "" : policy.toString(), out);
        }

        static @Nullable PolicyName readPolicy(DataInputView in) throws IOException {
            String name = Texts.read(in);
            return name.isEmpty() ? null : PolicyName.parse(name);
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
