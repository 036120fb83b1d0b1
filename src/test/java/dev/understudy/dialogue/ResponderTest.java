package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Step;
import dev.understudy.evaluate.Scores;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.model.Decoding;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.network.NGramTables;
import dev.understudy.network.RecurrentNetwork;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A small responder, from turns to replies. */
@SuppressWarnings("NullAway.Init")
class ResponderTest {
    private static final ResponderSpec SPEC = new ResponderSpec();
    private static final NGramTables TABLES = new NGramTables(
            600,
            List.of(
                    new NGramTables.Table(1 << 10, 8, 8, 0.5f, 1f, 1.3f),
                    new NGramTables.Table(1 << 12, 4, 8, 0.8f, 1.4f, 1.8f),
                    new NGramTables.Table(1 << 11, 4, 8, 0.9f, 1.6f, 2f)));
    private static final SequenceCloningConfig CONFIG =
            new SequenceCloningConfig(4, 16, 1e-2, 10, 1_000, 1.0, 0.9, 0.0, 100, 64);

    private static List<Step> steps;
    private static List<Trajectory> window;
    private static ResponderLearner learner;
    private static ModelFile model;

    private static LearnerState learn(LearnerState from, int stopsAfter) {
        return TestDialogues.learn(learner, from, window, stopsAfter);
    }

    @BeforeAll
    static void learnOnce() {
        steps = TestDialogues.steps(SPEC, 24);
        window = TestDialogues.trajectories(SPEC, 24);
        learner = new ResponderLearner(ResponderSpec.REPLIES, new RecurrentNetwork(600, 24, 48, TABLES), CONFIG);
        model = TestDialogues.model(SPEC, learner, learn(learner.initialState(1), Integer.MAX_VALUE), window);
    }

    @AfterAll
    static void close() {
        learner.close();
    }

    private static ServedPolicy policy() {
        return TestDialogues.accepted(SPEC, model);
    }

    @Test
    void onlyRepliesOfTheSideThatAnswersAreImitated() {
        assertThat(steps).hasSize(48);
        assertThat(steps.subList(0, 2))
                .extracting(step -> ResponderSpec.REPLIES.read(step.action(), 0))
                .containsExactly("Take the train to Rome.", "Have a good trip.");
    }

    @Test
    void aModelFileAnswersAsItsExpertDid() {
        List<Step> some = steps.subList(0, 8);
        float[] replies = new float[8 * SPEC.actionSize()];
        try (ServedPolicy policy = policy()) {
            policy.act(TestDialogues.contexts(some), 8, replies);
        }
        for (int i = 0; i < 8; i++) {
            assertThat(ResponderSpec.REPLIES.read(replies, i * SPEC.actionSize()))
                    .isEqualTo(ResponderSpec.REPLIES.read(some.get(i).action(), 0));
        }
    }

    @Test
    void aReplyDoesNotDependOnWhatTheModelReadBeforeOrOnTheRowsBesideIt() {
        List<Step> some = steps.subList(0, 12);
        long[] seeds = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
        Decoding drawn = new Decoding(1.5, 1, 0, 20, ResponderPolicy.STOPS);
        float[] together = new float[12 * SPEC.actionSize()];
        float[] warm = new float[12 * SPEC.actionSize()];
        float[] fresh = new float[SPEC.actionSize()];
        try (ResponderPolicy policy = ResponderPolicy.load(model, ResponderSpec.REPLIES)) {
            policy.reply(TestDialogues.contexts(some), 12, seeds, drawn, together);
            policy.reply(TestDialogues.contexts(some), 12, seeds, drawn, warm);
        }
        assertThat(warm).isEqualTo(together);
        for (int i = 0; i < 12; i++) {
            try (ResponderPolicy another = ResponderPolicy.load(model, ResponderSpec.REPLIES)) {
                another.reply(TestDialogues.contexts(some.subList(i, i + 1)), 1, new long[] {seeds[i]}, drawn, fresh);
            }
            assertThat(ResponderSpec.REPLIES.read(fresh, 0))
                    .as("reply %d of a model that was just loaded", i)
                    .isEqualTo(ResponderSpec.REPLIES.read(together, i * SPEC.actionSize()));
        }
    }

    @Test
    void aConversationReadOnceCostsWhatItsRepliesCostOneByOne() {
        List<Step> some = steps.subList(0, 6);
        double[] together = new double[6];
        double[] alone = new double[1];
        try (ServedPolicy policy = policy()) {
            policy.logProbabilities(TestDialogues.contexts(some), TestDialogues.actions(some), 6, together);
            for (int i = 0; i < 6; i++) {
                List<Step> one = some.subList(i, i + 1);
                policy.logProbabilities(TestDialogues.contexts(one), TestDialogues.actions(one), 1, alone);
                assertThat(together[i]).isCloseTo(alone[0], within(1e-3));
            }
        }
    }

    @Test
    void heldOutRepliesAreScoredByTheByte() {
        List<Step> heldOut = TestDialogues.steps(SPEC, 8);
        Scores scores;
        try (ServedPolicy policy = policy()) {
            scores = SPEC.examination(heldOut, 100).scores(policy);
        }
        Scores baseline = SPEC.examination(heldOut, 100).baseline(new TreeMap<>());
        assertThat(scores.trips()).hasSize(8);
        assertThat(scores.steps())
                .isEqualTo(8L * ("Take the train to Rome.".length() + "Have a good trip.".length() + 2));
        assertThat(baseline.negativeLogLikelihood()).isEqualTo(Math.log(256), within(1e-9));
        assertThat(scores.negativeLogLikelihood()).isLessThan(0.2);
    }

    @Test
    void anUpdateStoppedInItsMiddleGoesOnToTheSameBytes() {
        LearnerState begun = learner.initialState(5);
        LearnerState whole = learn(begun, Integer.MAX_VALUE);
        LearnerState stopped = learn(LearnerState.fromBytes(learn(begun, 7).toBytes()), Integer.MAX_VALUE);
        assertThat(learner.export(stopped)).isEqualTo(learner.export(whole));
        assertThat(learner.metadata(stopped)).isEqualTo(learner.metadata(whole));
        assertThat(learner.stateFrom(model.bytes(), 1)).isNotNull();
        assertThat(learner.stateFrom(learner.export(whole), 1))
                .as("a model without its tokeniser")
                .isNull();
    }
}
