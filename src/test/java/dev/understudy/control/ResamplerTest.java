package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ResamplerTest {
    private static final float NONE = Float.NaN;

    private final List<String> told = new ArrayList<>();

    private final Resampler.Steps steps = new Resampler.Steps() {
        @Override
        public void breaks() {
            told.add("break");
        }

        @Override
        public void step(long timeMs, float[] row) {
            StringBuilder text = new StringBuilder().append(timeMs);
            for (float value : row) {
                text.append(' ').append(value);
            }
            told.add(text.toString());
        }
    };

    private static Resampler resampler(boolean isLinear, long longestGapMs) {
        return new Resampler(
                50, longestGapMs, new long[] {longestGapMs, longestGapMs}, new boolean[] {isLinear, isLinear});
    }

    @Test
    void aJitteringLogOfThePolicysOwnRateKeepsEverySample() {
        Resampler resampler = resampler(false, 100);
        long timeMs = 1_000;
        int taken = 0;
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 1_000; i++) {
            taken += resampler.take(timeMs, new float[] {i, NONE}, steps) ? 1 : 0;
            timeMs += 43 + random.nextInt(15);
        }
        assertThat(taken).isEqualTo(1_000);
        assertThat(told).hasSize(1_001);
    }

    @Test
    void ofALogTenTimesAsFastEveryTenthSampleIsAStep() {
        Resampler resampler = resampler(false, 100);
        for (int i = 0; i <= 20; i++) {
            resampler.take(5L * i, new float[] {i, NONE}, steps);
        }
        assertThat(told).containsExactly("break", "0 0.0 NaN", "50 10.0 NaN", "100 20.0 NaN");
    }

    @Test
    void ofARateThatDoesNotFitStepsLieBetweenSamples() {
        Resampler held = resampler(false, 100);
        for (int i = 0; i <= 3; i++) {
            held.take(Math.round(i * 100 / 3.0), new float[] {i, NONE}, steps);
        }
        // Samples at 0, 33, 67 and 100 ms: the step at 50 ms has what was measured at 33 ms.
        assertThat(told).containsExactly("break", "0 0.0 NaN", "50 1.0 NaN", "100 3.0 NaN");
        told.clear();
        Resampler linear = resampler(true, 100);
        for (int i = 0; i <= 3; i++) {
            linear.take(Math.round(i * 100 / 3.0), new float[] {i, NONE}, steps);
        }
        // On the line from 33 to 67 ms: 1 + (50 - 33) / 34.
        assertThat(told).containsExactly("break", "0 0.0 NaN", "50 1.5 NaN", "100 3.0 NaN");
    }

    @Test
    void aSlowLogIsFilledUpAndALongGapBeginsANewRun() {
        Resampler resampler = resampler(true, 200);
        resampler.take(0, new float[] {0, 1}, steps);
        resampler.take(200, new float[] {4, NONE}, steps);
        resampler.take(401, new float[] {9, NONE}, steps);
        assertThat(told)
                .containsExactly(
                        "break",
                        "0 0.0 1.0",
                        "50 1.0 1.0",
                        "100 2.0 1.0",
                        "150 3.0 1.0",
                        "200 4.0 1.0",
                        "break",
                        "401 9.0 NaN");
    }

    @Test
    void signalsThatComeAtDifferentTimesAreJoinedByTheirLastValue() {
        Resampler resampler = resampler(false, 100);
        resampler.take(0, new float[] {1, NONE}, steps);
        resampler.take(3, new float[] {NONE, 10}, steps);
        resampler.take(50, new float[] {2, NONE}, steps);
        resampler.take(101, new float[] {3, NONE}, steps);
        resampler.take(152, new float[] {4, NONE}, steps);
        // The second signal is 47, then 98 ms old; 149 ms are too many.
        assertThat(told).containsExactly("break", "0 1.0 NaN", "50 2.0 10.0", "101 3.0 10.0", "152 4.0 NaN");
    }

    @Test
    void whatWasWrittenGoesOnAsIfNothingHadHappened() {
        Resampler whole = resampler(true, 100);
        Resampler first = resampler(true, 100);
        for (long timeMs : new long[] {0, 33, 67}) {
            whole.take(timeMs, new float[] {timeMs, NONE}, steps);
            first.take(timeMs, new float[] {timeMs, NONE}, steps);
        }
        ByteBuffer bytes = ByteBuffer.allocate(first.bytes());
        first.write(bytes);
        assertThat(bytes.remaining()).isZero();
        Resampler second = resampler(true, 100);
        second.read(bytes.flip());
        told.clear();
        whole.take(101, new float[] {5, NONE}, steps);
        List<String> expected = List.copyOf(told);
        told.clear();
        second.take(101, new float[] {5, NONE}, steps);
        assertThat(told).isEqualTo(expected);
    }
}
