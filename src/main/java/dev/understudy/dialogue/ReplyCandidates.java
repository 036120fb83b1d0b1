package dev.understudy.dialogue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The replies that a retriever chooses from: a bounded sample of all that were said, where what is said often is more
 * likely to be kept. Weighted sampling without replacement (Efraimidis and Spirakis 2006): those with the smallest
 * -ln(u) / count stay, where u follows from the text, so that adding the same replies again changes nothing.
 */
final class ReplyCandidates {
    /** Most candidates (a guess: scoring them takes a fraction of a millisecond). */
    static final int MOST = 2_048;

    /** Separates them where they are one text; no turn has it. */
    private static final String SEPARATOR = "\u001e";

    private final Map<String, Float> keys;

    private ReplyCandidates(Map<String, Float> keys) {
        this.keys = keys;
    }

    /** Returns candidates of a learner's memory, as {@link #text} and {@link #keys} gave them. */
    static ReplyCandidates of(String text, float[] keys) {
        Map<String, Float> byText = new TreeMap<>();
        List<String> texts = split(text);
        for (int i = 0; i < texts.size(); i++) {
            byText.put(texts.get(i), keys[i]);
        }
        return new ReplyCandidates(byText);
    }

    /** Returns the candidates of one text; none of an empty one. */
    static List<String> split(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(SEPARATOR, -1));
    }

    /** Returns these and what was said in a window, or the {@link #MOST} of them. */
    ReplyCandidates with(List<String> replies) {
        Map<String, Integer> counts = new TreeMap<>();
        replies.stream().filter(reply -> !reply.isBlank()).forEach(reply -> counts.merge(reply, 1, Integer::sum));
        Map<String, Float> all = new TreeMap<>(keys);
        counts.forEach((reply, count) -> all.merge(reply, key(reply, count), Math::min));
        List<Map.Entry<String, Float>> ordered = new ArrayList<>(all.entrySet());
        ordered.sort(Map.Entry.<String, Float>comparingByValue().thenComparing(Map.Entry.comparingByKey()));
        Map<String, Float> kept = new TreeMap<>();
        ordered.stream().limit(MOST).forEach(entry -> kept.put(entry.getKey(), entry.getValue()));
        return new ReplyCandidates(kept);
    }

    private static float key(String reply, int count) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < reply.length(); i++) {
            hash = (hash ^ reply.charAt(i)) * 0x100000001B3L;
        }
        hash = (hash ^ (hash >>> 33)) * 0xFF51AFD7ED558CCDL;
        double u = ((hash >>> 11) + 0.5) / (1L << 53);
        return (float) (-StrictMath.log(u) / count);
    }

    /** Returns them as one text. */
    String text() {
        return String.join(SEPARATOR, keys.keySet());
    }

    /** Returns their keys, in the order of the text. */
    float[] keys() {
        float[] all = new float[keys.size()];
        int i = 0;
        for (float key : keys.values()) {
            all[i++] = key;
        }
        return all;
    }
}
