package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Examination;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.Scores;
import dev.understudy.policy.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Held-out conversations: every policy is asked how likely their replies are, in nats per byte, one byte added for the
 * end of each, so that policies of different tokenisers compare. The baseline takes every byte for as likely as any
 * other.
 */
final class ResponderExamination implements Examination {
    private static final double NATS_PER_BYTE = Math.log(256);

    private final List<Trajectory> heldOut;
    private final ActionSpace.Text replies;

    /** @param mostConversations of those held out, the first so many by their names */
    ResponderExamination(List<Trajectory> heldOut, ActionSpace.Text replies, int mostConversations) {
        List<String> names = heldOut.stream()
                .map(Trajectory::trip)
                .distinct()
                .sorted()
                .limit(mostConversations)
                .toList();
        this.heldOut = heldOut.stream()
                .filter(trajectory -> names.contains(trajectory.trip()))
                .toList();
        this.replies = replies;
    }

    @Override
    public Scores scores(Policy policy) {
        Map<String, double[]> sums = new TreeMap<>();
        for (Trajectory trajectory : heldOut) {
            double[] ofReplies = new double[trajectory.steps()];
            policy.logProbabilities(
                    trajectory.observations(), trajectory.actions().values(), trajectory.steps(), ofReplies);
            double[] sum = sums.computeIfAbsent(trajectory.trip(), any -> new double[2]);
            for (double each : ofReplies) {
                sum[0] -= each;
            }
            sum[1] += replies.bytes(trajectory.actions().values(), trajectory.steps());
        }
        List<Scores.Trip> trips = new ArrayList<>();
        sums.forEach((name, sum) -> trips.add(new Scores.Trip(name, (long) sum[1], sum[0])));
        return new Scores(List.of(), trips);
    }

    @Override
    public Scores baseline(Map<String, String> parameters) {
        Map<String, Long> bytes = new TreeMap<>();
        for (Trajectory trajectory : heldOut) {
            bytes.merge(trajectory.trip(), replies.bytes(trajectory.actions().values(), trajectory.steps()), Long::sum);
        }
        List<Scores.Trip> trips = new ArrayList<>();
        bytes.forEach((name, count) -> trips.add(new Scores.Trip(name, count, count * NATS_PER_BYTE)));
        return new Scores(List.of(), trips);
    }
}
