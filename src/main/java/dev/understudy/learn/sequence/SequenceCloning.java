package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.graph.ModelConstants;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.network.Adam;
import dev.understudy.network.NGramTables;
import dev.understudy.network.Optimiser;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Behavioural cloning of sequences: the parameters that make the tokens of the window most likely, each given all
 * before it in its conversation: max over theta of the sum of log p_theta(token | tokens before), by teacher forcing
 * and truncated backpropagation through time (Williams and Peng 1990). The state is carried from segment to segment.
 *
 * <p>N-gram tables of the network say what they know of a sequence before they count it: a window is counted in lots of
 * a hundred sequences, each once it is learned. The network learns as it would alone; only the gate between the two
 * learns from both.
 *
 * <p>It is what a {@link dev.understudy.learn.Learner} of text has inside, once text has become tokens. The same state,
 * sequences and seed give the same bytes. Used by one thread, with one update under way at a time.
 */
public final class SequenceCloning implements AutoCloseable {
    /** The first of the numbers that tell parameters apart: above any other constant of a model. */
    private static final int FIRST_NUMBER = 1 << 20;

    private static final double LOG_2 = Math.log(2);

    private final RecurrentNetwork network;
    private final SequenceCloningConfig config;
    private final Optimiser optimiser = Adam.defaults();
    private final SequencePrograms programs;

    /** Makes a learner of a network. Programs are compiled when they are first needed. */
    public SequenceCloning(RecurrentNetwork network, SequenceCloningConfig config) {
        this.network = network;
        this.config = config;
        this.programs = new SequencePrograms(network, config, optimiser);
    }

    /**
     * How well sequences were predicted.
     *
     * @param bits of each sequence, over its learned tokens
     * @param tokens how many those are
     */
    public record Score(double[] bits, long tokens) {
        /** Returns the bits of all sequences. */
        public double totalBits() {
            double sum = 0;
            for (double each : bits) {
                sum += each;
            }
            return sum;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Score that && tokens == that.tokens && Arrays.equals(bits, that.bits);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(bits);
        }
    }

    /** Returns the memory of a learner that has seen nothing yet. */
    public LearnerState initialState(long seed) {
        NGramTables tables = network.nGrams();
        float[] memory = tables == null ? new float[0] : tables.initial();
        return startingWith(network.initialise(new SplittableRandom(seed)), memory);
    }

    private LearnerState startingWith(float[] theta, float[] memory) {
        SortedMap<String, float[]> vectors = new TreeMap<>();
        if (network.nGrams() != null) {
            vectors.put(SequencePrograms.MEMORY, memory);
        }
        vectors.put(SequencePrograms.THETA, theta);
        if (config.averaging() > 0) {
            vectors.put(SequencePrograms.AVERAGE, theta);
        }
        for (Optimiser.Memory vector : optimiser.memory(theta.length)) {
            vectors.put(vector.name(), vector.initial());
        }
        return new LearnerState(vectors, new TreeMap<>(), new TreeMap<>());
    }

    /**
     * Returns the memory of a learner that goes on from a model; null if it is of another network. A model without
     * n-gram tables is gone on from with empty ones. A network without tables goes on from the network of a model that
     * has those of {@link NGramTables#defaults}.
     *
     * @param model as {@link #export} wrote it, with or without metadata
     */
    public @Nullable LearnerState stateFrom(byte[] model) {
        NGramTables tables = network.nGrams();
        int size = network.layout().size();
        float[] found = exported(network, model);
        if (found != null) {
            float[] memory = Arrays.copyOfRange(found, size, found.length);
            return startingWith(Arrays.copyOf(found, size), tables == null ? memory : tables.fromExported(memory));
        }
        // Weights of the gate are the last: the others lie where they lie without it.
        RecurrentNetwork other =
                tables == null ? network.with(NGramTables.defaults(network.vocabulary())) : network.with(null);
        float[] theta = exported(other, model);
        return theta == null
                ? null
                : startingWith(Arrays.copyOf(theta, size), tables == null ? new float[0] : tables.initial());
    }

    private static float @Nullable [] exported(RecurrentNetwork network, byte[] model) {
        float[] numbers = new float[network.exported()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + FIRST_NUMBER;
        }
        return ModelConstants.read(model, network.toModel(numbers), FIRST_NUMBER, numbers.length);
    }

    /**
     * Begins an update on one window, or continues it if {@code state} was taken in the middle of one. To continue, the
     * other arguments must be those that the update was begun with.
     *
     * @param sequences the window's conversations, in the order in which they are learned
     * @param replay older ones, learned once, spread evenly among them; may be empty
     * @param seed what dropout follows from
     * @throws IllegalArgumentException if no token is learned, or one is not in the vocabulary
     */
    public Update begin(LearnerState state, List<TokenSequence> sequences, List<TokenSequence> replay, long seed) {
        List<TokenSequence> all = new ArrayList<>();
        int replayed = 0;
        for (int pass = 0; pass < config.passes(); pass++) {
            for (int i = 0; i < sequences.size(); i++) {
                all.add(sequences.get(i));
                double share = (pass + (i + 1.0) / sequences.size()) / config.passes();
                while (replayed < Math.round(share * replay.size())) {
                    all.add(replay.get(replayed++));
                }
            }
        }
        if (all.stream().allMatch(sequence -> sequence.learnedTokens() == 0)) {
            throw new IllegalArgumentException(
                    "expected at least one token to learn, got none in %d sequences".formatted(all.size()));
        }
        Packing packing = new Packing(all, network.vocabulary(), config.streams(), config.steps());
        return new SequenceUpdate(network, programs.training(), config, optimiser, packing, sequences, state, seed);
    }

    /**
     * Returns how well sequences are predicted by what is exported of a state. Before they are learned, that is a test.
     *
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public Score score(LearnerState state, List<TokenSequence> sequences) {
        Program program = programs.scoring();
        float[] theta = exported(state);
        program.setInput(SequencePrograms.THETA, theta, Shape.of(theta.length));
        program.setState(SequencePrograms.HIDDEN, new float[config.streams() * network.state()]);
        Packing packing = new Packing(sequences, network.vocabulary(), config.streams(), config.steps());
        NGramTables tables = network.nGrams();
        Recollection recollection =
                tables == null ? null : Recollection.of(tables, SequencePrograms.memory(tables, state), packing);
        double[] bits = new double[sequences.size()];
        long tokens = 0;
        for (int segment = 0; segment < packing.segments(); segment++) {
            packing.read(segment);
            Feeds feeds = packing.feeds();
            if (recollection != null) {
                recollection.addTo(feeds);
            }
            try (Result result = program.run(feeds)) {
                float[] losses = result.floats("losses");
                for (int row = 0; row < losses.length; row++) {
                    if (packing.weights()[row] > 0) {
                        bits[packing.owners()[row]] += losses[row] / LOG_2;
                        tokens++;
                    }
                }
            }
        }
        return new Score(bits, tokens);
    }

    /** Returns the policy as {@link RecurrentNetwork#toModel} writes it: one step of the network. */
    public byte[] export(LearnerState state) {
        float[] theta = exported(state);
        NGramTables tables = network.nGrams();
        if (tables == null) {
            return network.toModel(theta);
        }
        float[] numbers = Arrays.copyOf(theta, network.exported());
        System.arraycopy(SequencePrograms.memory(tables, state), 0, numbers, theta.length, tables.exported());
        return network.toModel(numbers);
    }

    static float[] exported(LearnerState state) {
        return state.vectors().getOrDefault(SequencePrograms.AVERAGE, state.vector(SequencePrograms.THETA));
    }

    @Override
    public void close() {
        programs.close();
    }
}
