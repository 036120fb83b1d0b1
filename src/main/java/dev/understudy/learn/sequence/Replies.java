package dev.understudy.learn.sequence;

import dev.understudy.graph.Feeds;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.SequenceDiscriminator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Where the tokens of contexts and replies lie in the arrays of the programs. All sequences begin at step 0; place
 * {@code step * columns + column}. For the discriminator, the expert's are the first columns, then come the generated.
 */
final class Replies {
    private final int rows;
    private final int context;
    private final int most;
    private final RewardForm reward;

    Replies(SequenceGailConfig config) {
        rows = config.rows();
        context = config.context();
        most = config.most();
        reward = config.reward();
    }

    /** Returns how many tokens the discriminator reads of a context and a reply. */
    int steps() {
        return context + most;
    }

    /** Returns replies of the same lengths to the same contexts, of random tokens. */
    static List<Exchange> noise(List<Exchange> exchanges, int vocabulary, RandomGenerator random) {
        List<Exchange> noise = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            int[] reply = new int[exchange.reply().length];
            Arrays.setAll(reply, i -> random.nextInt(vocabulary));
            noise.add(new Exchange(exchange.context(), reply));
        }
        return noise;
    }

    /** Returns what the discriminator reads, {@code [steps * 2 rows]}. */
    long[] tokens(List<Exchange> expert, List<Exchange> generated) {
        long[] tokens = new long[steps() * 2 * rows];
        for (int column = 0; column < 2 * rows; column++) {
            Exchange exchange = column < rows ? expert.get(column) : generated.get(column - rows);
            int step = 0;
            for (int token : exchange.context()) {
                tokens[step++ * 2 * rows + column] = token;
            }
            for (int token : exchange.reply()) {
                tokens[step++ * 2 * rows + column] = token;
            }
        }
        return tokens;
    }

    /** Returns the discriminator's place of a reply's token; for -1, that of the context's last. */
    private int place(Exchange exchange, int column, int token) {
        return (exchange.context().length + token) * 2 * rows + column;
    }

    /** Returns where each reply begins if all are laid end to end, then their tokens in all. */
    int[] firstSteps(List<Exchange> replies) {
        int[] firstSteps = new int[rows + 1];
        for (int row = 0; row < rows; row++) {
            firstSteps[row + 1] = firstSteps[row] + replies.get(row).reply().length;
        }
        return firstSteps;
    }

    /** Returns f(z_t) - f(z_(t-1)) of each generated token, where z of the context alone is 0. */
    float[] rewards(List<Exchange> generated, SequenceDiscriminator.Judgement judgement) {
        int[] firstSteps = firstSteps(generated);
        float[] rewards = new float[firstSteps[rows]];
        for (int row = 0; row < rows; row++) {
            double before = reward.of(0);
            for (int t = 0; t < generated.get(row).reply().length; t++) {
                double after = reward.of(judgement.logits()[place(generated.get(row), rows + row, t)]);
                rewards[firstSteps[row] + t] = (float) (after - before);
                before = after;
            }
        }
        return rewards;
    }

    /** Returns V before each generated token. */
    float[] values(List<Exchange> generated, SequenceDiscriminator.Judgement judgement) {
        int[] firstSteps = firstSteps(generated);
        float[] values = new float[firstSteps[rows]];
        for (int row = 0; row < rows; row++) {
            for (int t = 0; t < generated.get(row).reply().length; t++) {
                values[firstSteps[row] + t] = judgement.values()[place(generated.get(row), rows + row, t - 1)];
            }
        }
        return values;
    }

    /**
     * Returns what the discriminator is to learn: each reply weighs the same, and so does each of its prefixes.
     *
     * @param targets of V before each generated token, reply by reply
     */
    SequenceDiscriminator.Lesson lesson(List<Exchange> expert, List<Exchange> generated, float[] targets) {
        int places = steps() * 2 * rows;
        float[] signs = new float[places];
        float[] weights = new float[places];
        float[] allTargets = new float[places];
        float[] valued = new float[places];
        int at = 0;
        for (int column = 0; column < 2 * rows; column++) {
            boolean isExpert = column < rows;
            Exchange exchange = isExpert ? expert.get(column) : generated.get(column - rows);
            for (int t = 0; t < exchange.reply().length; t++) {
                int place = place(exchange, column, t);
                signs[place] = isExpert ? 1 : -1;
                weights[place] = 1f / (rows * exchange.reply().length);
                if (!isExpert) {
                    int before = place(exchange, column, t - 1);
                    allTargets[before] = targets[at++];
                    valued[before] = 1f / targets.length;
                }
            }
        }
        return new SequenceDiscriminator.Lesson(signs, weights, allTargets, valued);
    }

    /** Returns the share of whole replies put in the right class. */
    double accuracy(List<Exchange> expert, List<Exchange> generated, SequenceDiscriminator.Judgement judgement) {
        double right = 0;
        for (int row = 0; row < rows; row++) {
            Exchange own = expert.get(row);
            Exchange other = generated.get(row);
            right += share(judgement.logits()[place(own, row, own.reply().length - 1)]);
            right += share(-judgement.logits()[place(other, rows + row, other.reply().length - 1)]);
        }
        return right / (2 * rows);
    }

    /** Half of those that it cannot tell are right by chance. */
    private static double share(float logit) {
        return logit > 0 ? 1 : logit < 0 ? 0 : 0.5;
    }

    /**
     * Returns what the policy learns of replies, the state before each context's last token being set.
     *
     * @param weights of the tokens, reply by reply
     */
    Feeds segment(List<Exchange> replies, float[] weights) {
        long[] tokens = new long[rows * most];
        long[] targets = new long[rows * most];
        float[] kept = new float[rows * most];
        float[] all = new float[rows * most];
        Arrays.fill(kept, 1);
        int at = 0;
        for (int row = 0; row < rows; row++) {
            int[] said = replies.get(row).context();
            int[] reply = replies.get(row).reply();
            for (int t = 0; t < reply.length; t++) {
                tokens[t * rows + row] = t == 0 ? said[said.length - 1] : reply[t - 1];
                targets[t * rows + row] = reply[t];
                all[t * rows + row] = weights[at++];
            }
        }
        return new Feeds()
                .longs(SequencePrograms.TOKENS, tokens)
                .longs(SequencePrograms.TARGETS, targets)
                .floats(SequencePrograms.KEPT, kept)
                .floats(SequencePrograms.WEIGHTS, all);
    }
}
