package dev.understudy.flink.gate;

import dev.understudy.data.Texts;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.schemas.EpochBound;
import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Role;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What the gate knows of one policy: what is in force and what was the best, what was rolled back, which candidates had
 * their verdict, how far in event time judging has come, and what may yet be risked.
 */
final class GateProgress {
    /** How it is written. */
    public static final Codec<GateProgress> CODEC = new Form();

    private static final int REMEMBERED = 1000;

    private final Set<String> rolledBack = new LinkedHashSet<>();
    private final Set<String> judged = new LinkedHashSet<>();
    private Precedence precedence = Precedence.NONE;
    private String inForce = "";
    private String best = "";
    private long judgedMs = Long.MIN_VALUE;
    private long readMs = Long.MIN_VALUE;
    private ErrorBudget budget = ErrorBudget.full();

    /** Returns the epoch in force; 0 before the first promotion. */
    long epoch() {
        return precedence.epoch();
    }

    /** Returns whether an epoch of the topics is believed: it is not if it is far ahead of the one in force. */
    boolean believes(long seen) {
        return new EpochBound(epoch()).believes(seen);
    }

    /** Says of an epoch of the topics why it is not believed. */
    String problem(long seen) {
        return new EpochBound(epoch()).problem(seen);
    }

    /** Returns the hash in force; empty before the first promotion. */
    String inForce() {
        return inForce;
    }

    /** Returns whether a promotion takes the place of the one in force, which is not the same. */
    boolean givesWayTo(Promotion promotion) {
        return precedence.givesWayTo(promotion)
                && (promotion.epoch() > epoch() || !promotion.sha256().equals(inForce));
    }

    /** Notes that a promotion is in force. */
    void promoted(Promotion promotion) {
        precedence = Precedence.of(promotion);
        inForce = promotion.sha256();
    }

    /** Returns the hash of the best model ever promoted; empty before the first promotion. */
    String best() {
        return best;
    }

    /** Notes which model is the best ever promoted. */
    void best(String sha256) {
        best = sha256;
    }

    /** Returns the event time before which nothing is judged any more. */
    long judgedMs() {
        return judgedMs;
    }

    /** Takes note of the watermark, which Flink forgets when the job stops. */
    void read(long watermarkMs) {
        readMs = Math.max(readMs, watermarkMs);
    }

    /** Returns the event time up to which the held-out logs were ever read. */
    long readMs() {
        return readMs;
    }

    /** Returns what may be risked on the comparisons to come. */
    ErrorBudget budget() {
        return budget;
    }

    /** Notes what is left to be risked. */
    void budget(ErrorBudget left) {
        budget = left;
    }

    /** Notes that a model was taken out of service, and what took its place: which counts as the best, if that did. */
    void rolledBack(String sha256, String successor) {
        remember(rolledBack, sha256);
        if (best.equals(sha256)) {
            best = successor;
        }
    }

    boolean wasRolledBack(String sha256) {
        return rolledBack.contains(sha256);
    }

    void judged(String candidateId) {
        remember(judged, candidateId);
    }

    /** Notes that a candidate of a window that ends then had its verdict. */
    void judged(String candidateId, long windowEndMs) {
        judged(candidateId);
        judgedMs = Math.max(judgedMs, windowEndMs);
    }

    boolean wasJudged(String candidateId) {
        return judged.contains(candidateId);
    }

    private static void remember(Set<String> set, String value) {
        set.add(value);
        for (Iterator<String> oldest = set.iterator(); set.size() > REMEMBERED && oldest.hasNext(); ) {
            oldest.next();
            oldest.remove();
        }
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<GateProgress> {
        private static final long serialVersionUID = 1L;
        private static final int READ_SINCE = 3;
        private static final int PRECEDENCE_SINCE = 4;

        @Override
        public Class<GateProgress> type() {
            return GateProgress.class;
        }

        @Override
        public int version() {
            return PRECEDENCE_SINCE;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(GateProgress progress, DataOutputView out) throws IOException {
            out.writeLong(progress.epoch());
            Texts.write(progress.inForce, out);
            write(progress.rolledBack, out);
            write(progress.judged, out);
            Texts.write(progress.best, out);
            out.writeLong(progress.judgedMs);
            out.writeDouble(progress.budget.wealth());
            write(progress.budget.trips(), out);
            out.writeLong(progress.readMs);
            Binary.writePrecedence(progress.precedence, out);
        }

        @Override
        public GateProgress read(int version, DataInputView in) throws IOException {
            GateProgress progress = new GateProgress();
            progress.precedence = new Precedence(in.readLong(), Role.GATE, Long.MIN_VALUE);
            progress.inForce = Texts.read(in);
            read(progress.rolledBack, in);
            read(progress.judged, in);
            if (version < 2) {
                progress.best = progress.inForce;
                return progress;
            }
            progress.best = Texts.read(in);
            progress.judgedMs = in.readLong();
            double wealth = in.readDouble();
            Set<String> trips = new TreeSet<>();
            read(trips, in);
            progress.budget = new ErrorBudget(wealth, trips);
            progress.readMs = version < READ_SINCE ? Long.MIN_VALUE : in.readLong();
            progress.precedence = version < PRECEDENCE_SINCE ? progress.precedence : Binary.readPrecedence(in);
            return progress;
        }

        private static void write(Set<String> set, DataOutputView out) throws IOException {
            out.writeInt(set.size());
            for (String each : set) {
                Texts.write(each, out);
            }
        }

        private static void read(Set<String> set, DataInputView in) throws IOException {
            for (int left = in.readInt(); left > 0; left--) {
                set.add(Texts.read(in));
            }
        }
    }
}
