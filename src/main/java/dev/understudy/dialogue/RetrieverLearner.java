package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.ModelConstants;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.minibatch.MinibatchConfig;
import dev.understudy.learn.minibatch.MinibatchUpdate;
import dev.understudy.learn.minibatch.StepProgram;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.network.DualEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns which reply fits, by the softmax over a batch: each context's own reply against those of the other contexts
 * (Henderson and others, 2017, arXiv:1705.00652, eq. 3):
 *
 * <pre>loss = -1/B sum_i log( exp s(c_i, r_i) / sum_j exp s(c_i, r_j) )</pre>
 *
 * <p>A reply with the same text as the right one is left out of the sum. The tokeniser is learned from the first window
 * and stays; how rare words are is counted on, and what can be answered is sampled from all windows. Nothing is
 * rehearsed.
 */
final class RetrieverLearner implements Learner {
    private static final String TOKENISER = "tokeniser";
    private static final String TEXTS_WITH = "words.texts";
    private static final String TEXTS = "words.all";
    private static final String CANDIDATES = "candidates";
    private static final String CANDIDATE_KEYS = "candidates.keys";

    /** The first of the numbers that tell parameters apart: above any other constant of a model. */
    private static final int FIRST_NUMBER = 1 << 20;

    private static final float OUT_OF_THE_SUM = -1e9f;

    private final ActionSpace.Text replies;
    private final DualEncoder network;
    private final MinibatchConfig config;
    private @Nullable StepProgram program;

    RetrieverLearner(ActionSpace.Text replies, DualEncoder network, MinibatchConfig config) {
        this.replies = replies;
        this.network = network;
        this.config = config;
    }

    @Override
    public LearnerState initialState(long seed) {
        return StepProgram.starting(network.initialise(new SplittableRandom(seed)));
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        float[] numbers = new float[network.layout().size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i + FIRST_NUMBER;
        }
        float[] theta = ModelConstants.read(model, network.toModel(numbers), FIRST_NUMBER, numbers.length);
        try {
            Map<String, String> extra = ModelFile.read(model).metadata().extra();
            String tokeniser = extra.get(ResponderPolicy.TOKENISER);
            String candidates = extra.get(RetrieverPolicy.CANDIDATES);
            if (theta == null || tokeniser == null || candidates == null) {
                return null;
            }
            WordRarity rarity = RetrieverPolicy.rarity(extra);
            LearnerState state = StoredText.with(StepProgram.starting(theta), TOKENISER, tokeniser);
            state = StoredText.with(state, TEXTS_WITH, rarity.textsWith());
            return withCandidates(
                    new LearnerState(state.vectors(), state.statistics(), new TreeMap<>(Map.of(TEXTS, rarity.texts()))),
                    ReplyCandidates.of("", new float[0]).with(ReplyCandidates.split(candidates)));
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
        ReplyPairs pairs = ReplyPairs.of(demonstrations, replies);
        if (pairs.size() == 0) {
            throw new IllegalArgumentException("expected at least one reply to learn, got none in %d trajectories"
                    .formatted(demonstrations.size()));
        }
        LearnerState prepared = MinibatchUpdate.isUnderWay(state) ? state : prepared(state, pairs);
        RetrieverBatches batches =
                new RetrieverBatches(network, config, pairs, tokeniser(prepared), rarity(prepared), seed);
        return new MinibatchUpdate(program(), config, prepared, pairs.size(), batches::feeds);
    }

    /** Returns the state with what is kept beside the parameters: it counts the texts of the window too. */
    private static LearnerState prepared(LearnerState state, ReplyPairs pairs) {
        LearnerState next = state;
        if (StoredText.in(state, TOKENISER) == null) {
            next = StoredText.with(next, TOKENISER, Tokenisers.learned(pairs.texts()));
        }
        float[] textsWith = state.vectors()
                .getOrDefault(TEXTS_WITH, new float[WordRarity.BUCKETS])
                .clone();
        for (String text : pairs.texts()) {
            int[] words = WordRarity.words(text);
            Arrays.stream(words).distinct().forEach(word -> textsWith[word]++);
        }
        next = StoredText.with(next, TEXTS_WITH, textsWith);
        List<String> said = new ArrayList<>();
        for (int pair = 0; pair < pairs.size(); pair++) {
            said.add(pairs.texts().get(pairs.reply(pair)));
        }
        next = withCandidates(next, candidates(state).with(said));
        SortedMap<String, Long> counters = new TreeMap<>(next.counters());
        counters.merge(TEXTS, (long) pairs.texts().size(), Long::sum);
        return new LearnerState(next.vectors(), next.statistics(), counters);
    }

    private static LearnerState withCandidates(LearnerState state, ReplyCandidates candidates) {
        return StoredText.with(
                StoredText.with(state, CANDIDATES, candidates.text()), CANDIDATE_KEYS, candidates.keys());
    }

    private static ReplyCandidates candidates(LearnerState state) {
        String texts = StoredText.in(state, CANDIDATES);
        return texts == null
                ? ReplyCandidates.of("", new float[0])
                : ReplyCandidates.of(texts, state.vector(CANDIDATE_KEYS));
    }

    private static Tokeniser tokeniser(LearnerState state) {
        return Tokenisers.read(StoredText.in(state, TOKENISER));
    }

    private static WordRarity rarity(LearnerState state) {
        return WordRarity.of(
                state.vectors().getOrDefault(TEXTS_WITH, new float[WordRarity.BUCKETS]), state.counter(TEXTS));
    }

    private StepProgram program() {
        StepProgram known = program;
        if (known == null) {
            known = new StepProgram(network.layout(), config.gradientNorm(), this::loss);
            program = known;
        }
        return known;
    }

    /** Returns the loss of a batch, whose inputs {@link RetrieverBatches} gives. */
    private Tensor loss(Graph graph, Map<String, Tensor> weights) {
        int b = config.batch();
        Tensor contexts = graph.input(RetrieverBatches.CONTEXTS, ElementType.INT64, Shape.of(b, network.room()));
        Tensor answered = graph.input(
                RetrieverBatches.REPLIES,
                ElementType.INT64,
                Shape.of(b, network.lengths().get(0)));
        DualEncoder.Contexts encoded = network.contexts(weights, contexts);
        Tensor scores =
                encoded.vectors().matMul(network.replies(weights, answered).transpose(1, 0));
        List<Tensor> matches = encoded.matches().split(1, 1, 1, 1);
        for (int k = 0; k < DualEncoder.TEXTS; k++) {
            Tensor match = graph.input(RetrieverBatches.MATCHES + k, ElementType.FLOAT, Shape.of(b, b));
            scores = scores.add(match.mul(matches.get(k)));
        }
        Tensor same = graph.input(RetrieverBatches.SAME, ElementType.FLOAT, Shape.of(b, b));
        float[] diagonal = new float[b * b];
        for (int i = 0; i < b; i++) {
            diagonal[i * b + i] = 1f / b;
        }
        return scores.add(same.mul(OUT_OF_THE_SUM))
                .logSoftmax(1)
                .mul(graph.constant(diagonal, Shape.of(b, b)))
                .sum()
                .neg();
    }

    @Override
    public byte[] export(LearnerState state) {
        return network.toModel(state.vector(StepProgram.THETA));
    }

    @Override
    public SortedMap<String, String> metadata(LearnerState state) {
        SortedMap<String, String> metadata = new TreeMap<>();
        String tokeniser = StoredText.in(state, TOKENISER);
        String candidates = StoredText.in(state, CANDIDATES);
        if (tokeniser != null && candidates != null) {
            metadata.put(ResponderPolicy.TOKENISER, tokeniser);
            metadata.put(RetrieverPolicy.CANDIDATES, candidates);
            metadata.put(RetrieverPolicy.RARITY, rarity(state).toText());
        }
        return metadata;
    }

    @Override
    public void close() {
        if (program != null) {
            program.close();
            program = null;
        }
    }
}
