package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
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
import dev.understudy.network.BagOfFeatures;
import dev.understudy.network.LabelNetwork;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns which acts follow a context: cloning as the classification of many labels, each with its own logistic loss, as
 * ConvLab-2 clones its policies of acts (Zhu and others, 2020, arXiv:2002.04793):
 *
 * <pre>loss = 1/B sum_i sum_j softplus(z_ij) - y_ij z_ij</pre>
 *
 * <p>Acts are those of the first window, and stay, as its tokeniser does. Nothing is rehearsed.
 */
final class ActsLearner implements Learner {
    private static final String TOKENISER = "tokeniser";
    private static final String ACTS = "acts";
    private static final String FEATURES = "features";
    private static final String TARGETS = "targets";

    /** Fewest steps that an act occurs in to be learned (a guess). */
    static final int FEWEST = 2;

    /** The first of the numbers that tell parameters apart: above any other constant of a model. */
    private static final int FIRST_NUMBER = 1 << 20;

    private final ActionSpace.Text texts;
    private final int width;
    private final int hidden;
    private final MinibatchConfig config;
    /** By the number of acts; a learner mostly has one. */
    private final Map<Integer, StepProgram> programs = new HashMap<>();

    /** @param width d, of an embedding */
    ActsLearner(ActionSpace.Text texts, int width, int hidden, MinibatchConfig config) {
        this.texts = texts;
        this.width = width;
        this.hidden = hidden;
        this.config = config;
    }

    private LabelNetwork network(int acts) {
        return new LabelNetwork(
                new BagOfFeatures(TextFeatures.COUNT, width), hidden, TextFeatures.LENGTHS, Math.max(1, acts));
    }

    /** Returns a memory without parameters: how many there are follows from the acts of the first window. */
    @Override
    public LearnerState initialState(long seed) {
        SortedMap<String, Long> counters = new TreeMap<>();
        counters.put("seed", seed);
        return new LearnerState(new TreeMap<>(), new TreeMap<>(), counters);
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        try {
            Map<String, String> extra = ModelFile.read(model).metadata().extra();
            String tokeniser = extra.get(ResponderPolicy.TOKENISER);
            String acts = extra.get(ActsPolicy.ACTS);
            if (tokeniser == null || acts == null) {
                return null;
            }
            LabelNetwork network = network(Acts.split(acts).size());
            float[] numbers = new float[network.layout().size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = i + FIRST_NUMBER;
            }
            float[] theta = ModelConstants.read(model, network.toModel(numbers), FIRST_NUMBER, numbers.length);
            return theta == null
                    ? null
                    : StoredText.with(StoredText.with(StepProgram.starting(theta), TOKENISER, tokeniser), ACTS, acts);
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
        ActSteps steps = ActSteps.of(demonstrations, texts);
        LearnerState prepared = StoredText.in(state, ACTS) == null ? prepared(state, steps) : state;
        List<String> acts = acts(prepared);
        TextFeatures features = new TextFeatures(Tokenisers.read(StoredText.in(prepared, TOKENISER)));
        Batches batches = new Batches(steps, steps.features(features), acts, config, seed);
        return new MinibatchUpdate(program(acts.size()), config, prepared, steps.size(), batches::feeds);
    }

    private LearnerState prepared(LearnerState state, ActSteps steps) {
        List<String> acts = Acts.frequent(steps.acts(), FEWEST, ActsPolicy.MOST_ACTS);
        if (acts.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected an act that %d replies have, got none in %d replies".formatted(FEWEST, steps.size()));
        }
        float[] theta = network(acts.size()).initialise(new SplittableRandom(state.counter("seed")));
        LearnerState next = StoredText.with(StepProgram.starting(theta), TOKENISER, Tokenisers.learned(steps.texts()));
        return StoredText.with(next, ACTS, String.join(Acts.SEPARATOR, acts));
    }

    private static List<String> acts(LearnerState state) {
        String acts = StoredText.in(state, ACTS);
        return acts == null ? List.of() : Acts.split(acts);
    }

    private StepProgram program(int acts) {
        return programs.computeIfAbsent(acts, count -> {
            LabelNetwork network = network(count);
            return new StepProgram(
                    network.layout(), config.gradientNorm(), (graph, weights) -> loss(network, graph, weights));
        });
    }

    private Tensor loss(LabelNetwork network, Graph graph, Map<String, Tensor> weights) {
        int b = config.batch();
        Tensor ids = graph.input(FEATURES, ElementType.INT64, Shape.of(b, network.room()));
        Tensor targets = graph.input(TARGETS, ElementType.FLOAT, Shape.of(b, network.labels()));
        Tensor logits = network.logits(weights, ids);
        return logits.softplus().sub(targets.mul(logits)).sum().div(b);
    }

    /** Contexts and the acts that followed. */
    private static final class Batches {
        private final ActSteps steps;
        private final List<int[]> features;
        private final Map<String, Integer> numbers = new HashMap<>();
        private final MinibatchConfig config;
        private final long seed;
        private final BatchOrder order;

        Batches(ActSteps steps, List<int[]> features, List<String> acts, MinibatchConfig config, long seed) {
            this.steps = steps;
            this.features = features;
            this.config = config;
            this.seed = seed;
            acts.forEach(act -> numbers.put(act, numbers.size()));
            order = BatchOrder.everywhere(steps.size(), config.batch(), seed);
        }

        Feeds feeds(int number) {
            int[] rows = order.batch(number);
            long[] ids = new long[rows.length * TextFeatures.ROOM];
            float[] targets = new float[rows.length * numbers.size()];
            for (int i = 0; i < rows.length; i++) {
                TextFeatures.write(features.get(rows[i]), ids, i * TextFeatures.ROOM, TextFeatures.ROOM);
                for (String act : steps.acts().get(rows[i])) {
                    Integer label = numbers.get(act);
                    if (label != null) {
                        targets[i * numbers.size() + label] = 1;
                    }
                }
            }
            TextFeatures.drop(ids, config.dropout(), new SplittableRandom(seed * 0x9E3779B97F4A7C15L + ~number));
            return new Feeds().longs(FEATURES, ids).floats(TARGETS, targets);
        }
    }

    @Override
    public byte[] export(LearnerState state) {
        return network(acts(state).size()).toModel(state.vector(StepProgram.THETA));
    }

    @Override
    public SortedMap<String, String> metadata(LearnerState state) {
        SortedMap<String, String> metadata = new TreeMap<>();
        String tokeniser = StoredText.in(state, TOKENISER);
        String acts = StoredText.in(state, ACTS);
        if (tokeniser != null && acts != null) {
            metadata.put(ResponderPolicy.TOKENISER, tokeniser);
            metadata.put(ActsPolicy.ACTS, acts);
        }
        return metadata;
    }

    @Override
    public void close() {
        programs.values().forEach(StepProgram::close);
        programs.clear();
    }
}
