package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Labeller.Label;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ActionEnvelopeTest {
    private static final ControlStep STEP = Steps.live("e", 0, 1, 2);

    /** Judges the action in place and returns why it was replaced. */
    private static @Nullable String judge(ControlTask task, float[] action) {
        return new ActionEnvelope(task)
                .judge(STEP, action, new float[task.actions().size()], 20);
    }

    @Test
    void anActionOfTheTaskPassesAsItIs() {
        assertThat(judge(Steps.CHOICES, new float[] {2})).isNull();
        float[] action = {-2, 1};
        assertThat(judge(Steps.NUMBERS, action)).isNull();
        assertThat(action).containsExactly(-2, 1);
    }

    @Test
    void aChoiceThatIsNoneIsReplacedByTheNeutralOne() {
        for (float choice : new float[] {3, -1, 0.5f, Float.NaN, Float.POSITIVE_INFINITY}) {
            float[] action = {choice};
            assertThat(judge(Steps.CHOICES, action))
                    .isEqualTo("expected an action in Discrete[count=3], got [%s]".formatted(choice));
            assertThat(action).as("%s", choice).containsExactly(1);
        }
    }

    @Test
    void numbersOutsideTheirRangeAreReplacedByTheNearestInIt() {
        float[] action = {-3, 5};
        assertThat(judge(Steps.NUMBERS, action)).contains("got [-3.0, 5.0]");
        assertThat(action).containsExactly(-2, 1);
    }

    @Test
    void numbersThatAreNotFiniteAreReplacedByTheNeutralAction() {
        float[] action = {0.5f, Float.NaN};
        assertThat(judge(Steps.NUMBERS, action)).contains("NaN");
        assertThat(action).containsExactly(0, 0);
    }

    @Test
    void theExpertsActionIsTheLoggedOne() {
        float[] action = new float[1];
        LoggedAction labeller = new LoggedAction();
        ControlStep human = Steps.logged(Actor.HUMAN, 2);
        assertThat(labeller.label(List.of(human), 0, action)).isEqualTo(Label.GIVEN);
        assertThat(action).containsExactly(2);
        assertThat(labeller.label(List.of(STEP), 0, action)).isEqualTo(Label.NOT_WANTED);
        ControlStep unknown = Steps.step("e", 0, Actor.HUMAN, new float[2], null, 0, ControlStep.End.NONE);
        assertThat(labeller.label(List.of(unknown), 0, action)).isEqualTo(Label.UNKNOWN);
    }
}
