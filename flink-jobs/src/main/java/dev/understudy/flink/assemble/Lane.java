package dev.understudy.flink.assemble;

import dev.understudy.data.Texts;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.domain.TimeJumps;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/** What turns samples into steps in their order: an assembler, as bytes until it is asked for. */
final class Lane {
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
    <S extends Sample> Assembler<S> assembler(Function<byte @Nullable [], Assembler<S>> open, SampleCodec<S> codec) {
        if (assembler == null) {
            Assembler<S> opened = open.apply(saved);
            assembler = opened;
            saving = () -> opened.toBytes(codec);
            saved = null;
        }
        return (Assembler<S>) assembler;
    }

    /**
     * Notes the sample as the latest of its lane and returns whether its sequence goes on rising in its episode. One
     * that fell far below is a new count: that several agree on it was seen to before.
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

    /** Returns whether a sample is so far behind the last that time was put back, or an earlier piece came later. */
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

    /** Writes it. */
    void write(DataOutputView out) throws IOException {
        Codec.writeBytes(toBytes(), out);
        out.writeLong(lastOfferedMs);
        out.writeBoolean(lastEpisode != null);
        Texts.write(lastEpisode == null ? "" : lastEpisode, out);
        out.writeLong(lastSequence);
        out.writeLong(beginnings);
        EntityProgress.Form.writePolicy(policy, out);
    }

    /**
     * Reads what {@link #write} wrote.
     *
     * @param version that of {@link EntityProgress.Form}, with which it is saved
     */
    static Lane read(int version, DataInputView in) throws IOException {
        Lane lane = new Lane();
        byte[] assembler = Codec.readBytes(in);
        lane.saved = assembler.length == 0 ? null : assembler;
        lane.lastOfferedMs = in.readLong();
        boolean hasEpisode = in.readBoolean();
        String episode = Texts.read(in);
        lane.lastEpisode = hasEpisode ? episode : null;
        lane.lastSequence = in.readLong();
        lane.beginnings = in.readLong();
        lane.policy = version < EntityProgress.Form.POLICY_SINCE ? null : EntityProgress.Form.readPolicy(in);
        return lane;
    }
}
