package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.reward.RewardForm;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** GAIL of demonstrations without actions, killed and restored. */
class StateOnlyGailTest {
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final int ITERATIONS = 4;
    private static final GailConfig SHORT = GailConfig.observed(RewardForm.SURVIVAL)
            .withIterations(ITERATIONS)
            .withImprovement(new ImprovementConfig(400, 5, 0.995, 0.97, 0.0, List.of(16), TrustRegion.defaults(), 5));

    private static Gail gail() {
        return new Gail(ControlPolicySpec.network(4, TASK.actions()), TASK, SHORT);
    }

    private static List<Trajectory> observed() {
        return GailTest.demonstrations(2).stream()
                .map(shown -> {
                    float[] actions = new float[shown.steps()];
                    Arrays.fill(actions, Float.NaN);
                    return new Trajectory(
                            shown.trip(),
                            shown.entity(),
                            shown.startMs(),
                            shown.stepMs(),
                            shown.observations(),
                            new Matrix(shown.steps(), 1, actions));
                })
                .toList();
    }

    @Test
    void killedInEachIterationAndRestoredGivesTheSameBytes() {
        List<Trajectory> expert = observed();
        byte[] whole;
        try (Gail gail = gail()) {
            Update update = gail.begin(gail.initialState(7), expert, List.of(), 9);
            while (update.step()) {}
            whole = update.state().toBytes();
        }
        for (int iteration = 0; iteration < ITERATIONS; iteration++) {
            byte[] left;
            try (Gail gail = gail()) {
                Update killed = gail.begin(gail.initialState(7), expert, List.of(), 9);
                double done = (double) iteration / ITERATIONS;
                while (killed.progress() < done) {
                    killed.step();
                }
                for (int i = 0; i < 9; i++) { // into the iteration, which is then lost
                    killed.step();
                }
                left = killed.state().toBytes();
            }
            try (Gail gail = gail()) {
                Update update = gail.begin(LearnerState.fromBytes(left), expert, List.of(), 9);
                while (update.step()) {}
                assertThat(update.state().toBytes())
                        .as("killed in iteration %d", iteration)
                        .isEqualTo(whole);
            }
        }
    }
}
