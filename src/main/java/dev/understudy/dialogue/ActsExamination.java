package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Examination;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Held-out conversations: every policy is asked how likely the acts of each turn are, and no others, in nats per turn.
 * The baseline knows how often each act occurs in them, and nothing of the context.
 */
final class ActsExamination implements Examination {
    private final List<Trajectory> heldOut;
    private final ActionSpace.Text texts;

    /** @param mostConversations of those held out, the first so many by their names */
    ActsExamination(List<Trajectory> heldOut, ActionSpace.Text texts, int mostConversations) {
        this.heldOut = HeldOutReplies.first(heldOut, mostConversations);
        this.texts = texts;
    }

    @Override
    public Scores scores(Policy policy) {
        return HeldOutReplies.scores(heldOut, trajectory -> {
            double[] costs = new double[trajectory.steps()];
            policy.logProbabilities(
                    trajectory.observations(), trajectory.actions().values(), trajectory.steps(), costs);
            Arrays.setAll(costs, row -> -costs[row]);
            return costs;
        });
    }

    private List<String> acts(Trajectory trajectory, int row) {
        return Acts.split(texts.read(trajectory.actions().values(), row * texts.size()));
    }

    @Override
    public Scores baseline(Map<String, String> parameters) {
        SortedMap<String, Integer> counts = new TreeMap<>();
        long steps = 0;
        for (Trajectory trajectory : heldOut) {
            for (int row = 0; row < trajectory.steps(); row++) {
                acts(trajectory, row).forEach(act -> counts.merge(act, 1, Integer::sum));
            }
            steps += trajectory.steps();
        }
        // As if each act had been there once more and not there once more.
        double all = steps + 2.0;
        double none = 0;
        SortedMap<String, Double> odds = new TreeMap<>();
        for (Map.Entry<String, Integer> act : counts.entrySet()) {
            double share = (act.getValue() + 1) / all;
            none += Math.log1p(-share);
            odds.put(act.getKey(), Math.log(share) - Math.log1p(-share));
        }
        double ofNone = none;
        return HeldOutReplies.scores(heldOut, trajectory -> {
            double[] costs = new double[trajectory.steps()];
            Arrays.setAll(
                    costs,
                    row -> -ofNone
                            - acts(trajectory, row).stream()
                                    .mapToDouble(act -> odds.getOrDefault(act, 0.0))
                                    .sum());
            return costs;
        });
    }
}
