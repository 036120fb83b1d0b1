package dev.understudy.dialogue;

import dev.understudy.model.ModelFile;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns text into token ids and back: byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019). Any
 * bytes come back as they were.
 *
 * <p>The first four ids are marks that no text produces: three say whose turn begins, the fourth ends it. Then come the
 * 256 bytes, then merges in the order in which they were learned. Any number of threads may use a tokeniser.
 */
public final class Tokeniser {
    /** Most entries: an id then takes 12 bits. */
    public static final int MOST_ENTRIES = 4096;
    /** Fewest entries: the marks and the bytes. */
    public static final int FEWEST_ENTRIES = 260;
    /** Mark at the beginning of a turn of {@link Role#USER}. */
    public static final int USER = 0;
    /** Mark at the beginning of a turn of {@link Role#ASSISTANT}. */
    public static final int ASSISTANT = 1;
    /** Mark at the beginning of a turn of {@link Role#SYSTEM}. */
    public static final int SYSTEM = 2;
    /** Mark at the end of every turn. */
    public static final int END = 3;

    static final List<String> MARKS = List.of("<|user|>", "<|assistant|>", "<|system|>", "<|end|>");

    private static final int CACHED_WORDS = 1 << 16;
    private static final int LONGEST_CACHED_BYTES = 48;

    private final List<byte[]> entries;
    private final List<Merge> merges;
    private final int[] idOfByte = new int[256];
    private final Map<Long, Long> rankAndIdByPair = new HashMap<>();
    private final Map<String, int[]> cache = new ConcurrentHashMap<>();

    /**
     * Two neighbours that become one.
     *
     * @param left id of the first
     * @param right id of the second
     * @param merged id of what they become
     */
    record Merge(int left, int right, int merged) {}

    /**
     * Of entries and merges that were learned or read.
     *
     * @param entries the bytes of each id; empty for the marks, which come first
     * @param merges those to be made first come first
     */
    Tokeniser(List<byte[]> entries, List<Merge> merges) {
        this.entries = List.copyOf(entries);
        this.merges = List.copyOf(merges);
        for (int id = MARKS.size(); id < entries.size(); id++) {
            if (entries.get(id).length == 1) {
                idOfByte[entries.get(id)[0] & 0xFF] = id;
            }
        }
        for (int rank = 0; rank < merges.size(); rank++) {
            Merge merge = merges.get(rank);
            rankAndIdByPair.put(pair(merge.left, merge.right), ((long) rank << 32) | merge.merged);
        }
    }

    /**
     * Learns a tokeniser: the same texts in any order give the same one. Of pairs that are as frequent, the one with
     * the lower ids is merged first.
     *
     * @param entries how many to have at most, from {@value #FEWEST_ENTRIES} to {@value #MOST_ENTRIES}; there are fewer
     *     if the texts have no more pairs
     * @throws IllegalArgumentException if that is out of range
     */
    public static Tokeniser train(Iterable<String> texts, int entries) {
        if (entries < FEWEST_ENTRIES || entries > MOST_ENTRIES) {
            throw new IllegalArgumentException(
                    "expected %d to %d entries, got %d".formatted(FEWEST_ENTRIES, MOST_ENTRIES, entries));
        }
        return new TokeniserTraining(texts).run(entries);
    }

    /**
     * Reads {@code tokenizer.json}, the form that the usual libraries share.
     *
     * @throws IllegalArgumentException if it is none, or none of this kind; the message says what was expected
     */
    public static Tokeniser read(byte[] json) {
        return TokeniserJson.read(json);
    }

    /** Returns this as {@code tokenizer.json}; equal tokenisers give equal bytes. */
    public byte[] toJson() {
        return TokeniserJson.write(this);
    }

    /**
     * Returns the SHA-256 of {@link #toJson}, lower-case hexadecimal: token ids mean the same only where it is the
     * same.
     */
    public String fingerprint() {
        return ModelFile.sha256(toJson());
    }

    /** Returns the number of entries: ids are below it. */
    public int size() {
        return entries.size();
    }

    /** Returns the ids of a text, without marks; half of a surrogate pair becomes a question mark. */
    public int[] encode(String text) {
        return encode(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the ids of bytes, which need not be text, without marks. */
    public int[] encode(byte[] text) {
        Ids ids = new Ids(text.length / 3 + 8);
        addTo(ids, text);
        return ids.toArray();
    }

    /** Returns the ids of a turn: the mark of its role, its text, {@link #END}. */
    public int[] encode(Role role, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Ids ids = new Ids(bytes.length / 3 + 8);
        ids.add(mark(role));
        addTo(ids, bytes);
        ids.add(END);
        return ids.toArray();
    }

    /** Returns the ids of turns one after another, each as {@link #encode(Role, String)} gives it. */
    public int[] encode(List<Turn> turns) {
        Ids ids = new Ids(64 * turns.size());
        for (Turn turn : turns) {
            ids.add(mark(turn.role()));
            addTo(ids, turn.text().getBytes(StandardCharsets.UTF_8));
            ids.add(END);
        }
        return ids.toArray();
    }

    /** Returns the mark at the beginning of a turn. */
    public static int mark(Role role) {
        return switch (role) {
            case USER -> USER;
            case ASSISTANT -> ASSISTANT;
            case SYSTEM -> SYSTEM;
        };
    }

    /** Returns whether an id is a mark, which stands for no text. */
    public static boolean isMark(int id) {
        return id < MARKS.size();
    }

    /**
     * Returns the bytes that ids stand for; marks stand for none.
     *
     * @throws IllegalArgumentException if an id is not below {@link #size}
     */
    public byte[] bytes(int... ids) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(4 * ids.length);
        for (int id : ids) {
            if (id < 0 || id >= entries.size()) {
                throw new IllegalArgumentException("expected token ids below %d, got %d".formatted(size(), id));
            }
            out.writeBytes(entries.get(id));
        }
        return out.toByteArray();
    }

    /** Returns the text that ids stand for; what is no UTF-8 becomes U+FFFD. */
    public String decode(int... ids) {
        return new String(bytes(ids), StandardCharsets.UTF_8);
    }

    List<byte[]> entries() {
        return entries;
    }

    List<Merge> merges() {
        return merges;
    }

    static long pair(int left, int right) {
        return ((long) left << 32) | right;
    }

    private void addTo(Ids ids, byte[] text) {
        for (int from = 0; from < text.length; ) {
            int to = Words.end(text, from);
            ids.add(word(text, from, to));
            from = to;
        }
    }

    private int[] word(byte[] text, int from, int to) {
        if (to - from > LONGEST_CACHED_BYTES) {
            return merged(text, from, to);
        }
        String key = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
        int[] known = cache.get(key);
        if (known == null) {
            known = merged(text, from, to);
            if (cache.size() < CACHED_WORDS) {
                cache.put(key, known);
            }
        }
        return known;
    }

    /** Makes the merges of a word: always the earliest learned, from left to right. */
    private int[] merged(byte[] text, int from, int to) {
        int length = to - from;
        int[] ids = new int[length];
        int[] previous = new int[length];
        int[] next = new int[length];
        PriorityQueue<Long> queue = new PriorityQueue<>();
        for (int i = 0; i < length; i++) {
            ids[i] = idOfByte[text[from + i] & 0xFF];
            previous[i] = i - 1;
            next[i] = i + 1;
        }
        for (int i = 0; i < length; i++) {
            offer(queue, ids, next, i);
        }
        for (Long first = queue.poll(); first != null; first = queue.poll()) {
            int left = first.intValue();
            int right = next[left];
            Long merge = ids[left] < 0 || right >= length ? null : rankAndIdByPair.get(pair(ids[left], ids[right]));
            if (merge == null || merge >>> 32 != first >>> 32) {
                continue; // one of the two was merged with another meanwhile
            }
            ids[left] = merge.intValue();
            ids[right] = -1;
            next[left] = next[right];
            if (next[left] < length) {
                previous[next[left]] = left;
            }
            offer(queue, ids, next, left);
            if (previous[left] >= 0) {
                offer(queue, ids, next, previous[left]);
            }
        }
        Ids kept = new Ids(length);
        for (int i = 0; i < length; i = next[i]) {
            kept.add(ids[i]);
        }
        return kept.toArray();
    }

    /** Queues the merge of the id at a place with the one behind it, if there is one: rank first, then place. */
    private void offer(PriorityQueue<Long> queue, int[] ids, int[] next, int left) {
        if (next[left] < ids.length) {
            Long merge = rankAndIdByPair.get(pair(ids[left], ids[next[left]]));
            if (merge != null) {
                queue.add((merge >>> 32 << 32) | left);
            }
        }
    }

    /** Returns the entries of a tokeniser before its first merge. */
    static List<byte[]> marksAndBytes() {
        List<byte[]> entries = new ArrayList<>();
        MARKS.forEach(mark -> entries.add(new byte[0]));
        TokeniserJson.bytesInOrder().forEach(value -> entries.add(new byte[] {value.byteValue()}));
        return entries;
    }
}
