package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Examination;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Held-out conversations: every policy is asked how likely it is to give each reply, if it is one of a few of which the
 * others were said elsewhere. In nats per turn; the baseline takes all of them for as likely. The choices are the same
 * for every policy.
 */
final class RetrieverExamination implements Examination {
    private final List<Trajectory> heldOut;
    private final ActionSpace.Text replies;
    private final int choices;
    private final List<String> texts;

    /**
     * @param choices how many replies there are to choose from; fewer if there are not so many different ones
     * @param mostConversations of those held out, the first so many by their names
     */
    RetrieverExamination(List<Trajectory> heldOut, ActionSpace.Text replies, int choices, int mostConversations) {
        this.heldOut = HeldOutReplies.first(heldOut, mostConversations);
        this.replies = replies;
        texts = this.heldOut.stream()
                .flatMap(trajectory -> Arrays.stream(texts(trajectory)))
                .distinct()
                .sorted()
                .toList();
        this.choices = Math.min(choices, texts.size());
    }

    private String[] texts(Trajectory trajectory) {
        String[] all = new String[trajectory.steps()];
        Arrays.setAll(all, row -> replies.read(trajectory.actions().values(), row * replies.size()));
        return all;
    }

    @Override
    public Scores scores(Policy policy) {
        return HeldOutReplies.scores(heldOut, trajectory -> costs(policy, trajectory));
    }

    private double[] costs(Policy policy, Trajectory trajectory) {
        double[] costs = new double[trajectory.steps()];
        String[] said = texts(trajectory);
        ByteRows contexts = new ByteRows(choices, DialogueContext.BYTES, new byte[choices * DialogueContext.BYTES]);
        float[] actions = new float[choices * replies.size()];
        double[] logProbabilities = new double[choices];
        for (int step = 0; step < costs.length; step++) {
            SplittableRandom random =
                    new SplittableRandom(31L * trajectory.trip().hashCode() + step);
            String[] drawn = drawn(said[step], random);
            for (int i = 0; i < choices; i++) {
                trajectory.observations().copy(step, 1, contexts, i);
                replies.write(drawn[i], actions, i * replies.size());
            }
            policy.logProbabilities(contexts, actions, choices, logProbabilities);
            double sum = 0;
            for (double each : logProbabilities) {
                sum += Math.exp(each - logProbabilities[0]);
            }
            costs[step] = Math.log(sum);
        }
        return costs;
    }

    /** Returns the right reply and then as many different others as are wanted. */
    private String[] drawn(String right, SplittableRandom random) {
        String[] drawn = new String[choices];
        drawn[0] = right;
        for (int i = 1; i < choices; i++) {
            String other;
            do {
                other = texts.get(random.nextInt(texts.size()));
            } while (Arrays.asList(drawn).subList(0, i).contains(other));
            drawn[i] = other;
        }
        return drawn;
    }

    @Override
    public Scores baseline(Map<String, String> parameters) {
        return HeldOutReplies.scores(heldOut, trajectory -> {
            double[] costs = new double[trajectory.steps()];
            Arrays.fill(costs, Math.log(choices));
            return costs;
        });
    }
}
