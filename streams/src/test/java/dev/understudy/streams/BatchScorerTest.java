package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelSlot;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchScorerTest {
    @Test
    void aVersionThatDoesNotAnswerTakesNothingFromTheOthersOfItsBatch(@TempDir Path folder) {
        LoadedPolicy broken = load(-0.125f);
        ServingConfig config = ServingConfig.defaults("nowhere:1", folder);
        try (PolicyDirectories directories = ServedDrive.directories(
                config, List.of(Policies.one(new CarFollowingPolicy())), new ServingMetrics())) {
            ModelDirectory directory = directories.directory(CarFollowing.POLICY);
            ModelSlot slot = directory.slot();
            slot.install(1, load(-0.25f), 0);
            slot.install(2, broken, 1_000);
            broken.close();
            BatchScorer scorer = new BatchScorer(new CarFollowingPolicy(), new ServingMetrics());
            scorer.begin(2);
            scorer.add(directory, at(500), true);
            scorer.add(directory, at(1_500), true);

            scorer.score();

            assertThat(scorer.action(0)).containsExactly(-0.25f);
            assertThat(scorer.action(1)).containsExactly(Float.NaN);
            assertThat(scorer.logProbability(1)).isNaN();
        }
    }

    private static FollowingSample at(long timeMs) {
        return new FollowingSample("car", "trip", timeMs / 100, timeMs, Actor.HUMAN, "", 20, 30, 20);
    }

    private static LoadedPolicy load(float acceleration) {
        return LoadedPolicy.load(
                TestModels.constant(acceleration), CarFollowing.observationSize(), CarFollowing.ACTION_SIZE);
    }
}
