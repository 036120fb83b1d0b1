package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.environment.End;
import dev.understudy.environment.Rollout;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AdvantagesTest {
    private static final Offset<Float> EXACT = Offset.offset(1e-6f);

    /**
     * gamma 0.5, lambda 0.5, rewards 1 2 then 4, V 1 3 then 2. Second episode: delta = 4 - 2 = 2. First: delta_1 = 2 -
     * 3 = -1; delta_0 = 1 + 0.5 x 3 - 1 = 1.5; advantage_0 = 1.5 + 0.25 x -1 = 1.25. Targets are advantage + V.
     */
    @Test
    void addUpDiscountedErrorsWithinAnEpisode() {
        Rollout rollout = rollout();
        Advantages found = Advantages.of(rollout, new float[] {1, 2, 4}, new float[] {1, 3, 2}, 0.5, 0.5);
        assertThat(found.advantages()).containsExactly(new float[] {1.25f, -1f, 2f}, EXACT);
        assertThat(found.targets()).containsExactly(new float[] {2.25f, 2f, 4f}, EXACT);
    }

    @Test
    void areTheSameOfEpisodesThatAreNoRollout() {
        Advantages found =
                Advantages.ofEpisodes(new int[] {0, 2, 3}, new float[] {1, 2, 4}, new float[] {1, 3, 2}, 0.5, 0.5);
        assertThat(found.advantages()).containsExactly(new float[] {1.25f, -1f, 2f}, EXACT);
        assertThat(found.targets()).containsExactly(new float[] {2.25f, 2f, 4f}, EXACT);
    }

    /**
     * As above, with ratios 3, 0.5 and 2, and the second episode going on to a V of 6. Second: delta = 4 + 0.5 x 6 - 2
     * = 5, which min(1, 2) leaves whole. First: advantage_1 = -1, of which half counts: advantage_0 = 1.5 + 0.25 x -0.5
     * = 1.375; the target of step 1 is 3 - 0.5.
     */
    @Test
    void underAnotherPolicyWhatItWouldHardlyDoCountsLess() {
        float[] observed = new float[5];
        float[] numbers = new float[3];
        Rollout recorded = new Rollout.Builder(1, 1, 4)
                .append(observed, 0, numbers, numbers, numbers, 0, 2, End.TERMINATED)
                .append(observed, 3, numbers, numbers, numbers, 2, 1, End.RUNNING)
                .build();
        Advantages found = Advantages.ofRecorded(
                recorded,
                new float[] {1, 2, 4},
                new float[] {1, 3, 2},
                new float[] {9, 6},
                new float[] {3, 0.5f, 2},
                0.5,
                0.5);
        assertThat(found.advantages()).containsExactly(new float[] {1.375f, -1f, 5f}, EXACT);
        assertThat(found.targets()).containsExactly(new float[] {2.375f, 2.5f, 7f}, EXACT);
    }

    /** Weights 2, 1 and 0: mean (2 x 1 + 4) / 3 = 2, variance (2 x 1 + 4) / 3 = 2. */
    @Test
    void areStandardisedAsTheirWeightsSay() {
        Advantages found = new Advantages(new float[] {1, 4, 7}, new float[3]);
        float unit = (float) (1 / Math.sqrt(2));
        assertThat(found.weighted(new float[] {2, 1, 0})).containsExactly(new float[] {-2 * unit, 2 * unit, 0}, EXACT);
    }

    @Test
    void areZeroWhereTheyDoNotDiffer() {
        Advantages same = new Advantages(new float[] {3, 3, 3}, new float[3]);
        assertThat(same.standardised().advantages()).containsOnly(0f);
    }

    private static Rollout rollout() {
        float[] observed = new float[4];
        float[] numbers = new float[3];
        return new Rollout.Builder(1, 1, 4)
                .append(observed, 0, numbers, numbers, numbers, 0, 2, End.TERMINATED)
                .append(observed, 2, numbers, numbers, numbers, 2, 1, End.TRUNCATED)
                .build();
    }
}
