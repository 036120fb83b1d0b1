package dev.understudy.learn.inverse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MaximumCausalEntropyTest {
    private static final MaximumCausalEntropy.Config EXACT = new MaximumCausalEntropy.Config(100_000, 1e-6);
    private static final int WIDTH = 7;
    private static final int HEIGHT = 4;

    /** One state from which action i leads to state i + 1, where the episode ends. */
    private static FiniteProblem choice() {
        double[][][] transitions = new double[4][3][4];
        for (int action = 0; action < 3; action++) {
            for (int state = 0; state < 4; state++) {
                transitions[state][action][state == 0 ? action + 1 : state] = 1;
            }
        }
        return new FiniteProblem(transitions, new double[] {1, 0, 0, 0}, 1);
    }

    private static FiniteProblem cliff() {
        return FiniteProblem.cliffWorld(WIDTH, HEIGHT, 0.3, 9);
    }

    private static LearnerState learned(MaximumCausalEntropy learner, double[] visits) {
        Update update = learner.begin(learner.initialState(), visits);
        while (update.step()) {}
        return update.state();
    }

    /** V_0 = r_0 + log(e^1 + e^2 + e^3), and action i is chosen with e^(r_i) / sum. */
    @Test
    void aSingleChoiceIsASoftmaxOfWhatItLeadsTo() {
        FiniteProblem problem = choice();
        double sum = Math.exp(1) + Math.exp(2) + Math.exp(3);
        SoftPolicy policy = problem.soften(new double[] {5, 1, 2, 3});
        assertThat(policy.startValue()).isCloseTo(5 + Math.log(sum), within(1e-12));
        assertThat(policy.probability(0, 1)).isCloseTo(Math.exp(2) / sum, within(1e-12));
        assertThat(problem.visits(policy))
                .containsExactly(
                        new double[] {1, Math.exp(1) / sum, Math.exp(2) / sum, Math.exp(3) / sum}, within(1e-12));
    }

    /** The closed form: the difference of two rewards is the logarithm of how much more often one is chosen. */
    @Test
    void theRewardOfASingleChoiceIsTheLogarithmOfItsShareUpToAConstant() {
        FiniteProblem problem = choice();
        MaximumCausalEntropy learner = new MaximumCausalEntropy(problem, EXACT);
        double[] reward = learner.reward(learned(learner, new double[] {1, 0.1, 0.3, 0.6}));
        assertThat(reward[2] - reward[1]).isCloseTo(Math.log(3), within(1e-4));
        assertThat(reward[3] - reward[2]).isCloseTo(Math.log(2), within(1e-4));
    }

    /** With reward 0 every action is as likely as any other, whatever follows: V_0 is the entropy, H log 4. */
    @Test
    void withoutAnyRewardOnlyEntropyCounts() {
        SoftPolicy policy = cliff().soften(new double[WIDTH * HEIGHT]);
        assertThat(policy.startValue()).isCloseTo(9 * Math.log(4), within(1e-12));
        assertThat(policy.probability(3, 17)).isCloseTo(0.25, within(1e-12));
    }

    @Test
    void theGradientIsTheDifferenceOfTheVisits() {
        FiniteProblem problem = cliff();
        double[] reward = FiniteProblem.cliffReward(WIDTH, HEIGHT);
        double[] visits = problem.visits(problem.soften(reward));
        for (int state : new int[] {0, 3, 6, 9, 20}) {
            double[] more = reward.clone();
            double[] less = reward.clone();
            more[state] += 1e-5;
            less[state] -= 1e-5;
            double slope =
                    (problem.soften(more).startValue() - problem.soften(less).startValue()) / 2e-5;
            assertThat(slope).isCloseTo(visits[state], within(1e-6));
        }
    }

    @Test
    void theExpertsVisitsOfTheCliffWorldAreMatched() {
        FiniteProblem problem = cliff();
        double[] truth = FiniteProblem.cliffReward(WIDTH, HEIGHT);
        SoftPolicy expert = problem.soften(truth);
        double[] visits = problem.visits(expert);
        MaximumCausalEntropy learner = new MaximumCausalEntropy(problem, EXACT);
        double[] reward = learner.reward(learned(learner, visits));
        SoftPolicy policy = learner.policy(reward);
        assertThat(problem.visits(policy)).containsExactly(visits, within(1e-3));
        assertThat(problem.value(policy, truth)).isCloseTo(problem.value(expert, truth), within(1e-2));
        assertThat(problem.divergence(expert, policy)).isBetween(0.0, 1e-4);
    }

    /** A reward that differs by a constant is the same; one that differs in a state that is visited is not. */
    @Test
    void theDivergenceTellsRewardsApartUpToShaping() {
        FiniteProblem problem = cliff();
        double[] truth = FiniteProblem.cliffReward(WIDTH, HEIGHT);
        double[] raised = truth.clone();
        double[] other = truth.clone();
        java.util.Arrays.setAll(raised, s -> truth[s] + 3);
        other[WIDTH - 1] = 5;
        SoftPolicy expert = problem.soften(truth);
        assertThat(problem.divergence(expert, problem.soften(raised))).isCloseTo(0, within(1e-9));
        assertThat(problem.divergence(expert, problem.soften(other))).isGreaterThan(0.01);
    }

    /** The goal is 11 better than any other square and the cliff 9 worse; a constant for all squares is no feature. */
    @Test
    void theWeightsOfTwoFeaturesAreRecovered() {
        FiniteProblem problem = cliff();
        SoftPolicy expert = problem.soften(FiniteProblem.cliffReward(WIDTH, HEIGHT));
        double[][] features = new double[problem.states()][2];
        features[WIDTH - 1][0] = 1;
        for (int state = 1; state < WIDTH - 1; state++) {
            features[state][1] = 1;
        }
        MaximumCausalEntropy learner = new MaximumCausalEntropy(problem, features, EXACT);
        double[] reward = learner.reward(learned(learner, problem.visits(expert)));
        assertThat(reward[WIDTH - 1]).isCloseTo(11, within(1e-2));
        assertThat(reward[1]).isCloseTo(-9, within(1e-2));
        assertThat(reward[WIDTH]).isZero();
    }

    @Test
    void drawnEpisodesVisitWhatTheirPolicyIsExpectedTo() {
        FiniteProblem problem = cliff();
        SoftPolicy expert = problem.soften(FiniteProblem.cliffReward(WIDTH, HEIGHT));
        List<int[]> episodes = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(4);
        for (int i = 0; i < 20_000; i++) {
            episodes.add(problem.act(expert, random));
        }
        assertThat(problem.visits(episodes)).containsExactly(problem.visits(expert), within(0.03));
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        FiniteProblem problem = cliff();
        double[] visits = problem.visits(problem.soften(FiniteProblem.cliffReward(WIDTH, HEIGHT)));
        MaximumCausalEntropy learner = new MaximumCausalEntropy(problem, new MaximumCausalEntropy.Config(50, 1e-9));
        byte[] whole = learned(learner, visits).toBytes();
        Update update = learner.begin(learner.initialState(), visits);
        for (int i = 0; i < 20; i++) {
            update.step();
        }
        Update restored = learner.begin(LearnerState.fromBytes(update.state().toBytes()), visits);
        while (restored.step()) {}
        assertThat(restored.state().toBytes()).isEqualTo(whole);
    }

    @Test
    void visitsOfPartsOfEpisodesAreRefused() {
        MaximumCausalEntropy learner = new MaximumCausalEntropy(cliff(), EXACT);
        assertThatThrownBy(() -> learner.begin(learner.initialState(), new double[28]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected visits of 28 states that sum to 10, got 28 of sum 0.0");
        assertThatThrownBy(() -> new FiniteProblem(new double[][][] {{{0.5}}}, new double[] {1}, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "expected a distribution over 1 states of what follows action 0 in state 0, got 1 numbers of sum 0.5");
    }
}
