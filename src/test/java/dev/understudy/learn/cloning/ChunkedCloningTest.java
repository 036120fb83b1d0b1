package dev.understudy.learn.cloning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.LoadedChunks;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkedCloningTest {
    private static final CategoricalPolicy POLICY = new CategoricalPolicy(4, 2, List.of(16), Activation.TANH);
    private static final ActionSpace ACTIONS = new ActionSpace.Discrete(2);

    /** An expert that goes round in four phases, one-hot in the observation, and acts 1 in phase 3 alone. */
    private static Trajectory rounds(int steps) {
        float[] observations = new float[4 * steps];
        float[] actions = new float[steps];
        for (int step = 0; step < steps; step++) {
            observations[4 * step + step % 4] = 1;
            actions[step] = step % 4 == 3 ? 1 : 0;
        }
        return new Trajectory("rounds", "log", 0, 1, new Matrix(steps, 4, observations), new Matrix(steps, 1, actions));
    }

    private static ChunkedCloning learner(int length) {
        return new ChunkedCloning(
                POLICY, length, BehaviouralCloningConfig.classicControl().withSteps(301));
    }

    @Test
    void aChunkIsWhatTheExpertDoesNextAndItsLastActionBeyondTheEnd() {
        Matrix chunks = ChunkedCloning.chunked(rounds(5), 3).actions();
        assertThat(chunks.columns()).isEqualTo(3);
        assertThat(chunks.values())
                .containsExactly(
                        0, 0, 0, //
                        0, 0, 1, //
                        0, 1, 0, //
                        1, 0, 0, // beyond the end
                        0, 0, 0);
    }

    @Test
    void predictsWhatTheExpertDoesNext() {
        try (ChunkedCloning cloning = learner(4)) {
            Update update = cloning.begin(cloning.initialState(1), List.of(rounds(400)), List.of(), 1);
            while (update.step()) {}
            byte[] model = cloning.export(update.state());
            try (LoadedChunks chunks = LoadedChunks.of(model, 4, ACTIONS, 4)) {
                float[] logits = new float[8];
                for (int phase = 0; phase < 4; phase++) {
                    float[] observation = new float[4];
                    observation[phase] = 1;
                    chunks.predict(observation, 1, logits);
                    for (int ahead = 0; ahead < 4; ahead++) {
                        boolean acts = (phase + ahead) % 4 == 3;
                        assertThat(logits[2 * ahead + 1] > logits[2 * ahead])
                                .as("phase %d, %d ahead", phase, ahead)
                                .isEqualTo(acts);
                    }
                }
            }
            assertThatThrownBy(() -> LoadedChunks.of(model, 4, ACTIONS, 3))
                    .isInstanceOf(InvalidModelException.class)
                    .hasMessageContaining("expected an output chunk of 6 columns");
        }
    }

    @Test
    void killedInTheMiddleAndRestoredGivesTheSameBytes() {
        List<Trajectory> expert = List.of(rounds(100));
        byte[] whole;
        byte[] half = {};
        try (ChunkedCloning cloning = learner(2)) {
            Update update = cloning.begin(cloning.initialState(7), expert, List.of(), 9);
            for (int step = 0; update.step(); step++) {
                if (step == 100) {
                    half = update.state().toBytes();
                }
            }
            whole = update.state().toBytes();
        }
        try (ChunkedCloning cloning = learner(2)) {
            Update update = cloning.begin(LearnerState.fromBytes(half), expert, List.of(), 9);
            while (update.step()) {}
            assertThat(update.state().toBytes()).isEqualTo(whole);
        }
    }
}
