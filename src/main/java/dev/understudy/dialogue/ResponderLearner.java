package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.sequence.SequenceCloning;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.network.RecurrentNetwork;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns to reply by cloning: text becomes tokens by a tokeniser that is learned from the first window, and tokens are
 * learned by {@link SequenceCloning}. The tokeniser stays as it is then; it is part of the learner's memory and of each
 * model file. Nothing is rehearsed: on a stream of conversations that made unseen text worse
 * (docs/algorithms/dialogue.md).
 */
final class ResponderLearner implements Learner {
    private static final String TOKENISER = "tokeniser";

    /** Most characters that a tokeniser is learned from. */
    private static final long MOST_CHARS = 4_000_000;

    private final ActionSpace.Text replies;
    private final SequenceCloning cloning;

    ResponderLearner(ActionSpace.Text replies, RecurrentNetwork network, SequenceCloningConfig config) {
        this.replies = replies;
        cloning = new SequenceCloning(network, config);
    }

    @Override
    public LearnerState initialState(long seed) {
        return cloning.initialState(seed);
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        try {
            Tokeniser tokeniser = ResponderPolicy.tokeniser(ModelFile.read(model));
            LearnerState state = cloning.stateFrom(model);
            return state == null ? null : with(tokeniser, state);
        } catch (InvalidModelException e) {
            return null;
        }
    }

    @Override
    public boolean rehearses() {
        return false;
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        Tokeniser known = tokeniser(state);
        Tokeniser tokeniser = known == null ? learned(demonstrations) : known;
        TurnSequences sequences = TurnSequences.of(demonstrations, tokeniser, replies);
        Update update = cloning.begin(without(state), sequences.sequences(), List.of(), seed);
        return new WithTokeniser(update, tokeniser);
    }

    private Tokeniser learned(List<Trajectory> demonstrations) {
        long[] left = {MOST_CHARS};
        List<String> texts = TurnSequences.texts(demonstrations, replies).stream()
                .takeWhile(text -> (left[0] -= text.length()) > 0)
                .toList();
        return Tokeniser.train(texts, Tokeniser.MOST_ENTRIES);
    }

    /** Returns the tokeniser of a memory; null before there is one. */
    static @Nullable Tokeniser tokeniser(LearnerState state) {
        float[] json = state.vectors().get(TOKENISER);
        if (json == null) {
            return null;
        }
        byte[] bytes = new byte[json.length];
        for (int i = 0; i < json.length; i++) {
            bytes[i] = (byte) json[i];
        }
        return Tokeniser.read(bytes);
    }

    /** Returns a memory with its tokeniser. */
    static LearnerState with(Tokeniser tokeniser, LearnerState state) {
        byte[] bytes = tokeniser.toJson();
        float[] json = new float[bytes.length];
        for (int i = 0; i < json.length; i++) {
            json[i] = bytes[i];
        }
        SortedMap<String, float[]> vectors = new TreeMap<>(state.vectors());
        vectors.put(TOKENISER, json);
        return new LearnerState(vectors, state.statistics(), state.counters());
    }

    /** Returns a memory as it is without a tokeniser. */
    static LearnerState without(LearnerState state) {
        SortedMap<String, float[]> vectors = new TreeMap<>(state.vectors());
        vectors.remove(TOKENISER);
        return new LearnerState(vectors, state.statistics(), state.counters());
    }

    /** An update that keeps the tokeniser in its state. */
    record WithTokeniser(Update update, Tokeniser tokeniser) implements Update {
        @Override
        public boolean step() {
            return update.step();
        }

        @Override
        public double progress() {
            return update.progress();
        }

        @Override
        public LearnerState state() {
            return with(tokeniser, update.state());
        }

        @Override
        public TrainingReport report() {
            return update.report();
        }

        @Override
        public void close() {
            update.close();
        }
    }

    @Override
    public byte[] export(LearnerState state) {
        return cloning.export(without(state));
    }

    @Override
    public SortedMap<String, String> metadata(LearnerState state) {
        SortedMap<String, String> metadata = new TreeMap<>();
        Tokeniser tokeniser = tokeniser(state);
        if (tokeniser != null) {
            metadata.put(ResponderPolicy.TOKENISER, new String(tokeniser.toJson(), StandardCharsets.UTF_8));
        }
        return metadata;
    }

    @Override
    public void close() {
        cloning.close();
    }
}
