package dev.understudy.flink.gate;

import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.flink.serialization.Codec;
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
    private long epoch;
    private String inForce = "";
    private String best = "";
    private long judgedMs = Long.MIN_VALUE;
    private ErrorBudget budget = ErrorBudget.full();

    /** Returns the epoch in force; 0 before the first promotion. */
    long epoch() {
        return epoch;
    }

    /** Returns the hash in force; empty before the first promotion. */
    String inForce() {
        return inForce;
    }

    /** Notes that a model is in force. */
    void promoted(long newEpoch, String sha256) {
        epoch = newEpoch;
        inForce = sha256;
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

        @Override
        public Class<GateProgress> type() {
            return GateProgress.class;
        }

        @Override
        public int version() {
            return 2;
        }

        @Override
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(GateProgress progress, DataOutputView out) throws IOException {
            out.writeLong(progress.epoch);
            out.writeUTF(progress.inForce);
            write(progress.rolledBack, out);
            write(progress.judged, out);
            out.writeUTF(progress.best);
            out.writeLong(progress.judgedMs);
            out.writeDouble(progress.budget.wealth());
            write(progress.budget.trips(), out);
        }

        @Override
        public GateProgress read(int version, DataInputView in) throws IOException {
            GateProgress progress = new GateProgress();
            progress.epoch = in.readLong();
            progress.inForce = in.readUTF();
            read(progress.rolledBack, in);
            read(progress.judged, in);
            if (version < 2) {
                progress.best = progress.inForce;
                return progress;
            }
            progress.best = in.readUTF();
            progress.judgedMs = in.readLong();
            double wealth = in.readDouble();
            Set<String> trips = new TreeSet<>();
            read(trips, in);
            progress.budget = new ErrorBudget(wealth, trips);
            return progress;
        }

        private static void write(Set<String> set, DataOutputView out) throws IOException {
            out.writeInt(set.size());
            for (String each : set) {
                out.writeUTF(each);
            }
        }

        private static void read(Set<String> set, DataInputView in) throws IOException {
            for (int left = in.readInt(); left > 0; left--) {
                set.add(in.readUTF());
            }
        }
    }
}
