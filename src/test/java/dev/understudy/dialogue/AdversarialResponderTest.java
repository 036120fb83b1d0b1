package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Trajectory;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.GailConfig.Feedback;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.learn.sequence.SequenceGailConfig;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.network.NGramTables;
import dev.understudy.network.RecurrentNetwork;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.SequenceDiscriminator;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A small responder that goes on adversarially. */
class AdversarialResponderTest {
    private static final ResponderSpec SPEC = new ResponderSpec();
    private static final SequenceCloningConfig CLONING =
            new SequenceCloningConfig(4, 16, 1e-2, 10, 1_000, 1.0, 0.9, 0.0, 20, 64);
    private static final SequenceGailConfig ADVERSARIAL = new SequenceGailConfig(
            8,
            12,
            12,
            ResponderPolicy.STOPS,
            new SequenceDiscriminator.Options(8, 16, 1e-2, 1.0),
            4,
            1,
            1e-4,
            RewardForm.LOG_ODDS,
            0.5,
            5,
            1,
            1e-3,
            0.9,
            4,
            Feedback.EXPERT);

    private static AdversarialResponderLearner learner() {
        return new AdversarialResponderLearner(
                ResponderSpec.REPLIES,
                new RecurrentNetwork(600, 24, 48, NGramTables.defaults(600)),
                CLONING,
                ADVERSARIAL);
    }

    private static List<Trajectory> trajectories() {
        return TestDialogues.trajectories(SPEC, 12);
    }

    /** Learns until so much of the window's work is done. */
    private static LearnerState learn(Learner learner, LearnerState from, double share) {
        try (Update update = learner.begin(from, trajectories(), List.of(), 3)) {
            while (update.progress() < share) {
                assertThat(update.step() || update.progress() == 1).isTrue();
            }
            assertThat(update.report().problem()).isNull();
            return LearnerState.fromBytes(update.state().toBytes());
        }
    }

    private static ModelFile model(Learner learner, LearnerState state) {
        return TestDialogues.model(SPEC, learner, state, trajectories());
    }

    @Test
    void clonesAndThenImitatesToTheSameBytesWhereverItIsKilled() {
        LearnerState begun;
        byte[] whole;
        byte[] again;
        try (AdversarialResponderLearner learner = learner()) {
            begun = learner.initialState(5);
            LearnerState once = learn(learner, begun, 1);
            whole = once.toBytes();
            again = learn(learner, once, 1).toBytes();
        }
        assertThat(again).isNotEqualTo(whole);
        for (double share : List.of(0.2, 0.8)) {
            LearnerState stopped;
            try (AdversarialResponderLearner first = learner()) {
                stopped = learn(first, begun, share);
            }
            try (AdversarialResponderLearner second = learner()) {
                assertThat(learn(second, stopped, 1).toBytes()).isEqualTo(whole);
            }
        }
        LearnerState state = LearnerState.fromBytes(whole);
        try (AdversarialResponderLearner third = learner()) {
            LearnerState stopped = learn(third, state, 0.5);
            assertThat(stopped.counters()).as("stopped inside").containsKey("adversarial.done");
            assertThat(learn(third, stopped, 1).toBytes()).isEqualTo(again);
        }
    }

    @Test
    void goesOnFromAModelWithItsTokeniserAndIsServedLikeIt() {
        try (AdversarialResponderLearner learner = learner()) {
            ModelFile cloned = model(learner, learn(learner, learner.initialState(5), 1));
            LearnerState state = Objects.requireNonNull(learner.stateFrom(cloned.bytes(), 9));
            ModelFile after = model(learner, learn(learner, state, 1));
            assertThat(after.metadata().extra().get(ResponderPolicy.TOKENISER))
                    .isEqualTo(cloned.metadata().extra().get(ResponderPolicy.TOKENISER));
            assertThat(after.sha256()).isNotEqualTo(cloned.sha256());
            LearnerState later = Objects.requireNonNull(learner.stateFrom(after.bytes(), 9));
            assertThat(later.vector("tables")).isEqualTo(state.vector("tables"));
            assertThat(later.vector("theta")).isNotEqualTo(state.vector("theta"));
            try (ServedPolicy policy = SPEC.load(after)) {
                assertThat(policy.actionSize()).isEqualTo(SPEC.actionSize());
            }
            assertThat(learner.stateFrom(new byte[] {1}, 9)).isNull();
        }
    }

    @Test
    void thePolicyIsLearnedByCloningAndByGailAlone() {
        assertThat(SPEC.algorithms()).containsExactly(Algorithms.CLONING, Algorithms.GAIL);
        assertThatThrownBy(() -> SPEC.learner("dagger", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected one of the algorithms [bc, gail] of dialogue/responder, got dagger");
    }
}
