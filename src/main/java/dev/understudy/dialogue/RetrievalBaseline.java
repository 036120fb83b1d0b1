package dev.understudy.dialogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What retrieval by TF-IDF does on conversations: how often it finds the true reply among a few, and how varied the
 * replies are that it takes from what others said.
 */
public final class RetrievalBaseline {
    /** Turns that a reply is compared to. */
    private static final int TURNS = 3;

    /** Most replies that it takes one from, and most that are made. */
    private static final int MOST_KNOWN = 500;

    private static final int MOST_REPLIES = 200;

    private final TfIdfRetrieval retrieval;
    private final List<Conversation> known;

    /**
     * Fits it.
     *
     * @param known what the rarity of words is counted in and replies are taken from
     */
    public RetrievalBaseline(List<Conversation> known) {
        this.known = List.copyOf(known);
        retrieval = new TfIdfRetrieval(
                known.stream()
                        .flatMap(conversation -> conversation.turns().stream())
                        .map(Turn::text)
                        .toList(),
                TURNS);
    }

    /**
     * Returns how often it puts the true reply first.
     *
     * @param candidates among how many
     * @return a share; NaN if there are fewer different replies
     */
    public double recallAtOne(List<Conversation> heldOut, int candidates, long seed) {
        long different = heldOut.stream()
                .flatMap(conversation -> conversation.turns().stream())
                .filter(Turn::isDemonstration)
                .map(Turn::text)
                .distinct()
                .count();
        return different < candidates
                ? Double.NaN
                : Arrays.stream(ReplyChoice.recallAtOne(retrieval, ReplyChoice.draw(heldOut, candidates, seed)))
                        .average()
                        .orElse(Double.NaN);
    }

    /** Returns how varied its replies to some of the turns are; only the variety is known of it. */
    public TextScores replies(List<Conversation> heldOut, long seed) {
        List<Turn> replies = new ArrayList<>();
        List<List<Turn>> contexts = new ArrayList<>();
        known.forEach(conversation ->
                conversation.turns().stream().filter(Turn::isDemonstration).forEach(replies::add));
        heldOut.forEach(conversation -> {
            for (int i = 1; i < conversation.turns().size(); i++) {
                if (conversation.turns().get(i).isDemonstration()) {
                    contexts.add(conversation.turns().subList(0, i));
                }
            }
        });
        List<Turn> candidates = some(replies, MOST_KNOWN, seed);
        TextScores.Sum sum = new TextScores.Sum();
        for (List<Turn> context : some(contexts, MOST_REPLIES, ~seed)) {
            // Not from the conversation itself, where the baseline was fitted to it.
            List<String> others = candidates.stream()
                    .filter(turn -> !turn.episode().equals(context.get(0).episode()))
                    .map(Turn::text)
                    .toList();
            if (!others.isEmpty()) {
                double[] scores = retrieval.scores(context, others);
                int best = 0;
                for (int i = 1; i < scores.length; i++) {
                    best = scores[i] > scores[best] ? i : best;
                }
                sum.reply(others.get(best));
            }
        }
        return sum.scores();
    }

    private static <T> List<T> some(List<T> all, int most, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<T> drawn = new ArrayList<>(all);
        for (int i = 0; i < Math.min(most, drawn.size()); i++) {
            int other = i + random.nextInt(drawn.size() - i);
            T first = drawn.get(i);
            drawn.set(i, drawn.get(other));
            drawn.set(other, first);
        }
        return drawn.subList(0, Math.min(most, drawn.size()));
    }
}
