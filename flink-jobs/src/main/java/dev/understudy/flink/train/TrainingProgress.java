package dev.understudy.flink.train;

import dev.understudy.data.Texts;
import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.learn.LearnerState;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * How far the learning of one policy has come. Kept as keyed state; arrays are not copied.
 *
 * @param fingerprint of the observations and actions it was learned from
 * @param learned the learner's memory after the last whole window; null before the first
 * @param underWay its memory in the middle of the window being learned; null between windows
 * @param underWayEndMs end of the window being learned; {@link #NONE} between windows
 * @param newestEndMs end of the newest window that was accepted; {@link #NONE} before the first
 * @param prequential errors on the window being learned, before it was
 * @param trainNanos time spent on the window being learned
 * @param parentSha256 hash of the last model published, before the first of a variant that of the one it begins with;
 *     empty where there is none
 * @param parentModel its file; empty where there is none
 * @param reservoir what older windows left for rehearsal, as {@code Reservoir} writes it; empty before the first window
 */
record TrainingProgress(
        String fingerprint,
        @Nullable LearnerState learned,
        @Nullable LearnerState underWay,
        long underWayEndMs,
        long newestEndMs,
        SortedMap<String, Double> prequential,
        long trainNanos,
        String parentSha256,
        byte[] parentModel,
        byte[] reservoir) {
    /** How it is written. */
    public static final Codec<TrainingProgress> CODEC = new Form();

    /** Stands for no window. */
    static final long NONE = Long.MIN_VALUE;

    TrainingProgress {
        prequential = Collections.unmodifiableSortedMap(new TreeMap<>(prequential));
    }

    /** Returns the progress before anything was learned. */
    static TrainingProgress none(String fingerprint) {
        return new TrainingProgress(
                fingerprint, null, null, NONE, NONE, new TreeMap<>(), 0, "", new byte[0], new byte[0]);
    }

    /**
     * Returns the progress as far as it is of use: what was learned from other observations, by another release, is
     * left out, but not which windows were.
     */
    TrainingProgress of(String wanted) {
        return fingerprint.equals(wanted) ? this : none(wanted).accepted(newestEndMs);
    }

    /** Returns the progress once a window was accepted. */
    TrainingProgress accepted(long endMs) {
        return new TrainingProgress(
                fingerprint,
                learned,
                underWay,
                underWayEndMs,
                endMs,
                prequential,
                trainNanos,
                parentSha256,
                parentModel,
                reservoir);
    }

    /** Returns the progress with a model of another policy to begin with. */
    TrainingProgress from(String sha256, byte[] model) {
        return new TrainingProgress(
                fingerprint,
                learned,
                underWay,
                underWayEndMs,
                newestEndMs,
                prequential,
                trainNanos,
                sha256,
                model,
                reservoir);
    }

    /** Returns the progress at the beginning of a window. */
    TrainingProgress begun(long endMs, SortedMap<String, Double> scores) {
        return new TrainingProgress(
                fingerprint, learned, null, endMs, newestEndMs, scores, 0, parentSha256, parentModel, reservoir);
    }

    /** Returns the progress in the middle of a window. */
    TrainingProgress at(LearnerState memory, long nanos) {
        return new TrainingProgress(
                fingerprint,
                learned,
                memory,
                underWayEndMs,
                newestEndMs,
                prequential,
                nanos,
                parentSha256,
                parentModel,
                reservoir);
    }

    /** Returns the progress after a window that gave a model. */
    TrainingProgress finished(LearnerState memory, String sha256, byte[] model, byte[] rehearsal) {
        return new TrainingProgress(
                fingerprint, memory, null, NONE, newestEndMs, new TreeMap<>(), 0, sha256, model, rehearsal);
    }

    /** Returns the progress after a window that taught the learner something, and gave no model. */
    TrainingProgress held(LearnerState memory, byte[] rehearsal) {
        return finished(memory, parentSha256, parentModel, rehearsal);
    }

    /** Returns the progress after a window of which nothing is kept: what was learned before it stays. */
    TrainingProgress skipped() {
        return new TrainingProgress(
                fingerprint,
                learned,
                null,
                NONE,
                newestEndMs,
                new TreeMap<>(),
                0,
                parentSha256,
                parentModel,
                reservoir);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainingProgress that
                && fingerprint.equals(that.fingerprint)
                && Objects.equals(learned, that.learned)
                && Objects.equals(underWay, that.underWay)
                && underWayEndMs == that.underWayEndMs
                && newestEndMs == that.newestEndMs
                && prequential.equals(that.prequential)
                && trainNanos == that.trainNanos
                && parentSha256.equals(that.parentSha256)
                && Arrays.equals(parentModel, that.parentModel)
                && Arrays.equals(reservoir, that.reservoir);
    }

    @Override
    public int hashCode() {
        return 31 * parentSha256.hashCode() + Long.hashCode(newestEndMs);
    }

    @Override
    public String toString() {
        return "TrainingProgress[newestEndMs=%d, underWayEndMs=%d, parent=%s]"
                .formatted(newestEndMs, underWayEndMs, parentSha256);
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<TrainingProgress> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<TrainingProgress> type() {
            return TrainingProgress.class;
        }

        @Override
        public int version() {
            return 2;
        }

        @Override
        public void write(TrainingProgress progress, DataOutputView out) throws IOException {
            Texts.write(progress.fingerprint, out);
            writeMemory(progress.learned, out);
            writeMemory(progress.underWay, out);
            out.writeLong(progress.underWayEndMs);
            out.writeLong(progress.newestEndMs);
            Binary.writeFigures(progress.prequential, out);
            out.writeLong(progress.trainNanos);
            Texts.write(progress.parentSha256, out);
            Codec.writeBytes(progress.parentModel, out);
            Codec.writeBytes(progress.reservoir, out);
        }

        @Override
        public TrainingProgress read(int version, DataInputView in) throws IOException {
            return new TrainingProgress(
                    version == 1 ? "" : Texts.read(in),
                    readMemory(in),
                    readMemory(in),
                    in.readLong(),
                    in.readLong(),
                    Binary.readFigures(in),
                    in.readLong(),
                    Texts.read(in),
                    Codec.readBytes(in),
                    Codec.readBytes(in));
        }

        private static void writeMemory(@Nullable LearnerState memory, DataOutputView out) throws IOException {
            out.writeBoolean(memory != null);
            if (memory != null) {
                Codec.writeBytes(memory.toBytes(), out);
            }
        }

        private static @Nullable LearnerState readMemory(DataInputView in) throws IOException {
            return in.readBoolean() ? LearnerState.fromBytes(Codec.readBytes(in)) : null;
        }
    }
}
