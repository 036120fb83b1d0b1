package dev.understudy.dialogue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;

/**
 * Learns byte pairs: Sennrich et al. (2016), algorithm 1. Again and again the most frequent pair of neighbours within
 * words becomes an entry.
 *
 * <p>Counts are kept from merge to merge: only the words that hold the merged pair are gone over again. The queue may
 * hold counts that have fallen since; such a pair is queued again with its count when it comes first.
 */
final class TokeniserTraining {
    private final List<byte[]> entries = Tokeniser.marksAndBytes();
    private final Map<String, Integer> idByBytes = new HashMap<>();
    private final List<Tokeniser.Merge> merges = new ArrayList<>();
    private final List<int[]> words = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

    /** How often a pair occurs, and in which words (some perhaps no more, some twice). */
    private static final class Pair {
        private final Ids words = new Ids(2);
        private long count;
    }

    private record Candidate(long count, long pair) implements Comparable<Candidate> {
        @Override
        public int compareTo(Candidate other) {
            return count != other.count ? Long.compare(other.count, count) : Long.compare(pair, other.pair);
        }
    }

    TokeniserTraining(Iterable<String> texts) {
        for (int id = Tokeniser.MARKS.size(); id < entries.size(); id++) {
            idByBytes.put(key(entries.get(id)), id);
        }
        Map<String, Long> countByWord = new TreeMap<>();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            for (int from = 0; from < bytes.length; ) {
                int to = Words.end(bytes, from);
                countByWord.merge(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1), 1L, Long::sum);
                from = to;
            }
        }
        countByWord.forEach(this::addWord);
        pairs.forEach((pair, known) -> queue.add(new Candidate(known.count, pair)));
    }

    private void addWord(String word, long count) {
        int[] ids = word.chars()
                .map(value -> idByBytes.get(String.valueOf((char) value)))
                .toArray();
        words.add(ids);
        counts.add(count);
        for (int i = 0; i + 1 < ids.length; i++) {
            change(Tokeniser.pair(ids[i], ids[i + 1]), count, words.size() - 1);
        }
    }

    Tokeniser run(int mostEntries) {
        while (entries.size() < mostEntries && !queue.isEmpty()) {
            Candidate first = queue.poll();
            Pair pair = pairs.get(first.pair);
            if (pair == null || pair.count <= 0) {
                continue;
            }
            if (pair.count != first.count) {
                queue.add(new Candidate(pair.count, first.pair));
                continue;
            }
            merge(first.pair, pair);
        }
        return new Tokeniser(entries, merges);
    }

    private void merge(long key, Pair pair) {
        int left = (int) (key >>> 32);
        int right = (int) key;
        int merged = entry(left, right);
        merges.add(new Tokeniser.Merge(left, right, merged));
        pairs.remove(key);
        Set<Long> grown = new HashSet<>();
        for (int i = 0; i < pair.words.size(); i++) {
            mergeIn(pair.words.get(i), left, right, merged, grown);
        }
        grown.forEach(changed -> queue.add(new Candidate(Objects.requireNonNull(pairs.get(changed)).count, changed)));
    }

    /** Returns the id of two entries as one; other pairs may have given the same bytes before. */
    private int entry(int left, int right) {
        String bytes = key(entries.get(left)) + key(entries.get(right));
        return idByBytes.computeIfAbsent(bytes, any -> {
            entries.add(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return entries.size() - 1;
        });
    }

    private void mergeIn(int word, int left, int right, int merged, Set<Long> grown) {
        int[] ids = words.get(word);
        long count = counts.get(word);
        int kept = 0;
        int at = 0;
        while (at < ids.length) {
            if (ids[at] != left || at + 1 >= ids.length || ids[at + 1] != right) {
                ids[kept++] = ids[at++];
                continue;
            }
            if (kept > 0) {
                change(Tokeniser.pair(ids[kept - 1], left), -count, word);
                grow(Tokeniser.pair(ids[kept - 1], merged), count, word, grown);
            }
            if (at + 2 < ids.length) {
                change(Tokeniser.pair(right, ids[at + 2]), -count, word);
                grow(Tokeniser.pair(merged, ids[at + 2]), count, word, grown);
            }
            ids[kept++] = merged;
            at += 2;
        }
        words.set(word, Arrays.copyOf(ids, kept));
    }

    private void grow(long pair, long count, int word, Set<Long> grown) {
        change(pair, count, word);
        grown.add(pair);
    }

    private void change(long pair, long count, int word) {
        Pair known = count > 0 ? pairs.computeIfAbsent(pair, any -> new Pair()) : pairs.get(pair);
        if (known == null) {
            return; // the pair that is being merged
        }
        known.count += count;
        if (count > 0 && (known.words.size() == 0 || known.words.get(known.words.size() - 1) != word)) {
            known.words.add(word);
        }
    }

    private static String key(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
