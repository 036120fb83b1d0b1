package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.model.ServedPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds a policy of acts against turns that it has not learned: micro-F1, 2 TP / (2 TP + FP + FN) over all acts of all
 * turns, beside a logistic regression on the same inputs.
 */
public final class ActsEvaluation {
    private static final int DRAWS = 4_000;
    private static final double TAIL = 0.025;

    private final ActsPolicy policy;

    /** @throws IllegalArgumentException if the policy is none of acts */
    public ActsEvaluation(ServedPolicy policy) {
        if (!(policy instanceof ActsPolicy acts)) {
            throw new IllegalArgumentException("expected a model of %s, got one of %s"
                    .formatted(ActsSpec.NAME, policy.metadata().policy()));
        }
        this.policy = acts;
    }

    /**
     * Micro-F1 of the policy and of the regression.
     *
     * @param policy of the policy
     * @param precision of the policy: right ones among those that it gave
     * @param recall of the policy: right ones among those that there were
     * @param regression of the regression; NaN if there is none
     * @param low lower end of the 95 % interval of the difference, by a paired bootstrap over conversations; NaN
     *     without a regression
     * @param high upper end
     * @param acts how many acts there were
     */
    public record MicroF1(
            double policy, double precision, double recall, double regression, double low, double high, long acts) {}

    /**
     * The whole result.
     *
     * @param all over all domains
     * @param byDomain over the acts of each
     * @param turns how many turns were predicted
     * @param unknown how many of their acts the policy does not know
     */
    public record Result(MicroF1 all, SortedMap<String, MicroF1> byDomain, int turns, long unknown) {}

    /** Right acts, given acts and true acts: of the policy, then of the regression. */
    private static final class Counts {
        private final Map<String, long[]> byConversation = new TreeMap<>();

        void add(String conversation, int whose, long right, long given, long there) {
            long[] sums = byConversation.computeIfAbsent(conversation, any -> new long[6]);
            sums[3 * whose] += right;
            sums[3 * whose + 1] += given;
            sums[3 * whose + 2] += there;
        }

        private static double f1(long[] sums, int whose) {
            return 2.0 * sums[3 * whose] / Math.max(1, sums[3 * whose + 1] + sums[3 * whose + 2]);
        }

        MicroF1 result(boolean hasRegression, long seed) {
            long[][] all = byConversation.values().toArray(long[][]::new);
            long[] sums = new long[6];
            for (long[] one : all) {
                add(sums, one);
            }
            double[] differences = new double[DRAWS];
            SplittableRandom random = new SplittableRandom(seed);
            for (int draw = 0; hasRegression && draw < DRAWS; draw++) {
                long[] drawn = new long[6];
                for (int i = 0; i < all.length; i++) {
                    add(drawn, all[random.nextInt(all.length)]);
                }
                differences[draw] = f1(drawn, 0) - f1(drawn, 1);
            }
            Arrays.sort(differences);
            int end = (int) Math.round(TAIL * (DRAWS - 1));
            return new MicroF1(
                    f1(sums, 0),
                    (double) sums[0] / Math.max(1, sums[1]),
                    (double) sums[0] / Math.max(1, sums[2]),
                    hasRegression ? f1(sums, 1) : Double.NaN,
                    hasRegression ? differences[end] : Double.NaN,
                    hasRegression ? differences[DRAWS - 1 - end] : Double.NaN,
                    sums[2]);
        }

        private static void add(long[] sums, long[] more) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += more[i];
            }
        }
    }

    /**
     * Scores the policy.
     *
     * @param fitted what the regression learns; none if it is empty
     * @param heldOut steps of {@link ActsSpec}
     * @param passes of the regression over what it learns
     * @throws IllegalArgumentException if there is no held-out step
     */
    public Result scores(List<Trajectory> fitted, List<Trajectory> heldOut, int passes, long seed) {
        ActSteps steps = ActSteps.of(heldOut, ActsSpec.ACTS);
        if (steps.size() == 0) {
            throw new IllegalArgumentException("expected at least one turn whose acts are known, got none");
        }
        ActsRegression regression = regression(fitted, passes, seed);
        List<int[]> rows = steps.features(policy.features());
        List<String> conversations = new ArrayList<>();
        ActSteps.ordered(heldOut).forEach(trajectory -> {
            for (int i = 0; i < trajectory.steps(); i++) {
                conversations.add(trajectory.trip());
            }
        });
        Counts all = new Counts();
        Map<String, Counts> byDomain = new TreeMap<>();
        Set<String> known = new HashSet<>(policy.acts());
        long unknown = 0;
        for (int i = 0; i < steps.size(); i++) {
            Set<String> there = new HashSet<>(steps.acts().get(i));
            unknown += there.stream().filter(act -> !known.contains(act)).count();
            Set<String> given = ActsPolicy.chosen(policy.acts(), policy.logits(rows.get(i)), 0);
            count(all, byDomain, conversations.get(i), 0, given, there);
            if (regression != null) {
                Set<String> other = ActsPolicy.chosen(regression.acts(), regression.logits(rows.get(i)), 0);
                count(all, byDomain, conversations.get(i), 1, other, there);
            }
        }
        SortedMap<String, MicroF1> results = new TreeMap<>();
        boolean hasRegression = regression != null;
        byDomain.forEach((domain, counts) -> results.put(domain, counts.result(hasRegression, seed)));
        return new Result(all.result(hasRegression, seed), results, steps.size(), unknown);
    }

    private @Nullable ActsRegression regression(List<Trajectory> fitted, int passes, long seed) {
        ActSteps steps = ActSteps.of(fitted, ActsSpec.ACTS);
        return steps.size() == 0
                ? null
                : ActsRegression.learn(
                        steps.features(policy.features()),
                        steps.acts(),
                        Acts.frequent(steps.acts(), ActsLearner.FEWEST, ActsPolicy.MOST_ACTS),
                        passes,
                        seed);
    }

    private static void count(
            Counts all,
            Map<String, Counts> byDomain,
            String conversation,
            int whose,
            Set<String> given,
            Set<String> there) {
        Map<String, long[]> sums = new HashMap<>();
        for (String act : given) {
            long[] sum = sums.computeIfAbsent(Acts.domain(act), any -> new long[3]);
            sum[0] += there.contains(act) ? 1 : 0;
            sum[1]++;
        }
        there.forEach(act -> sums.computeIfAbsent(Acts.domain(act), any -> new long[3])[2]++);
        sums.forEach((domain, sum) -> {
            all.add(conversation, whose, sum[0], sum[1], sum[2]);
            byDomain.computeIfAbsent(domain, any -> new Counts()).add(conversation, whose, sum[0], sum[1], sum[2]);
        });
    }
}
