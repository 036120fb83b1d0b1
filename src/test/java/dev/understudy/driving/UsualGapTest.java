package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class UsualGapTest {
    private static final int AT = 3;

    private final float[] memory = new float[AT + UsualGap.SIZE + 2];

    private void drive(double standstill, double timeGap, int samples) {
        for (int i = 0; i < samples; i++) {
            double speed = 12 + 8 * Math.sin(i / 10.0);
            UsualGap.add(memory, AT, speed, standstill + timeGap * speed, 0);
        }
    }

    @Test
    void beforeAnySampleItIsThePrior() {
        UsualGap.begin(memory, AT, "S");
        UsualGap.Line line = UsualGap.line(memory, AT);
        assertThat(line.standstillGap()).isCloseTo(4, within(1e-6));
        assertThat(line.timeGap()).isCloseTo(1.3, within(1e-6));
        assertThat(line.weight()).isZero();
    }

    /**
     * One sample of 10 m/s, 20 m, weight 1, with the prior: weights 4, speeds 10, squares 400, gaps 3 * 4 + 20 = 32,
     * products 300 * 1.3 + 200 = 590, determinant 4 * 400 - 10^2 = 1500, s = (400 * 32 - 10 * 590) / 1500 = 4.6, T = (4
     * * 590 - 10 * 32) / 1500 = 1.36.
     */
    @Test
    void oneSampleByHand() {
        UsualGap.begin(memory, AT, "S");
        UsualGap.add(memory, AT, 10, 20, 0);
        UsualGap.Line line = UsualGap.line(memory, AT);
        assertThat(line.standstillGap()).isCloseTo(4.6, within(1e-6));
        assertThat(line.timeGap()).isCloseTo(1.36, within(1e-6));
        assertThat(line.weight()).isEqualTo(1);
        // 20 - 4.6 - 13.6
        assertThat(line.deviation()).isCloseTo(1.8, within(1e-5));
    }

    @Test
    void aNewTripBeginsWithWhatIsKnownOfItsSettingAndFifteenSecondsOfItOutweighThat() {
        UsualGap.begin(memory, AT, "S");
        drive(2, 1.0, 400);
        UsualGap.begin(memory, AT, "L");
        drive(2, 2.5, 400);
        UsualGap.begin(memory, AT, "S");
        assertThat(UsualGap.line(memory, AT).timeGap()).isCloseTo(1.0, within(0.1));
        assertThat(UsualGap.line(memory, AT).weight()).isCloseTo(30, within(1e-4));
        drive(2, 1.8, 60);
        assertThat(UsualGap.line(memory, AT).timeGap()).isCloseTo(1.55, within(0.1));
        UsualGap.begin(memory, AT, "L");
        assertThat(UsualGap.line(memory, AT).timeGap()).isCloseTo(2.4, within(0.2));
    }

    @Test
    void theOldestOfFiveSettingsIsForgotten() {
        for (String setting : new String[] {"a", "b", "c", "d", "e"}) {
            UsualGap.begin(memory, AT, setting);
            drive(2, 2.5, 100);
        }
        UsualGap.begin(memory, AT, "b");
        assertThat(UsualGap.line(memory, AT).weight()).isPositive();
        UsualGap.begin(memory, AT, "a");
        assertThat(UsualGap.line(memory, AT).weight()).isZero();
    }

    @Test
    void writesNothingButItsOwnPartOfTheMemory() {
        memory[AT - 1] = 7;
        memory[AT + UsualGap.SIZE] = 8;
        for (String setting : new String[] {"a", "b", "c", "d", "e", "a"}) {
            UsualGap.begin(memory, AT, setting);
            drive(2, 2.5, 10);
        }
        assertThat(memory[AT - 1]).isEqualTo(7);
        assertThat(memory[AT + UsualGap.SIZE]).isEqualTo(8);
    }
}
