package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.environment.ActionSpace;
import dev.understudy.network.Scaler;
import dev.understudy.reward.DiscriminatorOptions;
import dev.understudy.reward.ShapedReward;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LoadedRewardTest {
    private static final String POLICY = "control/toy";
    private static final ActionSpace ACTIONS = new ActionSpace.Discrete(2);

    private static ModelMetadata metadata(Map<String, String> extra) {
        return new ModelMetadata(
                POLICY,
                "",
                0,
                1,
                List.of(),
                7,
                "layout",
                "{}",
                new Matrix(3, 1, new float[] {-1, 0, 1}),
                new Matrix(3, 1, new float[3]),
                "test",
                ModelMetadata.UNKNOWN_LICENCE,
                new TreeMap<>(extra));
    }

    private static byte[] onnx(ShapedReward.Reads reads) {
        DiscriminatorOptions drawn = new DiscriminatorOptions(
                List.of(4),
                DiscriminatorOptions.defaults().activation(),
                0.01,
                0.9,
                1,
                0,
                DiscriminatorOptions.Output.DRAWN,
                DiscriminatorOptions.Statistics.NONE,
                0,
                0,
                1,
                DiscriminatorOptions.Normalisation.NONE,
                DiscriminatorOptions.Throttle.never());
        ShapedReward network = new ShapedReward(1, 2, reads, 0.9, drawn, 0);
        return network.export(network.initialTheta(new SplittableRandom(3)), Scaler.empty(5));
    }

    private static LoadedReward load(ModelFile file, String policy, String layout) {
        return LoadedReward.load(file, policy, layout, 1, ACTIONS, IntakeLimits.defaults());
    }

    @Test
    void whatWasWrittenScoresAsBefore() {
        for (ShapedReward.Reads reads : ShapedReward.Reads.values()) {
            ModelFile file = LoadedReward.create(onnx(reads), metadata(Map.of()), ACTIONS);
            float[] expected = new float[2];
            float[] scored = new float[2];
            try (LoadedReward fresh = LoadedReward.ofExport(onnx(reads), 1, ACTIONS);
                    LoadedReward loaded = load(ModelFile.read(file.bytes()), POLICY, "layout")) {
                fresh.rewards(new float[] {0.5f, 0.5f}, new float[] {0, 1}, 2, expected);
                loaded.rewards(new float[] {0.5f, 0.5f}, new float[] {0, 1}, 2, scored);
                assertThat(loaded.readsActions()).isEqualTo(reads == ShapedReward.Reads.STATE_AND_ACTION);
                assertThat(scored).isEqualTo(expected);
                assertThat(scored[0] != scored[1]).isEqualTo(loaded.readsActions());
            }
        }
    }

    @Test
    void aRewardIsNoPolicy() {
        ModelFile file = LoadedReward.create(onnx(ShapedReward.Reads.STATE), metadata(Map.of()), ACTIONS);
        assertThatThrownBy(() -> LoadedPolicy.load(file, 1, 1))
                .isInstanceOf(InvalidModelException.class)
                .hasMessage("expected a policy of control/toy, got a reward");
        IntakeCheck check = new IntakeCheck(POLICY, "layout", Rows.Type.FLOAT32, 1, ACTIONS, IntakeLimits.defaults());
        assertThat(check.check(file.bytes(), file.sha256()).fold(any -> "", IntakeOutcome.Rejected::reason))
                .isEqualTo("expected a policy of control/toy, got a reward");
    }

    @Test
    void aPolicyAndARewardOfSomethingElseAreNoReward() {
        ModelFile policy = ModelFile.create(onnx(ShapedReward.Reads.STATE), metadata(Map.of()));
        assertThatThrownBy(() -> load(policy, POLICY, "layout"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessage("expected a reward of control/toy, got a policy");
        ModelFile file = LoadedReward.create(onnx(ShapedReward.Reads.STATE), metadata(Map.of()), ACTIONS);
        assertThatThrownBy(() -> load(file, "control/other", "layout"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessage(
                        "expected a reward of control/other with layout layout, got one of control/toy with layout layout");
        assertThatThrownBy(() -> load(file, POLICY, "newer"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("with layout newer");
    }

    @Test
    void aRewardThatNoLongerGivesWhatItGaveIsRefused() {
        ModelMetadata forged = metadata(Map.of(ModelMetadata.KIND, ModelMetadata.REWARD));
        ModelFile file = ModelFile.create(onnx(ShapedReward.Reads.STATE), forged);
        assertThatThrownBy(() -> load(file, POLICY, "layout"))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("golden rewards");
    }
}
