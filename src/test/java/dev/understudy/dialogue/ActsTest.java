package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Step;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.Scores;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.minibatch.MinibatchConfig;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A small policy of acts, from turns to acts. */
@SuppressWarnings("NullAway.Init")
class ActsTest {
    private static final ActsSpec SPEC = new ActsSpec();

    private static ActsLearner learner;
    private static List<Trajectory> window;
    private static List<Step> steps;
    private static ModelFile model;

    @BeforeAll
    static void learnOnce() {
        learner = new ActsLearner(ActsSpec.ACTS, 16, 16, new MinibatchConfig(16, 1, 150, 150, 2e-2, 5, 0.1, 5, 0.05));
        window = TestDialogues.trajectories(SPEC, 24);
        steps = TestDialogues.steps(SPEC, 8);
        LearnerState state = TestDialogues.learn(learner, learner.initialState(1), window, Integer.MAX_VALUE);
        model = TestDialogues.model(SPEC, learner, state, window);
    }

    @AfterAll
    static void close() {
        learner.close();
    }

    @Test
    void actsLoseTheirValuesAndDomainsTheirNumbers() {
        assertThat(Acts.of(List.of(
                        "Restaurants_1|OFFER|city|San Jose",
                        "Restaurants_1|OFFER|city|Oslo",
                        "general|bye|none|none",
                        "Hotel|Inform|Area|east",
                        "Hotel|nooffer",
                        "no act",
                        "")))
                .containsExactly("Hotel|Inform|Area", "Hotel|nooffer|", "Restaurants|OFFER|city", "general|bye|");
    }

    @Test
    void actsForWhichThereIsNoRoomAreLeftOut() {
        var texts = new ActionSpace.Text(10);
        float[] action = new float[10];
        NextActs.write(new TreeSet<>(List.of("a|b|c", "a|b|d")), texts, action, 0);
        assertThat(texts.read(action, 0)).isEqualTo("a|b|c");
    }

    @Test
    void aModelFileMeansWhatItsExpertMeant() {
        float[] actions = new float[8 * SPEC.actionSize()];
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            policy.act(TestDialogues.contexts(steps.subList(0, 8)), 8, actions);
        }
        for (int i = 0; i < 8; i++) {
            assertThat(ActsSpec.ACTS.read(actions, i * SPEC.actionSize()))
                    .isEqualTo(ActsSpec.ACTS.read(steps.get(i).action(), 0));
        }
        assertThat(ActsSpec.ACTS.read(actions, 0)).isEqualTo("Travel|INFORM|city\nTravel|OFFER|rome");
    }

    @Test
    void heldOutActsAreLikelierThanByTheirShares() {
        Scores scores;
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            scores = SPEC.examination(steps, 100).scores(policy);
        }
        Scores baseline = SPEC.examination(steps, 100).baseline(new TreeMap<>());
        // Of 16 turns, 8 have one act and 8 another; four have 2 each. Shares (8 + 1) / 18 twice, (2 + 1) / 18 four
        // times.
        double half = 0.5;
        double sixth = 3.0 / 18;
        double nats = 2 * (-half * Math.log(half) - half * Math.log(half))
                + 4 * (-2.0 / 16 * Math.log(sixth) - 14.0 / 16 * Math.log(1 - sixth));
        assertThat(baseline.negativeLogLikelihood()).isCloseTo(nats, within(1e-9));
        assertThat(scores.negativeLogLikelihood()).isLessThan(0.3);
    }

    @Test
    void microF1IsCountedOverAllActsAndByDomain() {
        ActsEvaluation.Result result;
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            result = new ActsEvaluation(policy).scores(window, TestDialogues.trajectories(SPEC, 8), 20, 1);
        }
        assertThat(result.turns()).isEqualTo(16);
        assertThat(result.unknown()).isZero();
        assertThat(result.all().acts()).isEqualTo(24);
        assertThat(result.all().policy()).isEqualTo(1);
        assertThat(result.all().regression())
                .as("so simple that it is learned too")
                .isGreaterThan(0.9);
        assertThat(result.byDomain().keySet()).containsExactly("Travel", "general");
        assertThat(result.byDomain().values())
                .extracting(ActsEvaluation.MicroF1::acts)
                .containsExactly(16L, 8L);
    }

    @Test
    void anUpdateStoppedInItsMiddleGoesOnToTheSameBytes() {
        LearnerState begun = learner.initialState(5);
        LearnerState whole = TestDialogues.learn(learner, begun, window, Integer.MAX_VALUE);
        for (int stop : new int[] {0, 7}) {
            LearnerState stopped = LearnerState.fromBytes(
                    TestDialogues.learn(learner, begun, window, stop).toBytes());
            assertThat(TestDialogues.learn(learner, stopped, window, Integer.MAX_VALUE))
                    .isEqualTo(whole);
        }
        assertThat(learner.stateFrom(model.bytes(), 1)).isNotNull();
    }

    @Test
    void whatIsNoListOfActsIsReplacedByNone() {
        float[] action = new float[SPEC.actionSize()];
        Turn turn = TestDialogues.conversation(0).turns().get(0);
        ActsSpec.ACTS.write("Hotel|Inform|Area\nHotel|Inform|", action, 0);
        assertThat(SPEC.envelope().judge(turn, action, action, 0)).isNull();
        ActsSpec.ACTS.write("book a table", action, 0);
        assertThat(SPEC.envelope().judge(turn, action, action, 0)).contains("domain|act|slot");
        assertThat(ActsSpec.ACTS.read(action, 0)).isEmpty();
    }

    @Test
    void anActThatTheModelDoesNotKnowIsUnlikelyAndNotImpossible() {
        float[] actions = new float[SPEC.actionSize()];
        ActsSpec.ACTS.write("Hotel|Inform|Area", actions, 0);
        double[] result = new double[1];
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            policy.logProbabilities(TestDialogues.contexts(steps.subList(0, 1)), actions, 1, result);
        }
        assertThat(result[0]).isBetween(-100.0, Math.log(1e-4));
    }
}
