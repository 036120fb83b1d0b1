package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.environment.ActionSpace;
import dev.understudy.environment.Environments;
import java.util.List;
import org.junit.jupiter.api.Test;

class StepCheckTest {
    private final StepCheck choices = new StepCheck(Steps.CHOICES);
    private final StepCheck numbers = new StepCheck(Steps.NUMBERS);

    @Test
    void aStepOfTheTaskPassesWithAndWithoutAnAction() {
        assertThat(choices.check(Steps.live("e", 0, 1, 2))).isNull();
        assertThat(choices.check(Steps.logged(Actor.HUMAN, 2))).isNull();
        assertThat(numbers.check(Steps.logged(Actor.HUMAN, -2, 1))).isNull();
    }

    @Test
    void anotherDimensionIsRefusedWithBothNumbers() {
        ControlStep step = Steps.live("e", 0, 1, 2, 3);
        ControlRefusal refusal = choices.check(step);
        assertThat(refusal).isEqualTo(ControlRefusal.WRONG_DIMENSION);
        assertThat(choices.describe(ControlRefusal.WRONG_DIMENSION, step))
                .isEqualTo("expected 2 observation numbers of choices, got 3");
    }

    @Test
    void whatIsNotFiniteIsRefused() {
        assertThat(choices.check(Steps.live("e", 0, Float.NaN, 0))).isEqualTo(ControlRefusal.NON_FINITE_OBSERVATION);
        assertThat(choices.check(Steps.live("e", 0, 0, Float.NEGATIVE_INFINITY)))
                .isEqualTo(ControlRefusal.NON_FINITE_OBSERVATION);
        ControlStep step = Steps.step(
                "e", 0, Actor.HUMAN, new float[2], new float[] {1}, Double.POSITIVE_INFINITY, ControlStep.End.NONE);
        assertThat(choices.check(step)).isEqualTo(ControlRefusal.NON_FINITE_REWARD);
    }

    @Test
    void anActionOutsideTheSpaceIsRefused() {
        for (float[] action : new float[][] {{3}, {-1}, {0.5f}, {Float.NaN}, {0, 0}, {}}) {
            assertThat(choices.check(Steps.logged(Actor.HUMAN, action)))
                    .as("%s", (Object) action)
                    .isEqualTo(ControlRefusal.ACTION_OUTSIDE);
        }
        assertThat(numbers.check(Steps.logged(Actor.HUMAN, 0, 1.01f))).isEqualTo(ControlRefusal.ACTION_OUTSIDE);
        assertThat(numbers.check(Steps.logged(Actor.HUMAN, 0))).isEqualTo(ControlRefusal.ACTION_OUTSIDE);
    }

    @Test
    void everyRefusalSaysWhatWasExpectedAndFound() {
        for (ControlRefusal refusal : ControlRefusal.values()) {
            assertThat(choices.describe(refusal, Steps.logged(Actor.HUMAN, 7)))
                    .startsWith("expected ")
                    .contains(" got ");
        }
    }

    @Test
    void builtInEnvironmentsAreTasksWhoseNeutralActionPushesWithNothing() {
        assertThat(ControlTask.of(Environments.named("mountaincar-v0")).neutral())
                .isEqualTo(1);
        assertThat(ControlTask.of(Environments.named("acrobot-v1")).neutral()).isEqualTo(1);
        assertThat(ControlTask.of(Environments.named("cartpole-v1")).neutral()).isZero();
        assertThat(ControlTask.of(Environments.named("cartpole-v1")).observationSize())
                .isEqualTo(4);
    }

    @Test
    void aTaskWithImpossibleNumbersIsRefused() {
        ActionSpace choice = new ActionSpace.Discrete(2);
        assertThatThrownBy(() -> new ControlTask("t", List.of("x"), choice, 1, 2))
                .hasMessageContaining("expected a neutral action of t")
                .hasMessageContaining("got 2.0");
        assertThatThrownBy(() -> new ControlTask("t", List.of("x"), choice, 0, 0))
                .hasMessageContaining("expected 1 to 64 frames of t, got 0");
        assertThatThrownBy(() -> new ControlTask("t", List.of(), choice, 1, 0))
                .hasMessageContaining("at least one number to observe");
    }

    @Test
    void theFingerprintChangesWithWhatAPolicySeesAndDoesAndWithNothingElse() {
        ControlTask task = Steps.CHOICES;
        String same = new ControlTask("other", task.observationNames(), task.actions(), 1, 2).fingerprint();
        assertThat(task.fingerprint()).hasSize(16).isEqualTo(same);
        assertThat(List.of(
                        new ControlTask("t", List.of("v", "x"), task.actions(), 1, 1).fingerprint(),
                        new ControlTask("t", task.observationNames(), new ActionSpace.Discrete(4), 1, 1).fingerprint(),
                        new ControlTask("t", task.observationNames(), task.actions(), 2, 1).fingerprint()))
                .doesNotContain(same)
                .doesNotHaveDuplicates();
    }
}
