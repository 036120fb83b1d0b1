package dev.understudy.flink.train;

import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.Candidate;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What became of one window. Arrays are not copied.
 *
 * @param candidate the candidate it gave
 * @param model the candidate's model file
 * @param prequential errors on the window before it was learned, by name; empty where another learner reports them
 */
public record TrainedWindow(Candidate candidate, byte[] model, SortedMap<String, Double> prequential) {
    /** How it is written. */
    public static final Codec<TrainedWindow> CODEC = new Form();

    public TrainedWindow {
        prequential = Collections.unmodifiableSortedMap(new TreeMap<>(prequential));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TrainedWindow that
                && candidate.equals(that.candidate)
                && Arrays.equals(model, that.model)
                && prequential.equals(that.prequential);
    }

    @Override
    public int hashCode() {
        return candidate.hashCode();
    }

    @Override
    public String toString() {
        return "TrainedWindow[%s, %d bytes, %s]".formatted(candidate, model.length, prequential);
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<TrainedWindow> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<TrainedWindow> type() {
            return TrainedWindow.class;
        }

        @Override
        public void write(TrainedWindow trained, DataOutputView out) throws IOException {
            Codecs.CANDIDATE.write(trained.candidate, out);
            Codec.writeBytes(trained.model, out);
            Binary.writeFigures(trained.prequential, out);
        }

        @Override
        public TrainedWindow read(int version, DataInputView in) throws IOException {
            return new TrainedWindow(
                    Codecs.CANDIDATE.read(Codecs.CANDIDATE.version(), in), Codec.readBytes(in), Binary.readFigures(in));
        }
    }
}
