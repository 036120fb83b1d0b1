package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.ByteRows;
import dev.understudy.dialogue.DialogueContext.Said;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DialogueFeaturiserTest {
    private final ByteRows row = new ByteRows(1, DialogueContext.BYTES, new byte[DialogueContext.BYTES]);

    static Turn turn(String episode, long sequence, Role role, String text) {
        int weight = Turn.usualWeight(role, Actor.HUMAN);
        return new Turn(
                "visitor", episode, sequence, 1000 * sequence, Actor.HUMAN, "", false, role, text, List.of(), weight);
    }

    private @Nullable Refusal observe(Featuriser<Turn> featuriser, Turn turn) {
        return featuriser.observe(turn, true, row, 0, Featuriser.Steps.none());
    }

    private List<Said> said() {
        return DialogueContext.said(row.values(), 0);
    }

    @Test
    void aContextHoldsTheTurnsInTheirOrderWithRolesAndWhatIsToBeImitated() {
        DialogueFeaturiser featuriser = new DialogueFeaturiser(ResponderSpec.REPLIES);
        observe(featuriser, turn("a", 0, Role.USER, "Hello, né?"));
        observe(featuriser, turn("a", 1, Role.ASSISTANT, "Hi 😀"));
        observe(featuriser, turn("a", 2, Role.USER, "line\nline"));
        assertThat(said())
                .containsExactly(
                        new Said(Role.USER, false, "Hello, né?"),
                        new Said(Role.ASSISTANT, true, "Hi 😀"),
                        new Said(Role.USER, false, "line\nline"));
        assertThat(DialogueContext.turns(row.values(), 0)).isEqualTo(3);
    }

    @Test
    void whatThePolicyAnsweredIsATurnWhetherOrNotItIsLoggedToo() {
        for (boolean isLogged : new boolean[] {false, true}) {
            DialogueFeaturiser featuriser = new DialogueFeaturiser(ResponderSpec.REPLIES);
            observe(featuriser, turn("a", 0, Role.USER, "Hello"));
            float[] answer = new float[ResponderSpec.REPLIES.size()];
            ResponderSpec.REPLIES.write("Good day", answer, 0);
            featuriser.acted(answer);
            if (isLogged) {
                Turn reply = turn("a", 1, Role.ASSISTANT, "Good day");
                featuriser.observe(reply, false, row, 0, Featuriser.Steps.none());
            }
            observe(featuriser, turn("a", 2, Role.USER, "Bye"));
            assertThat(said())
                    .containsExactly(
                            new Said(Role.USER, false, "Hello"),
                            new Said(Role.ASSISTANT, false, "Good day"),
                            new Said(Role.USER, false, "Bye"));
        }
    }

    @Test
    void aContextIsBoundedByItsOldestTurnsAndALongTurnByItsBeginning() {
        DialogueFeaturiser featuriser = new DialogueFeaturiser(ResponderSpec.REPLIES);
        String long_ = "é".repeat(300);
        for (int i = 0; i < 5; i++) {
            observe(featuriser, turn("a", i, i % 2 == 0 ? Role.USER : Role.ASSISTANT, long_ + i));
        }
        assertThat(said()).extracting(Said::text).containsExactly(long_ + 4);
        assertThat(DialogueContext.turns(row.values(), 0)).isEqualTo(5);
        observe(featuriser, turn("a", 5, Role.USER, "x" + "é".repeat(8_000) + "end"));
        assertThat(said()).hasSize(1);
        assertThat(said().get(0).text()).endsWith("éend").doesNotContain("\uFFFD", "x");
    }

    @Test
    void anotherConversationBeginsAfreshAndTurnsThatRunBackAreRefused() {
        DialogueFeaturiser featuriser = new DialogueFeaturiser(ResponderSpec.REPLIES);
        observe(featuriser, turn("a", 3, Role.USER, "one"));
        assertThat(observe(featuriser, turn("a", 3, Role.USER, "again"))).isEqualTo(GeneralRefusal.OUT_OF_STEP);
        assertThat(observe(featuriser, turn("a", 4, Role.USER, "\u0000"))).isEqualTo(TurnRefusal.CONTROL_CHARACTER);
        observe(featuriser, turn("b", 0, Role.USER, "other"));
        assertThat(said()).extracting(Said::text).containsExactly("other");
    }

    @Test
    void whatWasWrittenIsReadBackAndGoesOn() {
        DialogueFeaturiser featuriser = new DialogueFeaturiser(ResponderSpec.REPLIES);
        observe(featuriser, turn("a", 0, Role.USER, "Hello"));
        float[] answer = new float[ResponderSpec.REPLIES.size()];
        ResponderSpec.REPLIES.write("Good day", answer, 0);
        featuriser.acted(answer);
        ByteBuffer saved = ByteBuffer.allocate(featuriser.bytes());
        featuriser.write(saved);
        assertThat(saved.hasRemaining()).isFalse();
        Featuriser<Turn> restored = new ResponderSpec().featuriser(saved.flip());
        for (Featuriser<Turn> each : List.of(featuriser, restored)) {
            assertThat(each.observeAgain(turn("a", 0, Role.USER, "Hello"), true, row, 0))
                    .isNull();
            assertThat(said()).extracting(Said::text).containsExactly("Hello");
            observe(each, turn("a", 1, Role.USER, "Bye"));
            assertThat(said()).extracting(Said::text).containsExactly("Hello", "Good day", "Bye");
        }
        assertThat(new ResponderSpec()
                        .featuriser(ByteBuffer.wrap(new byte[] {99}))
                        .bytes())
                .isEqualTo(new DialogueFeaturiser(ResponderSpec.REPLIES).bytes());
    }
}
