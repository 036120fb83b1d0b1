package dev.understudy.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RewardFormTest {
    private static final Offset<Double> EXACT = Offset.offset(1e-9);

    /** z = log 3 gives D = 3/4: -log(1/4) = log 4; log(3/4); log 3. */
    @Test
    void followTheirFormulas() {
        double z = Math.log(3);
        assertThat(RewardForm.SURVIVAL.of(z)).isCloseTo(Math.log(4), EXACT);
        assertThat(RewardForm.TERMINATION.of(z)).isCloseTo(Math.log(0.75), EXACT);
        assertThat(RewardForm.LOG_ODDS.of(z)).isCloseTo(Math.log(3), EXACT);
    }

    @Test
    void signsAreAsNamed() {
        for (double z = -50; z <= 50; z += 2.5) {
            assertThat(RewardForm.SURVIVAL.of(z)).isPositive();
            assertThat(RewardForm.TERMINATION.of(z)).isNegative();
        }
        assertThat(RewardForm.LOG_ODDS.of(0)).isZero();
    }

    @ParameterizedTest
    @EnumSource(RewardForm.class)
    void staysFiniteAndRisesWithTheLogit(RewardForm form) {
        double before = Double.NEGATIVE_INFINITY;
        for (double z = -1000; z <= 1000; z += 100) {
            assertThat(form.of(z)).isFinite().isGreaterThanOrEqualTo(before);
            before = form.of(z);
        }
    }

    @ParameterizedTest
    @EnumSource(RewardForm.class)
    void isFoundByItsName(RewardForm form) {
        assertThat(RewardForm.named(form.key())).isSameAs(form);
    }

    @Test
    void anUnknownNameIsToldTheNamesThereAre() {
        assertThatThrownBy(() -> RewardForm.named("gail"))
                .hasMessage("expected a reward form among survival, termination, log-odds, got 'gail'");
    }
}
