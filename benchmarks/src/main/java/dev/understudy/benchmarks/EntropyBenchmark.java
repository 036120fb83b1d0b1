package dev.understudy.benchmarks;

import dev.understudy.learn.Update;
import dev.understudy.learn.inverse.FiniteProblem;
import dev.understudy.learn.inverse.MaximumCausalEntropy;
import dev.understudy.learn.inverse.SoftPolicy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Inverse reinforcement learning of maximum causal entropy on finite problems whose expert is known exactly: cliff
 * worlds of several sizes and winds, and problems with random transitions.
 */
final class EntropyBenchmark {
    private static final double LARGEST_GAP = 1e-3;
    private static final double LARGEST_DIVERGENCE = 1e-3;
    private static final int RANDOM_STATES = 16;
    private static final int RANDOM_ACTIONS = 3;
    private static final int BRANCHES = 5;
    private static final int RANDOM_HORIZON = 20;

    private static final MaximumCausalEntropy.Config CONFIG = new MaximumCausalEntropy.Config(10_000, 1e-5);

    private record Problem(String name, FiniteProblem problem, double[] reward) {}

    private record Learned(
            double largestGap, double divergence, double value, double expertValue, double iterations, double seconds) {
        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("largestGap", largestGap);
            json.put("divergence", divergence);
            json.put("value", value);
            json.put("expertValue", expertValue);
            json.put("iterations", iterations);
            json.put("seconds", seconds);
            return json;
        }
    }

    private final int draws;

    EntropyBenchmark(int draws) {
        this.draws = draws;
    }

    Map<String, Object> run() {
        List<Problem> problems = new ArrayList<>();
        for (int[] size : new int[][] {{7, 4, 9}, {10, 3, 15}, {15, 6, 30}}) {
            for (double wind : new double[] {0, 0.3}) {
                problems.add(new Problem(
                        "cliff %d x %d, wind %s".formatted(size[0], size[1], wind),
                        FiniteProblem.cliffWorld(size[0], size[1], wind, size[2]),
                        FiniteProblem.cliffReward(size[0], size[1])));
            }
        }
        for (int draw = 0; draw < draws; draw++) {
            problems.add(random(draw));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean met = true;
        for (Problem problem : problems) {
            Learned row = learned(problem);
            met &= row.largestGap() <= LARGEST_GAP && row.divergence() <= LARGEST_DIVERGENCE;
            figures.put(problem.name(), row.toJson());
        }
        figures.put("allReached", met);
        return figures;
    }

    private static Learned learned(Problem of) {
        FiniteProblem problem = of.problem();
        SoftPolicy expert = soft(problem, of.reward());
        double[] visits = problem.visits(expert);
        MaximumCausalEntropy learner = new MaximumCausalEntropy(problem, CONFIG);
        long begun = System.nanoTime();
        Update update = learner.begin(learner.initialState(), visits);
        boolean more = true;
        while (more) {
            more = update.step();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        SoftPolicy policy = learner.policy(learner.reward(update.state()));
        double[] own = problem.visits(policy);
        double gap = 0;
        for (int state = 0; state < own.length; state++) {
            gap = Math.max(gap, Math.abs(own[state] - visits[state]));
        }
        return new Learned(
                gap,
                problem.divergence(expert, policy),
                problem.value(policy, of.reward()),
                problem.value(expert, of.reward()),
                update.report().figures().getOrDefault("iterations", Double.NaN),
                seconds);
    }

    private static SoftPolicy soft(FiniteProblem problem, double[] reward) {
        return new MaximumCausalEntropy(problem, CONFIG).policy(reward);
    }

    /** Returns a problem in which every action leads to some of five states; rewards are drawn from a Gaussian. */
    private static Problem random(int draw) {
        SplittableRandom random = new SplittableRandom(draw);
        double[][][] transitions = new double[RANDOM_STATES][RANDOM_ACTIONS][RANDOM_STATES];
        for (double[][] ofState : transitions) {
            for (double[] after : ofState) {
                for (int branch = 0; branch < BRANCHES; branch++) {
                    after[random.nextInt(RANDOM_STATES)] += -Math.log(1 - random.nextDouble());
                }
                double sum = Arrays.stream(after).sum();
                Arrays.setAll(after, state -> after[state] / sum);
            }
        }
        double[] initial = new double[RANDOM_STATES];
        Arrays.fill(initial, 1.0 / RANDOM_STATES);
        double[] reward = new double[RANDOM_STATES];
        Arrays.setAll(reward, state -> random.nextGaussian());
        return new Problem(
                "random transitions, draw " + draw, new FiniteProblem(transitions, initial, RANDOM_HORIZON), reward);
    }
}
