package dev.understudy.flink;

import dev.understudy.flink.serialization.Codec;
import java.io.IOException;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What the gate knows of one policy: what is in force, what was rolled back, and which candidates had their verdict.
 */
final class GateProgress {
    private static final int REMEMBERED = 1000;

    private final Set<String> rolledBack = new LinkedHashSet<>();
    private final Set<String> judged = new LinkedHashSet<>();
    private long epoch;
    private String inForce = "";

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

    /** Notes that a model was taken out of service. */
    void rolledBack(String sha256) {
        remember(rolledBack, sha256);
    }

    boolean wasRolledBack(String sha256) {
        return rolledBack.contains(sha256);
    }

    void judged(String candidateId) {
        remember(judged, candidateId);
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
        public boolean immutable() {
            return false;
        }

        @Override
        public void write(GateProgress progress, DataOutputView out) throws IOException {
            out.writeLong(progress.epoch);
            out.writeUTF(progress.inForce);
            write(progress.rolledBack, out);
            write(progress.judged, out);
        }

        @Override
        public GateProgress read(int version, DataInputView in) throws IOException {
            GateProgress progress = new GateProgress();
            progress.epoch = in.readLong();
            progress.inForce = in.readUTF();
            read(progress.rolledBack, in);
            read(progress.judged, in);
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
