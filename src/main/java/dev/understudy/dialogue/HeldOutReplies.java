package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.evaluate.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Held-out conversations, and sums over each of them. */
final class HeldOutReplies {
    private HeldOutReplies() {}

    /** What a step costs. */
    @FunctionalInterface
    interface Cost {
        /** Returns the nats of the steps of a trajectory, {@code [steps]}. */
        double[] of(Trajectory trajectory);
    }

    /** Returns the trajectories of the first so many conversations, by their names. */
    static List<Trajectory> first(List<Trajectory> all, int mostConversations) {
        List<String> names = all.stream()
                .map(Trajectory::trip)
                .distinct()
                .sorted()
                .limit(mostConversations)
                .toList();
        return all.stream()
                .filter(trajectory -> names.contains(trajectory.trip()))
                .toList();
    }

    /** Returns costs as scores: conversation by conversation, per turn. */
    static Scores scores(List<Trajectory> heldOut, Cost cost) {
        Map<String, double[]> sums = new TreeMap<>();
        for (Trajectory trajectory : heldOut) {
            double[] sum = sums.computeIfAbsent(trajectory.trip(), any -> new double[2]);
            for (double nats : cost.of(trajectory)) {
                sum[0] += nats;
                sum[1]++;
            }
        }
        List<Scores.Trip> trips = new ArrayList<>();
        sums.forEach((name, sum) -> trips.add(new Scores.Trip(name, (long) sum[1], sum[0])));
        return new Scores(List.of(), trips);
    }
}
