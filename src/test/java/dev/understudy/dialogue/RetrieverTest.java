package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Step;
import dev.understudy.evaluate.Scores;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.minibatch.MinibatchConfig;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.network.BagOfFeatures;
import dev.understudy.network.DualEncoder;
import dev.understudy.network.LabelNetwork;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A small retriever, from turns to replies. */
@SuppressWarnings("NullAway.Init")
class RetrieverTest {
    private static final RetrieverSpec SPEC = new RetrieverSpec();
    private static final int SIZE = RetrieverSpec.REPLIES.size();

    private static RetrieverLearner learner;
    private static List<Trajectory> window;
    private static List<Step> steps;
    private static ModelFile model;

    private static RetrieverLearner learner() {
        return new RetrieverLearner(
                RetrieverSpec.REPLIES,
                new DualEncoder(new BagOfFeatures(TextFeatures.COUNT, 16), 16, TextFeatures.LENGTHS),
                new MinibatchConfig(16, 1, 40, 100, 5e-3, 5, 0.1, 5, 0.1));
    }

    @BeforeAll
    static void learnOnce() {
        learner = learner();
        window = TestDialogues.trajectories(SPEC, 24);
        steps = TestDialogues.steps(SPEC, 8);
        LearnerState state = TestDialogues.learn(learner, learner.initialState(1), window, Integer.MAX_VALUE);
        model = TestDialogues.model(SPEC, learner, state, window);
    }

    @AfterAll
    static void close() {
        learner.close();
    }

    private static String reply(ServedPolicy policy, ByteRows contexts, int row) {
        float[] actions = new float[contexts.rows() * SIZE];
        policy.act(contexts, contexts.rows(), actions);
        return RetrieverSpec.REPLIES.read(actions, row * SIZE);
    }

    @Test
    void aModelFileAnswersAsItsExpertDid() {
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            for (int i = 0; i < 8; i++) {
                assertThat(reply(policy, TestDialogues.contexts(steps.subList(0, 8)), i))
                        .isEqualTo(RetrieverSpec.REPLIES.read(steps.get(i).action(), 0));
            }
        }
    }

    @Test
    void aReplyThatWasSaidIsNotSaidAgain() {
        DialogueContext context = new DialogueContext();
        context.add(Role.USER, false, "How do I get to Rome?");
        context.add(Role.ASSISTANT, false, "Take the train to Rome.");
        context.add(Role.USER, false, "How do I get to Rome?");
        ByteRows row = new ByteRows(1, DialogueContext.BYTES, new byte[DialogueContext.BYTES]);
        context.copyTo(row, 0);
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            assertThat(reply(policy, row, 0)).isNotEqualTo("Take the train to Rome.");
        }
    }

    @Test
    void probabilitiesOfTheCandidatesSumToOne() {
        try (RetrieverPolicy policy = RetrieverPolicy.load(model, RetrieverSpec.REPLIES)) {
            List<String> candidates = policy.candidates();
            assertThat(candidates).hasSize(5);
            ByteRows contexts = new ByteRows(5, DialogueContext.BYTES, new byte[5 * DialogueContext.BYTES]);
            float[] actions = new float[5 * SIZE];
            for (int i = 0; i < 5; i++) {
                steps.get(0).observation().copy(0, 1, contexts, i);
                RetrieverSpec.REPLIES.write(candidates.get(i), actions, i * SIZE);
            }
            double[] logProbabilities = new double[5];
            policy.logProbabilities(contexts, actions, 5, logProbabilities);
            double sum = 0;
            for (double each : logProbabilities) {
                sum += Math.exp(each);
            }
            assertThat(sum).isCloseTo(1, within(1e-4));
        }
    }

    @Test
    void heldOutRepliesAreLikelierThanTheOthers() {
        Scores scores;
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            scores = SPEC.examination(steps, 6).scores(policy);
        }
        Scores baseline = SPEC.examination(steps, 6).baseline(new TreeMap<>());
        assertThat(scores.trips()).hasSize(6);
        assertThat(scores.steps()).isEqualTo(12);
        assertThat(baseline.negativeLogLikelihood()).as("of five replies").isCloseTo(Math.log(5), within(1e-9));
        assertThat(scores.negativeLogLikelihood()).isLessThan(0.5);
    }

    @Test
    void recallIsThatOfTheModelBesideThatOfSharedWords() {
        List<Conversation> conversations = TestDialogues.conversations(12);
        RetrieverEvaluation.Recall recall;
        try (ServedPolicy policy = TestDialogues.accepted(SPEC, model)) {
            recall = new RetrieverEvaluation(policy).recall(conversations, conversations, 3, 1);
        }
        assertThat(recall.replies()).isEqualTo(24);
        assertThat(recall.recallAtOne()).isGreaterThan(0.9);
        assertThat(recall.tfIdf()).as("nothing shared with 'Thanks!'").isLessThan(recall.recallAtOne());
        assertThat(recall.low()).isLessThanOrEqualTo(recall.recallAtOne() - recall.tfIdf());
        assertThat(recall.high()).isGreaterThanOrEqualTo(recall.recallAtOne() - recall.tfIdf());
    }

    @Test
    void anUpdateStoppedInItsMiddleGoesOnToTheSameBytes() {
        LearnerState begun = learner.initialState(5);
        LearnerState whole = TestDialogues.learn(learner, begun, window, Integer.MAX_VALUE);
        for (int stop : new int[] {0, 7}) {
            LearnerState stopped = LearnerState.fromBytes(
                    TestDialogues.learn(learner, begun, window, stop).toBytes());
            LearnerState resumed = TestDialogues.learn(learner, stopped, window, Integer.MAX_VALUE);
            assertThat(resumed).as("stopped after %d steps", stop).isEqualTo(whole);
        }
        LearnerState second = TestDialogues.learn(learner, whole, window, Integer.MAX_VALUE);
        assertThat(second.counter("words.all"))
                .as("counted once in each window")
                .isEqualTo(20);
        assertThat(second.counter("steps")).isEqualTo(80);
    }

    @Test
    void goesOnFromAModelFileAndRefusesOneThatLacksSomething() {
        LearnerState from = Objects.requireNonNull(learner.stateFrom(model.bytes(), 1));
        LearnerState further = TestDialogues.learn(learner, from, window, 3);
        assertThat(learner.metadata(further).get(ResponderPolicy.TOKENISER))
                .isEqualTo(model.metadata().extra().get(ResponderPolicy.TOKENISER));
        assertThat(learner.stateFrom(learner.export(further), 1))
                .as("without metadata")
                .isNull();
        ModelFile without =
                ModelFile.create(model.bytes(), model.metadata().withExtra(new TreeMap<>(Map.of("algorithm", "bc"))));
        assertThatThrownBy(() -> SPEC.load(without))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("tokeniser");
    }

    @Test
    void aFileOfAnotherNetworkIsRefusedBeforeItServes() {
        LabelNetwork network = new LabelNetwork(new BagOfFeatures(10, 4), 4, TextFeatures.LENGTHS, 3);
        ModelFile other =
                ModelFile.create(network.toModel(network.initialise(new SplittableRandom(1))), model.metadata());
        IntakeOutcome outcome = SPEC.intakeCheck(IntakeLimits.defaults()).check(other.bytes(), other.sha256());
        assertThat(outcome).isInstanceOf(IntakeOutcome.Rejected.class);
        assertThat(((IntakeOutcome.Rejected) outcome).reason()).contains("outputs [context, reply], got");
    }

    @Test
    void aWindowWithoutRepliesIsRefused() {
        assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(), List.of(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected at least one reply to learn");
    }
}
