package dev.understudy.flink.count;

import dev.understudy.data.Texts;
import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Some records and what became of them. Each record that reaches the job is ingested once; it, and each step that is
 * interpolated between two records, then ends in exactly one of the others.
 *
 * @param policy whose learning they were for
 * @param name one of the constants here, or {@link #REJECTED} and a reason
 * @param count how many
 */
public record Tally(String policy, String name, long count) {
    /** How it is written. */
    public static final Codec<Tally> CODEC = new Form();

    /** Reached the job. */
    public static final String INGESTED = "ingested";
    /** Are no records but steps between two, computed where logs have fewer than ten samples a second. */
    public static final String INTERPOLATED = "interpolated";
    /**
     * Came after the watermark had passed them and could not be learned: at the edge of what came late together, there
     * is no history or no look-ahead for them.
     */
    public static final String LATE = "late";
    /** Could not be decoded, or are stamped in the future. */
    public static final String DEAD_LETTERED = "deadLettered";
    /** Belong to episodes that are never trained on. */
    public static final String HELD_OUT = "heldOut";
    /** Had been there before, by episode and sequence. */
    public static final String DUPLICATES = "duplicates";
    /** Were trained on in a window of their own time. */
    public static final String TRAINED = "trained";
    /** Were ready after the windows of their time had fired, and were trained on in the next. */
    public static final String LATE_LEARNED = "lateLearned";
    /** Prefix of a reason why records were not learned from. */
    public static final String REJECTED = "rejected.";

    /**
     * Prefix of what became of rollouts, which are no part of the account of the logs: {@code read}, of which some were
     * {@code dropped} as too many waited for a window and some {@code refused.REASON}; {@code deadLettered} besides.
     */
    public static final String ROLLOUTS = "rollouts.";

    /**
     * Prefix of how many windows wait to be learned or are under way, by the algorithm that learns them; no part of the
     * account of the logs. Counted up and down.
     */
    public static final String QUEUED = "queue.";

    /** Returns the name under which a reason for rejecting is counted. */
    public static String rejected(String reason) {
        return REJECTED + reason;
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<Tally> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Tally> type() {
            return Tally.class;
        }

        @Override
        public void write(Tally tally, DataOutputView out) throws IOException {
            Texts.write(tally.policy(), out);
            Texts.write(tally.name(), out);
            out.writeLong(tally.count());
        }

        @Override
        public Tally read(int version, DataInputView in) throws IOException {
            return new Tally(Texts.read(in), Texts.read(in), in.readLong());
        }
    }
}
