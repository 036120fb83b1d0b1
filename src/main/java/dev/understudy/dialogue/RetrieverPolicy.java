package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.dialogue.WordRarity.Weighted;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.FeaturePolicy;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.network.DualEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A retriever in service: the reply is the best of the candidates in its model file that was not said yet. What it
 * answers follows from the context alone: nothing is drawn.
 */
final class RetrieverPolicy extends TextPolicy {
    /** Key of the candidates in {@link dev.understudy.model.ModelMetadata#extra}. */
    static final String CANDIDATES = "candidates";
    /** Key of the words' rarities there. */
    static final String RARITY = "rarity";

    /** Most replies whose encodings are kept. */
    private static final int MOST_KEPT = 8_192;

    private final FeaturePolicy network;
    private final TextFeatures features;
    private final WordRarity rarity;
    private final List<String> candidates;
    private final float[] candidateVectors;
    private final WordRarity.Index candidateWords = new WordRarity.Index();
    private final int width;

    private final Map<String, Reply> kept = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Reply> eldest) {
            return size() > MOST_KEPT;
        }
    };

    /** A reply as it is scored. */
    private record Reply(float[] vector, Weighted words) {}

    /** A context as it is scored: exp(t) c, then how much the matches count; and its texts' words. */
    private record Context(float[] vector, List<Weighted> words, List<String> newestFirst) {}

    private RetrieverPolicy(FeaturePolicy network, ActionSpace.Text replies) {
        super(replies);
        this.network = network;
        Map<String, String> extra = network.file().metadata().extra();
        features = new TextFeatures(Tokenisers.read(extra.get(ResponderPolicy.TOKENISER)));
        rarity = rarity(extra);
        candidates = ReplyCandidates.split(text(extra, CANDIDATES));
        width = network.columns(DualEncoder.REPLY);
        if (network.room() != TextFeatures.ROOM
                || network.columns(DualEncoder.CONTEXT) != width + DualEncoder.TEXTS
                || candidates.isEmpty()
                || candidates.size() > ReplyCandidates.MOST) {
            throw new InvalidModelException(
                    "expected %d features, contexts of %d numbers more than replies, and 1 to %d candidates, got %d, %d for %d, and %d"
                            .formatted(
                                    TextFeatures.ROOM,
                                    DualEncoder.TEXTS,
                                    ReplyCandidates.MOST,
                                    network.room(),
                                    network.columns(DualEncoder.CONTEXT),
                                    width,
                                    candidates.size()));
        }
        candidateVectors = encode(candidates);
        candidates.forEach(text -> candidateWords.add(weighted(text)));
    }

    /**
     * Loads a model.
     *
     * @throws InvalidModelException if it lacks something, or does not load
     */
    static RetrieverPolicy load(ModelFile file, ActionSpace.Text replies) {
        FeaturePolicy network = FeaturePolicy.load(file, List.of(DualEncoder.CONTEXT, DualEncoder.REPLY));
        try {
            return new RetrieverPolicy(network, replies);
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Returns the rarities of words in a model's metadata. */
    static WordRarity rarity(Map<String, String> extra) {
        try {
            return WordRarity.read(text(extra, RARITY));
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException("expected the rarities of words: " + e.getMessage(), e);
        }
    }

    private static String text(Map<String, String> extra, String key) {
        String text = extra.get(key);
        if (text == null) {
            throw new InvalidModelException("expected a model with %s, got one with %s".formatted(key, extra.keySet()));
        }
        return text;
    }

    private Weighted weighted(String text) {
        return rarity.weighted(List.of(WordRarity.words(text)));
    }

    /** Returns the vectors of replies, one after another. */
    private float[] encode(List<String> texts) {
        long[] rows = new long[texts.size() * TextFeatures.ROOM];
        for (int i = 0; i < texts.size(); i++) {
            TextFeatures.write(features.of(texts.get(i)), rows, i * TextFeatures.ROOM, TextFeatures.LENGTHS.get(0));
        }
        return network.run(DualEncoder.REPLY, rows);
    }

    /** Returns the replies that it chooses from. */
    List<String> candidates() {
        return candidates;
    }

    @Override
    public ModelFile file() {
        return network.file();
    }

    private List<Context> contexts(byte[] observations, int rows) {
        List<List<String>> said = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            said.add(ReplyPairs.newestFirst(observations, row));
        }
        return contexts(said);
    }

    private List<Context> contexts(List<List<String>> newestFirst) {
        long[] ids = new long[newestFirst.size() * TextFeatures.ROOM];
        for (int row = 0; row < newestFirst.size(); row++) {
            TextFeatures.writeContext(
                    newestFirst.get(row).stream().map(features::of).toList(), ids, row * TextFeatures.ROOM);
        }
        float[] vectors = network.run(DualEncoder.CONTEXT, ids);
        int columns = width + DualEncoder.TEXTS;
        List<Context> contexts = new ArrayList<>();
        for (int row = 0; row < newestFirst.size(); row++) {
            List<int[]> words =
                    newestFirst.get(row).stream().map(WordRarity::words).toList();
            List<Weighted> texts = new ArrayList<>();
            for (int k = 0; k < DualEncoder.TEXTS; k++) {
                texts.add(rarity.weighted(RetrieverBatches.text(words, k)));
            }
            contexts.add(new Context(
                    Arrays.copyOfRange(vectors, row * columns, (row + 1) * columns), texts, newestFirst.get(row)));
        }
        return contexts;
    }

    /** Returns how well each candidate fits, {@code [candidates]}. */
    private float[] scores(Context context) {
        float[] scores = new float[candidates.size()];
        float[] matches = new float[candidates.size()];
        for (int k = 0; k < DualEncoder.TEXTS; k++) {
            Arrays.fill(matches, 0);
            candidateWords.match(context.words.get(k), matches, 0);
            for (int i = 0; i < scores.length; i++) {
                scores[i] += context.vector[width + k] * matches[i];
            }
        }
        for (int i = 0; i < scores.length; i++) {
            scores[i] += product(context.vector, candidateVectors, i * width);
        }
        return scores;
    }

    private float product(float[] context, float[] vectors, int at) {
        float sum = 0;
        for (int i = 0; i < width; i++) {
            sum += context[i] * vectors[at + i];
        }
        return sum;
    }

    private double score(Context context, Reply reply) {
        double score = product(context.vector, reply.vector, 0);
        for (int k = 0; k < DualEncoder.TEXTS; k++) {
            score += context.vector[width + k] * cosine(context.words.get(k), reply.words);
        }
        return score;
    }

    private static double cosine(Weighted one, Weighted other) {
        double sum = 0;
        for (int i = 0; i < one.words().length; i++) {
            int at = Arrays.binarySearch(other.words(), one.words()[i]);
            sum += at < 0 ? 0 : one.weights()[i] * other.weights()[at];
        }
        return sum;
    }

    /** Returns replies as they are scored; those not seen lately are encoded together. */
    private List<Reply> replies(List<String> texts) {
        synchronized (kept) {
            List<String> unknown = texts.stream()
                    .filter(text -> !kept.containsKey(text))
                    .distinct()
                    .toList();
            Map<String, Reply> all = new LinkedHashMap<>();
            if (!unknown.isEmpty()) {
                float[] vectors = encode(unknown);
                for (int i = 0; i < unknown.size(); i++) {
                    float[] vector = Arrays.copyOfRange(vectors, i * width, (i + 1) * width);
                    all.put(unknown.get(i), new Reply(vector, weighted(unknown.get(i))));
                }
            }
            List<Reply> found = new ArrayList<>();
            for (String text : texts) {
                Reply known = kept.get(text);
                found.add(known == null ? all.get(text) : known);
            }
            kept.putAll(all);
            return found;
        }
    }

    /**
     * Returns how well texts fit after a context.
     *
     * @param newestFirst its turns
     */
    double[] scores(List<String> newestFirst, List<String> texts) {
        Context context = contexts(List.of(newestFirst)).get(0);
        return replies(texts).stream()
                .mapToDouble(reply -> score(context, reply))
                .toArray();
    }

    @Override
    public void act(Rows observations, int rows, float[] actions) {
        List<Context> contexts = contexts(((ByteRows) observations).values(), rows);
        for (int row = 0; row < rows; row++) {
            Context context = contexts.get(row);
            float[] scores = scores(context);
            int best = -1;
            for (int i = 0; i < scores.length; i++) {
                boolean isBetter = best < 0 || scores[i] > scores[best];
                if (isBetter && !context.newestFirst.contains(candidates.get(i))) {
                    best = i;
                }
            }
            texts.write(candidates.get(Math.max(0, best)), actions, row * texts.size());
        }
    }

    /**
     * Computes log p(reply | context), where a reply is chosen by the softmax of the scores among the candidates and
     * itself. A row whose context is that of the row before costs only its reply.
     */
    @Override
    public void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
        byte[] values = ((ByteRows) observations).values();
        List<String> said = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            said.add(texts.read(actions, row * texts.size()));
        }
        List<Reply> scored = replies(said);
        List<String> before = List.of();
        Context context = null;
        float[] scores = {};
        for (int row = 0; row < rows; row++) {
            List<String> newestFirst = ReplyPairs.newestFirst(values, row);
            if (context == null || !newestFirst.equals(before)) {
                context = contexts(List.of(newestFirst)).get(0);
                scores = scores(context);
                before = newestFirst;
            }
            double own = score(context, scored.get(row));
            double sum = 1;
            for (int i = 0; i < scores.length; i++) {
                sum += candidates.get(i).equals(said.get(row)) ? 0 : Math.exp(scores[i] - own);
            }
            result[row] = -Math.log(sum);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
