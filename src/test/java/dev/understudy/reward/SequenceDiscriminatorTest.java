package dev.understudy.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Sequences of 4 steps in 64 columns; the first half is the expert's. */
class SequenceDiscriminatorTest {
    private static final int ROWS = 64;
    private static final int STEPS = 4;
    private static final SequenceDiscriminator.Options OPTIONS = new SequenceDiscriminator.Options(8, 16, 1e-2, 1.0);

    private static SequenceDiscriminator discriminator() {
        return new SequenceDiscriminator(2, OPTIONS, ROWS, STEPS);
    }

    /** The expert says token 1 with probability 3/4 at each step, the other with 1/4. */
    private static long[] tokens(SplittableRandom random) {
        long[] tokens = new long[ROWS * STEPS];
        for (int i = 0; i < tokens.length; i++) {
            boolean isExpert = i % ROWS < ROWS / 2;
            tokens[i] = random.nextDouble() < (isExpert ? 0.75 : 0.25) ? 1 : 0;
        }
        return tokens;
    }

    private static SequenceDiscriminator.Lesson lesson() {
        float[] signs = new float[ROWS * STEPS];
        float[] weights = new float[ROWS * STEPS];
        float[] targets = new float[ROWS * STEPS];
        float[] valued = new float[ROWS * STEPS];
        Arrays.fill(weights, 2f / weights.length);
        Arrays.fill(targets, 0.5f);
        Arrays.fill(valued, 1f / valued.length);
        for (int i = 0; i < signs.length; i++) {
            signs[i] = i % ROWS < ROWS / 2 ? 1 : -1;
        }
        return new SequenceDiscriminator.Lesson(signs, weights, targets, valued);
    }

    @Test
    void lossIsTwoLogTwoWhenItKnowsNothing() {
        try (SequenceDiscriminator discriminator = discriminator()) {
            discriminator.restore(discriminator.initialMemory(1));
            long[] tokens = tokens(new SplittableRandom(1));
            SequenceDiscriminator.Judgement judgement = discriminator.judge(tokens);
            assertThat(judgement.logits()).containsOnly(0f);
            assertThat(judgement.values()).containsOnly(0f);
            assertThat(discriminator.learn(tokens, lesson())).isCloseTo(2 * Math.log(2), within(1e-5));
        }
    }

    /** After k ones and l zeros the best z is (k - l) log 3; the critic learns the constant that it is given. */
    @Test
    void learnsTheLogRatioOfEveryPrefix() {
        try (SequenceDiscriminator discriminator = discriminator()) {
            discriminator.restore(discriminator.initialMemory(1));
            SplittableRandom random = new SplittableRandom(2);
            for (int step = 0; step < 800; step++) {
                discriminator.learn(tokens(random), lesson());
            }
            long[] asked = new long[ROWS * STEPS];
            asked[0] = 1; // column 0: 1 1 1 1; column 1: 1 0 1 0; column 2: 0 0 0 0
            asked[ROWS] = 1;
            asked[2 * ROWS] = 1;
            asked[3 * ROWS] = 1;
            asked[1] = 1;
            asked[2 * ROWS + 1] = 1;
            SequenceDiscriminator.Judgement judgement = discriminator.judge(asked);
            double unit = Math.log(3);
            for (int step = 0; step < STEPS; step++) {
                double expected = (step + 1) * unit;
                assertThat((double) judgement.logits()[step * ROWS]).isCloseTo(expected, within(1.0));
                assertThat((double) judgement.logits()[step * ROWS + 2]).isCloseTo(-expected, within(1.0));
                assertThat((double) judgement.logits()[step * ROWS + 1])
                        .isCloseTo(step % 2 == 0 ? unit : 0, within(0.5));
            }
            assertThat((double) judgement.values()[0]).isCloseTo(0.5, within(0.1));
        }
    }

    @Test
    void goesOnFromItsMemoryToTheSameBytes() {
        try (SequenceDiscriminator one = discriminator();
                SequenceDiscriminator other = discriminator()) {
            one.restore(one.initialMemory(1));
            one.learn(tokens(new SplittableRandom(1)), lesson());
            SortedMap<String, float[]> memory = one.memory();
            one.learn(tokens(new SplittableRandom(2)), lesson());
            other.restore(memory);
            other.learn(tokens(new SplittableRandom(2)), lesson());
            assertThat(other.memory()).hasSameSizeAs(one.memory());
            one.memory()
                    .forEach((name, vector) ->
                            assertThat(other.memory().get(name)).as(name).isEqualTo(vector));
        }
    }
}
