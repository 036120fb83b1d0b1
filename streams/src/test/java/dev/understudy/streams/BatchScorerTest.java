package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelSlot;
import org.junit.jupiter.api.Test;

class BatchScorerTest {
    @Test
    void aVersionThatDoesNotAnswerTakesNothingFromTheOthersOfItsBatch() {
        LoadedPolicy broken = load(-0.125f);
        try (ModelSlot slot = new ModelSlot()) {
            slot.install(1, load(-0.25f), 0);
            slot.install(2, broken, 1_000);
            broken.close();
            BatchScorer scorer = new BatchScorer(new CarFollowingPolicy(), slot, new ServingMetrics());
            scorer.begin(2);
            scorer.add(500, true);
            scorer.add(1_500, true);

            scorer.score();

            assertThat(scorer.action(0)).containsExactly(-0.25f);
            assertThat(scorer.action(1)).containsExactly(Float.NaN);
            assertThat(scorer.logProbability(1)).isNaN();
        }
    }

    private static LoadedPolicy load(float acceleration) {
        return LoadedPolicy.load(
                TestModels.constant(acceleration), CarFollowing.observationSize(), CarFollowing.ACTION_SIZE);
    }
}
