package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import java.util.List;
import org.junit.jupiter.api.Test;

class ActionEnvelopeTest {
    private static final ControlStep STEP = Steps.live("e", 0, 1, 2);

    private static ActionEnvelope.Verdict judge(ControlTask task, float... action) {
        return new ActionEnvelope(task)
                .judge(STEP, action, new float[task.actions().size()], 20);
    }

    @Test
    void anActionOfTheTaskPassesAsItIs() {
        assertThat(judge(Steps.CHOICES, 2)).isInstanceOf(ActionEnvelope.Passed.class);
        assertThat(judge(Steps.NUMBERS, -2, 1).action()).containsExactly(-2, 1);
    }

    @Test
    void aChoiceThatIsNoneIsReplacedByTheNeutralOne() {
        for (float choice : new float[] {3, -1, 0.5f, Float.NaN, Float.POSITIVE_INFINITY}) {
            ActionEnvelope.Verdict verdict = judge(Steps.CHOICES, choice);
            assertThat(verdict.action()).as("%s", choice).containsExactly(1);
            assertThat(verdict)
                    .isInstanceOfSatisfying(ActionEnvelope.Replaced.class, replaced -> assertThat(replaced.reason())
                            .isEqualTo("expected an action in Discrete[count=3], got [%s]".formatted(choice)));
        }
    }

    @Test
    void numbersOutsideTheirRangeAreReplacedByTheNearestInItAndTheActionItselfStaysAsItWas() {
        float[] action = {-3, 5};
        ActionEnvelope.Verdict verdict = judge(Steps.NUMBERS, action);
        assertThat(verdict).isInstanceOf(ActionEnvelope.Replaced.class);
        assertThat(verdict.action()).containsExactly(-2, 1);
        assertThat(action).containsExactly(-3, 5);
    }

    @Test
    void numbersThatAreNotFiniteOrTooFewAreReplacedByTheNeutralAction() {
        assertThat(judge(Steps.NUMBERS, 0.5f, Float.NaN).action()).containsExactly(0, 0);
        assertThat(judge(Steps.NUMBERS, 0.5f)).isInstanceOfSatisfying(ActionEnvelope.Replaced.class, replaced -> {
            assertThat(replaced.action()).containsExactly(0, 0);
            assertThat(replaced.reason()).isEqualTo("expected an action of 2 numbers, got 1");
        });
    }

    @Test
    void theExpertsActionIsTheLoggedOne() {
        float[] action = new float[1];
        LoggedAction labeller = new LoggedAction();
        ControlStep human = Steps.logged(Actor.HUMAN, 2);
        assertThat(labeller.label(List.of(human), 0, action)).isEqualTo(LoggedAction.Label.GIVEN);
        assertThat(action).containsExactly(2);
        assertThat(labeller.label(List.of(STEP), 0, action)).isEqualTo(LoggedAction.Label.NOT_WANTED);
        ControlStep unknown = Steps.step("e", 0, Actor.HUMAN, new float[2], null, 0, ControlStep.End.NONE);
        assertThat(labeller.label(List.of(unknown), 0, action)).isEqualTo(LoggedAction.Label.UNKNOWN);
    }
}
