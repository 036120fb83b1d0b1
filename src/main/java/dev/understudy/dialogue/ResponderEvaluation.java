package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.model.Decoding;
import dev.understudy.model.ServedPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Holds a responder against conversations that it has not learned: how well it predicts their turns, and how varied its
 * own replies are, beside an n-gram model over the same tokens.
 */
public final class ResponderEvaluation {
    /** Most replies whose variety is looked at, of each of the two. */
    private static final int MOST_REPLIES = 200;

    private static final double LOG_2 = Math.log(2);

    private final ResponderPolicy policy;

    /** @throws IllegalArgumentException if the policy is no responder */
    public ResponderEvaluation(ServedPolicy policy) {
        if (!(policy instanceof ResponderPolicy responder)) {
            throw new IllegalArgumentException("expected a model of %s, got one of %s"
                    .formatted(ResponderSpec.NAME, policy.metadata().policy()));
        }
        this.policy = responder;
    }

    /**
     * Returns how well the policy predicts the turns to be imitated, and how varied its replies to them are, drawn as
     * in service.
     */
    public TextScores scores(List<Conversation> heldOut, long seed) {
        TextScores.Sum sum = new TextScores.Sum();
        List<int[]> ids = new ArrayList<>();
        heldOut.forEach(conversation -> ids.add(policy.tokeniser().encode(conversation.turns())));
        List<double[]> nats = policy.nats(ids);
        for (int i = 0; i < ids.size(); i++) {
            double[] bits = new double[nats.get(i).length];
            for (int token = 0; token < bits.length; token++) {
                bits[token] = nats.get(i)[token] / LOG_2;
            }
            sum.add(heldOut.get(i).turns(), ids.get(i), bits);
        }
        for (String reply : replies(contexts(heldOut), seed)) {
            sum.reply(reply);
        }
        return sum.scores();
    }

    private List<String> replies(List<List<Turn>> contexts, long seed) {
        ByteRows rows =
                new ByteRows(contexts.size(), DialogueContext.BYTES, new byte[contexts.size() * DialogueContext.BYTES]);
        long[] seeds = new long[contexts.size()];
        for (int row = 0; row < contexts.size(); row++) {
            DialogueContext context = new DialogueContext();
            contexts.get(row).forEach(turn -> context.add(turn.role(), false, turn.text()));
            context.copyTo(rows, row);
            seeds[row] = seed + row;
        }
        float[] actions = new float[contexts.size() * policy.actionSize()];
        policy.reply(rows, contexts.size(), seeds, Decoding.defaults(ResponderPolicy.STOPS), actions);
        List<String> replies = new ArrayList<>();
        for (int row = 0; row < contexts.size(); row++) {
            replies.add(ResponderSpec.REPLIES.read(actions, row * policy.actionSize()));
        }
        return replies;
    }

    /** Returns the beginnings of conversations that a turn to be imitated follows, spread evenly over all of them. */
    private static List<List<Turn>> contexts(List<Conversation> conversations) {
        List<List<Turn>> all = new ArrayList<>();
        for (Conversation conversation : conversations) {
            List<Turn> turns = conversation.turns();
            for (int i = 1; i < turns.size(); i++) {
                if (turns.get(i).isDemonstration()) {
                    all.add(turns.subList(0, i));
                }
            }
        }
        List<List<Turn>> some = new ArrayList<>();
        int count = Math.min(MOST_REPLIES, all.size());
        for (int i = 0; i < count; i++) {
            some.add(all.get((int) ((long) i * all.size() / count)));
        }
        return some;
    }

    /**
     * Returns the same of an n-gram model: interpolated modified Kneser-Ney of order 5.
     *
     * @param fitted what it is fitted to first
     * @param goesOn whether it learns each held-out conversation once it has predicted it
     */
    public TextScores nGram(List<Conversation> fitted, List<Conversation> heldOut, boolean goesOn, long seed) {
        NGramBaseline baseline = new NGramBaseline(policy.tokeniser());
        fitted.forEach(conversation -> baseline.learn(conversation.turns()));
        TextScores.Sum sum = new TextScores.Sum();
        for (Conversation conversation : heldOut) {
            sum.add(
                    conversation.turns(),
                    policy.tokeniser().encode(conversation.turns()),
                    baseline.bits(conversation.turns()));
            if (goesOn) {
                baseline.learn(conversation.turns());
            }
        }
        RandomGenerator random = new SplittableRandom(seed);
        for (List<Turn> context : contexts(heldOut)) {
            sum.reply(baseline.reply(context, random, 40));
        }
        return sum.scores();
    }
}
