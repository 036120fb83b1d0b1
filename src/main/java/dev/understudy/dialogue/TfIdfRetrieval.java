package dev.understudy.dialogue;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The usual baseline of retrieval: a reply fits the better, the more rare words it shares with what was said before.
 * Words are weighted by how often they occur in the text times ln((1 + n) / (1 + texts with the word)) + 1, of n texts
 * that it was fitted to; the score is the cosine of the two.
 */
public final class TfIdfRetrieval implements ReplyScorer {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}']+");

    private final Map<String, Double> rarity = new HashMap<>();
    private final double rarityOfUnknown;
    private final int turns;

    /**
     * Counts the words of texts.
     *
     * @param turns how many of the last turns a reply is compared to, at least 1
     * @throws IllegalArgumentException if that is less
     */
    public TfIdfRetrieval(Iterable<String> texts, int turns) {
        if (turns < 1) {
            throw new IllegalArgumentException("expected at least one turn, got " + turns);
        }
        this.turns = turns;
        Map<String, Integer> textsWith = new HashMap<>();
        long count = 0;
        for (String text : texts) {
            counts(text).keySet().forEach(word -> textsWith.merge(word, 1, Integer::sum));
            count++;
        }
        double all = 1.0 + count;
        textsWith.forEach((word, with) -> rarity.put(word, Math.log(all / (1 + with)) + 1));
        rarityOfUnknown = Math.log(all) + 1;
    }

    @Override
    public double[] scores(List<Turn> context, List<String> candidates) {
        StringBuilder said = new StringBuilder();
        context.subList(Math.max(0, context.size() - turns), context.size())
                .forEach(turn -> said.append(turn.text()).append('\n'));
        Map<String, Double> ofContext = weights(said.toString());
        return candidates.stream()
                .mapToDouble(candidate -> cosine(ofContext, weights(candidate)))
                .toArray();
    }

    private static double cosine(Map<String, Double> one, Map<String, Double> other) {
        double product = 0;
        for (Map.Entry<String, Double> word : other.entrySet()) {
            product += word.getValue() * one.getOrDefault(word.getKey(), 0.0);
        }
        return product == 0 ? 0 : product / (length(one) * length(other));
    }

    private static double length(Map<String, Double> weights) {
        return Math.sqrt(
                weights.values().stream().mapToDouble(weight -> weight * weight).sum());
    }

    private Map<String, Double> weights(String text) {
        Map<String, Double> weights = new HashMap<>();
        counts(text).forEach((word, count) -> weights.put(word, count * rarity.getOrDefault(word, rarityOfUnknown)));
        return weights;
    }

    private static Map<String, Integer> counts(String text) {
        Map<String, Integer> counts = new HashMap<>();
        Matcher word = WORD.matcher(text.toLowerCase(Locale.ROOT));
        while (word.find()) {
            counts.merge(word.group(), 1, Integer::sum);
        }
        return counts;
    }
}
