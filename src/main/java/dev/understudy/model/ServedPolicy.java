package dev.understudy.model;

import dev.understudy.data.Rows;
import dev.understudy.policy.Policy;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model in service. Any number of threads may ask it at once. It must not be closed while one of them does: share it
 * through a {@link ModelSlot}, whose leases ensure that.
 */
public interface ServedPolicy extends Policy, AutoCloseable {
    /** Returns the file it was loaded from. */
    ModelFile file();

    /** Returns the hash of the model's file, lower-case hexadecimal. */
    default String sha256() {
        return file().sha256();
    }

    /** Returns the metadata of the model's file. */
    default ModelMetadata metadata() {
        return file().metadata();
    }

    /**
     * Answers a batch as {@link #act} does, and also gives the distribution that the actions come from.
     *
     * @param observations of the type that the model has as its input
     */
    void answer(Rows observations, int rows, LoadedPolicy.Answer answer);

    /**
     * Answers a batch with draws from the policy's distribution, if it is one of texts; otherwise as
     * {@link #answer(Rows, int, LoadedPolicy.Answer)}.
     *
     * @param seeds what the draw of each row follows from
     */
    default void answer(Rows observations, int rows, long[] seeds, LoadedPolicy.Answer answer) {
        answer(observations, rows, answer);
    }

    /**
     * Returns everything that it answers to rows, by name, {@code [rows, k]} each: what a copy of it must answer too.
     * Unless it says otherwise, that is how likely its own actions are, in nats.
     */
    default SortedMap<String, float[]> outputs(Rows observations) {
        int rows = observations.rows();
        float[] actions = new float[rows * actionSize()];
        act(observations, rows, actions);
        double[] nats = new double[rows];
        logProbabilities(observations, actions, rows, nats);
        float[] numbers = new float[rows];
        for (int row = 0; row < rows; row++) {
            numbers[row] = (float) nats[row];
        }
        return new TreeMap<>(Map.of("logProbability", numbers));
    }

    /** Frees what it holds. Closing twice does nothing. */
    @Override
    void close();
}
