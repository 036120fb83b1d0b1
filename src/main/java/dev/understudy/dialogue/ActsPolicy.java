package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.FeaturePolicy;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.network.LabelNetwork;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A policy of acts in service: the acts that are more likely than not, or the likeliest where none is. Nothing is
 * drawn.
 */
final class ActsPolicy extends TextPolicy {
    /** Key of the acts, in the order of the logits, in {@link dev.understudy.model.ModelMetadata#extra}. */
    static final String ACTS = "acts";

    /** Most acts that a model tells apart. */
    static final int MOST_ACTS = 512;

    /** Log of the probability of an act that the model does not know, a ten-thousandth (a guess), nats. */
    private static final double UNKNOWN = Math.log(1e-4);

    private final FeaturePolicy network;
    private final TextFeatures features;
    private final List<String> acts;
    private final Map<String, Integer> numbers = new HashMap<>();

    private ActsPolicy(FeaturePolicy network, ActionSpace.Text texts) {
        super(texts);
        this.network = network;
        Map<String, String> extra = network.file().metadata().extra();
        features = new TextFeatures(Tokenisers.read(extra.get(ResponderPolicy.TOKENISER)));
        acts = Acts.split(extra.getOrDefault(ACTS, ""));
        acts.forEach(act -> numbers.put(act, numbers.size()));
        if (acts.isEmpty()
                || acts.size() > MOST_ACTS
                || numbers.size() != acts.size()
                || network.room() != TextFeatures.ROOM
                || network.columns(LabelNetwork.LOGITS) != acts.size()) {
            throw new InvalidModelException(
                    "expected %d features and a logit for each of 1 to %d different acts, got %d, and %d for %d"
                            .formatted(
                                    TextFeatures.ROOM,
                                    MOST_ACTS,
                                    network.room(),
                                    network.columns(LabelNetwork.LOGITS),
                                    acts.size()));
        }
    }

    /**
     * Loads a model.
     *
     * @throws InvalidModelException if it lacks something, or does not load
     */
    static ActsPolicy load(ModelFile file, ActionSpace.Text texts) {
        FeaturePolicy network = FeaturePolicy.load(file, List.of(LabelNetwork.LOGITS));
        try {
            return new ActsPolicy(network, texts);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Returns the acts that it tells apart. */
    List<String> acts() {
        return acts;
    }

    TextFeatures features() {
        return features;
    }

    @Override
    public ModelFile file() {
        return network.file();
    }

    private float[] logits(byte[] observations, int rows) {
        long[] ids = new long[rows * TextFeatures.ROOM];
        for (int row = 0; row < rows; row++) {
            List<int[]> turns = ReplyPairs.newestFirst(observations, row).stream()
                    .map(features::of)
                    .toList();
            TextFeatures.writeContext(turns, ids, row * TextFeatures.ROOM);
        }
        return network.run(LabelNetwork.LOGITS, ids);
    }

    /** Returns the logits of one context. */
    float[] logits(int[] row) {
        return network.run(
                LabelNetwork.LOGITS, Arrays.stream(row).asLongStream().toArray());
    }

    /** Returns the acts whose logits are above 0, or the one with the highest where none is. */
    static SortedSet<String> chosen(List<String> acts, float[] logits, int at) {
        SortedSet<String> chosen = new TreeSet<>();
        int best = 0;
        for (int i = 0; i < acts.size(); i++) {
            if (logits[at + i] > 0) {
                chosen.add(acts.get(i));
            }
            best = logits[at + i] > logits[at + best] ? i : best;
        }
        if (chosen.isEmpty()) {
            chosen.add(acts.get(best));
        }
        return chosen;
    }

    @Override
    public void act(Rows observations, int rows, float[] actions) {
        float[] logits = logits(((ByteRows) observations).values(), rows);
        for (int row = 0; row < rows; row++) {
            NextActs.write(chosen(acts, logits, row * acts.size()), texts, actions, row * texts.size());
        }
    }

    /** Computes the log of the probability that these acts follow and no others, nats. */
    @Override
    public void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
        float[] logits = logits(((ByteRows) observations).values(), rows);
        for (int row = 0; row < rows; row++) {
            double sum = 0;
            for (int i = 0; i < acts.size(); i++) {
                sum -= softplus(logits[row * acts.size() + i]);
            }
            for (String act : Acts.split(texts.read(actions, row * texts.size()))) {
                Integer number = numbers.get(act);
                sum += number == null ? UNKNOWN : logits[row * acts.size() + number];
            }
            result[row] = sum;
        }
    }

    private static double softplus(double logit) {
        return Math.max(0, logit) + Math.log1p(Math.exp(-Math.abs(logit)));
    }

    @Override
    public void close() {
        network.close();
    }
}
