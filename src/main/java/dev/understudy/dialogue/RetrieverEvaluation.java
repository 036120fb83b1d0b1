package dev.understudy.dialogue;

import dev.understudy.evaluate.PairedBootstrap;
import dev.understudy.model.ServedPolicy;
import java.util.Arrays;
import java.util.List;

/** Holds a retriever against conversations that it has not learned: how often it puts the true reply first. */
public final class RetrieverEvaluation {
    /** Turns that TF-IDF compares a reply to: as good as all of them (docs/algorithms/dialogue.md). */
    private static final int TURNS = 3;

    private static final int DRAWS = 4_000;
    private static final double TAIL = 0.025;

    private final RetrieverPolicy policy;

    /** @throws IllegalArgumentException if the policy is no retriever */
    public RetrieverEvaluation(ServedPolicy policy) {
        if (!(policy instanceof RetrieverPolicy retriever)) {
            throw new IllegalArgumentException("expected a model of %s, got one of %s"
                    .formatted(RetrieverSpec.NAME, policy.metadata().policy()));
        }
        this.policy = retriever;
    }

    /**
     * How often the true reply came first.
     *
     * @param recallAtOne share of the replies for which the policy put it first
     * @param tfIdf the same of TF-IDF
     * @param low lower end of the 95 % interval of the difference, by a paired bootstrap over conversations
     * @param high upper end
     * @param replies how many replies were looked for
     * @param candidates among how many each
     */
    public record Recall(double recallAtOne, double tfIdf, double low, double high, int replies, int candidates) {}

    /** Returns how many replies it chooses from in service. */
    public int knownReplies() {
        return policy.candidates().size();
    }

    /** Returns a scorer by the policy, which reads as much of a conversation as in service. */
    public ReplyScorer scorer() {
        return (turns, candidates) -> {
            DialogueContext context = new DialogueContext();
            turns.forEach(turn -> context.add(turn.role(), false, turn.text()));
            byte[] row = Arrays.copyOf(context.used(), DialogueContext.BYTES);
            return policy.scores(ReplyPairs.newestFirst(row, 0), candidates);
        };
    }

    /**
     * Compares the policy with TF-IDF on the same choices.
     *
     * @param fitted what the rarity of words is counted in for TF-IDF
     * @param heldOut what replies are looked for in
     * @param candidates among how many each is looked for
     * @param seed of the wrong candidates and of the bootstrap
     * @throws IllegalArgumentException if there are fewer different replies than candidates
     */
    public Recall recall(List<Conversation> fitted, List<Conversation> heldOut, int candidates, long seed) {
        List<ReplyChoice> choices = ReplyChoice.draw(heldOut, candidates, seed);
        List<String> texts = fitted.stream()
                .flatMap(conversation -> conversation.turns().stream())
                .map(Turn::text)
                .toList();
        double[] own = ReplyChoice.recallAtOne(scorer(), choices);
        double[] words = ReplyChoice.recallAtOne(new TfIdfRetrieval(texts, TURNS), choices);
        PairedBootstrap bootstrap = PairedBootstrap.ofMeans();
        for (int i = 0; i < own.length; i++) {
            bootstrap.add(choices.get(i).context().get(0).episode(), own[i] - words[i], 1);
        }
        PairedBootstrap.Result difference = bootstrap.draw(DRAWS, seed);
        return new Recall(
                Arrays.stream(own).average().orElse(Double.NaN),
                Arrays.stream(words).average().orElse(Double.NaN),
                difference.low(TAIL),
                difference.high(TAIL),
                own.length,
                candidates);
    }
}
