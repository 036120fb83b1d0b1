package dev.understudy.dialogue;

import dev.understudy.dialogue.WordRarity.Weighted;
import dev.understudy.graph.Feeds;
import dev.understudy.learn.minibatch.MinibatchConfig;
import dev.understudy.network.DualEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The batches that a retriever is learned from: contexts, their replies, and how well the words of each two match. */
final class RetrieverBatches {
    /** Input: features of contexts, INT64 {@code [B, room]}. */
    static final String CONTEXTS = "contexts";
    /** Input: features of their replies, INT64 {@code [B, length]}. */
    static final String REPLIES = "replies";
    /** Inputs, by the number of the text: how well each reply matches it, {@code [B, B]}. */
    static final String MATCHES = "matches";
    /** Input: 1 where a reply has the text of the right one and is another's, {@code [B, B]}. */
    static final String SAME = "same";

    private final DualEncoder network;
    private final MinibatchConfig config;
    private final ReplyPairs pairs;
    private final WordRarity rarity;
    private final long seed;
    private final BatchOrder order;
    private final int[][] features;
    private final int[][] words;
    private final WordRarity.Index index = new WordRarity.Index();

    RetrieverBatches(
            DualEncoder network,
            MinibatchConfig config,
            ReplyPairs pairs,
            Tokeniser tokeniser,
            WordRarity rarity,
            long seed) {
        this.network = network;
        this.config = config;
        this.pairs = pairs;
        this.rarity = rarity;
        this.seed = seed;
        order = BatchOrder.near(pairs.size(), config.batch(), seed);
        TextFeatures features = new TextFeatures(tokeniser);
        this.features = pairs.texts().stream().map(features::of).toArray(int[][]::new);
        words = pairs.texts().stream().map(WordRarity::words).toArray(int[][]::new);
    }

    /** Returns the inputs of a batch by its number. */
    Feeds feeds(int number) {
        int[] rows = order.batch(number);
        int b = rows.length;
        int replyRoom = network.lengths().get(0);
        long[] contexts = new long[b * network.room()];
        long[] replies = new long[b * replyRoom];
        float[] same = new float[b * b];
        List<Weighted> answered = new ArrayList<>();
        for (int i = 0; i < b; i++) {
            int reply = pairs.reply(rows[i]);
            TextFeatures.writeContext(featuresOf(pairs.context(rows[i])), contexts, i * network.room());
            TextFeatures.write(features[reply], replies, i * replyRoom, replyRoom);
            answered.add(rarity.weighted(List.of(words[reply])));
            index.add(answered.get(i));
            for (int j = 0; j < b; j++) {
                same[i * b + j] = i != j && pairs.reply(rows[j]) == reply ? 1f : 0f;
            }
        }
        SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + ~number);
        TextFeatures.drop(contexts, config.dropout(), random);
        TextFeatures.drop(replies, config.dropout(), random);
        Feeds feeds =
                new Feeds().longs(CONTEXTS, contexts).longs(REPLIES, replies).floats(SAME, same);
        for (int k = 0; k < DualEncoder.TEXTS; k++) {
            float[] matches = new float[b * b];
            for (int i = 0; i < b; i++) {
                index.match(rarity.weighted(text(wordsOf(pairs.context(rows[i])), k)), matches, i * b);
            }
            feeds.floats(MATCHES + k, matches);
        }
        index.clear(answered);
        return feeds;
    }

    /** Returns the k-th text of a context: its newest turn, the one before, or all older ones. */
    static List<int[]> text(List<int[]> newestFirst, int k) {
        int size = newestFirst.size();
        return newestFirst.subList(Math.min(k, size), k < 2 ? Math.min(k + 1, size) : size);
    }

    private List<int[]> featuresOf(int[] turns) {
        List<int[]> all = new ArrayList<>();
        for (int turn : turns) {
            all.add(features[turn]);
        }
        return all;
    }

    private List<int[]> wordsOf(int[] turns) {
        List<int[]> all = new ArrayList<>();
        for (int turn : turns) {
            all.add(words[turn]);
        }
        return all;
    }
}
