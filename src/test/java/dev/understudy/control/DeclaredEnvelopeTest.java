package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.Signal.Missing;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeclaredEnvelopeTest {
    private static final Signal X = Declared.signal("x", Missing.REFUSE, List.of(0), List.of());
    private static final float[] NOTHING = {Float.NaN};

    private final ControlStep sample = Declared.sample(0, 0, null, 1);
    private final DeclaredEnvelope wheel = new DeclaredEnvelope(Declared.of(false, X));
    private final DeclaredEnvelope turns = new DeclaredEnvelope(Declared.choices(X));

    @Test
    void numbersStayInTheirRange() {
        float[] action = {1.5f};
        assertThat(wheel.judge(sample, action, NOTHING, 0)).isEqualTo("expected wheel from -1.0 to 1.0, got 1.5");
        assertThat(action).containsExactly(1);
        assertThat(wheel.judge(sample, action, NOTHING, 0)).isNull();
    }

    @Test
    void numbersChangeNoFasterThanTheyMay() {
        float[] action = {0.5f};
        // 2 a second, 50 ms: 0.1 beside the action before.
        assertThat(wheel.judge(sample, action, new float[] {0.25f}, 50))
                .startsWith("expected wheel from 0.15 to 0.35 after 0.25");
        assertThat(action).containsExactly(0.35f);
        float[] slow = {0.3f};
        assertThat(wheel.judge(sample, slow, new float[] {0.25f}, 50)).isNull();
    }

    @Test
    void whatIsNoActionBecomesTheNeutralOne() {
        float[] action = {Float.NaN};
        assertThat(wheel.judge(sample, action, NOTHING, 0)).contains("got [NaN]");
        assertThat(action).containsExactly(0.5f);
        float[] choice = {3};
        assertThat(turns.judge(sample, choice, NOTHING, 0)).contains("got [3.0]");
        assertThat(choice).containsExactly(1);
        float[] left = {0};
        assertThat(turns.judge(sample, left, NOTHING, 0)).isNull();
    }
}
