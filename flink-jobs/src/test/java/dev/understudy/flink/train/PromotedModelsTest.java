package dev.understudy.flink.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.TestHistory;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.models.ModelShelf;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelIntake;
import dev.understudy.schemas.Promotion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PromotedModelsTest {
    private static final TrainingConfig CONFIG =
            TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY)).inThisProcess();
    private static final String SHA256 = "d".repeat(64);

    private static ModelShelf shelf(byte[] file) {
        ModelShelf shelf = new ModelShelf();
        shelf.promoted(new Promotion(CarFollowing.POLICY, 1, SHA256, 0, "", "", true, "c", new TreeMap<>(), 0));
        shelf.put(SHA256, file);
        return shelf;
    }

    @Test
    void aModelOfTheTopicPassesTheIntakeBeforeItScoresAWindow() {
        List<String> taken = new ArrayList<>();
        ModelIntake refusing = (check, bytes, sha256, evidence) -> {
            taken.add(sha256);
            return new IntakeOutcome.Rejected("hostile", IntakeOutcome.Cause.FILE);
        };
        WindowBatch batch = TestLogs.batch(0);
        try (PromotedModels models = new PromotedModels(CONFIG.policies(), refusing)) {
            IntakeOutcome outcome = models.inService(CarFollowing.POLICY, shelf(new byte[] {1}), new byte[0]);
            assertThat(taken).containsExactly(SHA256);
            assertThat(WindowScore.of(batch, outcome, CONFIG.policies().spec(CarFollowing.POLICY), CONFIG.baselines()))
                    .containsKey(WindowScore.STEPS)
                    .doesNotContainKey(WindowScore.POLICY);
            assertThat(models.inService(CarFollowing.POLICY, new ModelShelf(), new byte[0]))
                    .isNull();
        }
    }

    @Test
    void aVariantBeginsWithNoModelOfItsParentThatIsRefused() {
        Promotion promoted = new Promotion(CarFollowing.POLICY, 1, SHA256, 0, "", "", true, "c", new TreeMap<>(), 0);
        TestHistory history = new TestHistory(List.of(promoted), Map.of(SHA256, new byte[] {1}));
        try (PromotedModels models = new PromotedModels(CONFIG.policies(), CONFIG.intake())) {
            ParentModels parents =
                    new ParentModels(history, new CandidateMaker(CONFIG, "bc", java.util.Set.of()), models);
            assertThat(parents.of(TestLogs.batch(0, CarFollowing.POLICY + "@north")))
                    .isNull();
        }
    }
}
