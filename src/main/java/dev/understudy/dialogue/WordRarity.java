package dev.understudy.dialogue;

import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How rare words are, for the cosine of two texts as {@link TfIdfRetrieval} has it: a word counts as often as it occurs
 * times ln((1 + n) / (1 + texts with the word)) + 1, of n texts. Words are hashed into buckets, so that the table has a
 * fixed size, and rarities are kept to a sixteenth, so that it fits into a model's metadata.
 */
final class WordRarity {
    /** Buckets of words. */
    static final int BUCKETS = 1 << 17;

    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}']+");
    private static final float STEPS = 16f;

    private final byte[] table;

    private WordRarity(byte[] table) {
        this.table = table;
    }

    /**
     * Of counts.
     *
     * @param textsWith for each bucket, how many texts have a word of it, {@code [BUCKETS]}
     * @param texts how many texts there are
     */
    static WordRarity of(float[] textsWith, long texts) {
        byte[] table = new byte[BUCKETS];
        for (int i = 0; i < BUCKETS; i++) {
            double rarity = StrictMath.log((1.0 + texts) / (1.0 + textsWith[i])) + 1;
            table[i] = (byte) Math.min(255, Math.round(STEPS * rarity));
        }
        return new WordRarity(table);
    }

    /**
     * Reads what {@link #toText} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    static WordRarity read(String text) {
        byte[] table = Base64.getDecoder().decode(text);
        if (table.length != BUCKETS) {
            throw new IllegalArgumentException(
                    "expected the rarities of %d buckets, got %d".formatted(BUCKETS, table.length));
        }
        return new WordRarity(table);
    }

    /** Returns the table in Base64. */
    String toText() {
        return Base64.getEncoder().encodeToString(table);
    }

    /** Returns about how many texts were counted, by the rarity of a word that was in none of them. */
    long texts() {
        int rarest = 0;
        for (byte rarity : table) {
            rarest = Math.max(rarest, rarity & 0xFF);
        }
        return Math.round(StrictMath.exp(rarest / STEPS - 1) - 1);
    }

    /** Returns about how many texts had a word of each bucket: counts that give these rarities. */
    float[] textsWith() {
        float[] counts = new float[BUCKETS];
        double all = 1.0 + texts();
        for (int i = 0; i < BUCKETS; i++) {
            counts[i] = (float) Math.max(0, all / StrictMath.exp((table[i] & 0xFF) / STEPS - 1) - 1);
        }
        return counts;
    }

    /** Returns the buckets of a text's words, in order, as often as they occur. */
    static int[] words(String text) {
        Ids words = new Ids(32);
        Matcher word = WORD.matcher(text.toLowerCase(Locale.ROOT));
        while (word.find()) {
            words.add((int) ((word.group().hashCode() * 0x9E3779B97F4A7C15L) >>> 47));
        }
        return words.toArray();
    }

    /**
     * A text's words by their weight, of length 1.
     *
     * @param words buckets, rising
     * @param weights theirs
     */
    record Weighted(int[] words, float[] weights) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Weighted that
                    && Arrays.equals(words, that.words)
                    && Arrays.equals(weights, that.weights);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(words);
        }
    }

    /** Returns the weights of the words of some texts together. */
    Weighted weighted(List<int[]> texts) {
        int[] all = texts.stream().flatMapToInt(Arrays::stream).sorted().toArray();
        int[] words = new int[all.length];
        float[] weights = new float[all.length];
        int count = 0;
        for (int i = 0; i < all.length; i++) {
            if (i == 0 || all[i] != all[i - 1]) {
                words[count++] = all[i];
            }
            weights[count - 1] += (table[all[i]] & 0xFF) / STEPS;
        }
        double squares = 0;
        for (int i = 0; i < count; i++) {
            squares += (double) weights[i] * weights[i];
        }
        for (int i = 0; i < count; i++) {
            weights[i] = (float) (weights[i] / Math.sqrt(squares));
        }
        return new Weighted(Arrays.copyOf(words, count), Arrays.copyOf(weights, count));
    }

    /** Texts by their words, to be matched with others all at once. Not thread-safe while texts are added. */
    static final class Index {
        /** For each bucket, its newest entry and 1; 0 if there is none. */
        private final int[] newest = new int[BUCKETS];

        private int[] texts = new int[1024];
        private int[] before = new int[1024];
        private float[] weights = new float[1024];
        private int entries;
        private int size;

        /** Adds the next text. */
        void add(Weighted text) {
            int needed = entries + text.words.length;
            if (needed > texts.length) {
                int room = Math.max(needed, 2 * texts.length);
                texts = Arrays.copyOf(texts, room);
                before = Arrays.copyOf(before, room);
                weights = Arrays.copyOf(weights, room);
            }
            for (int i = 0; i < text.words.length; i++) {
                texts[entries] = size;
                weights[entries] = text.weights[i];
                before[entries] = newest[text.words[i]];
                newest[text.words[i]] = ++entries;
            }
            size++;
        }

        /** Forgets all texts, given them again. */
        void clear(List<Weighted> all) {
            all.forEach(text -> {
                for (int word : text.words) {
                    newest[word] = 0;
                }
            });
            entries = 0;
            size = 0;
        }

        /** Adds the cosine of a text with each text of this to {@code result[at]} and on. */
        void match(Weighted text, float[] result, int at) {
            for (int i = 0; i < text.words.length; i++) {
                for (int entry = newest[text.words[i]]; entry > 0; entry = before[entry - 1]) {
                    result[at + texts[entry - 1]] += text.weights[i] * weights[entry - 1];
                }
            }
        }
    }
}
