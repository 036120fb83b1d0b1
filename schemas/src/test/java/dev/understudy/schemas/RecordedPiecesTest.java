package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.environment.End;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RecordedPiecesTest {
    @Test
    void stepsWhoseNumbersRiseByOneAreAPieceInWhateverOrderTheyCome() {
        List<RolloutStep> records = new ArrayList<>(List.of(step(3), step(4), step(5), step(6)));
        Collections.reverse(records);

        RecordedPieces found = RecordedPieces.of(records, 1, 1, 100);

        var rollout = Objects.requireNonNull(found.rollouts().get("a"));
        assertThat(rollout.episodes()).isEqualTo(1);
        assertThat(rollout.end(0)).isEqualTo(End.RUNNING);
        assertThat(rollout.observations()).containsExactly(3, 4, 5);
        assertThat(rollout.lastObservations()).containsExactly(6);
        assertThat(rollout.actions()).containsExactly(0.3f, 0.4f, 0.5f);
        assertThat(rollout.logProbabilities()).containsExactly(-3, -4, -5);
        assertThat(found.refused()).isEqualTo(Map.of(RecordedPieces.Refusal.NO_NEXT_OBSERVATION, 1));
    }

    @Test
    void aHoleAnotherModelTheEnvelopeAndTheMostStepsEndAPiece() {
        List<RolloutStep> records = List.of(
                step(0),
                step(1),
                step(2), // cut after two
                // 3 is missing
                step(4),
                step(5),
                step(6, "b"),
                step(7, "b"),
                envelope(8),
                step(9),
                step(10));

        RecordedPieces found = RecordedPieces.of(records, 1, 1, 2);

        var first = Objects.requireNonNull(found.rollouts().get("a"));
        assertThat(first.episodes()).isEqualTo(3);
        assertThat(first.observations()).containsExactly(0, 1, 4, 5, 9);
        assertThat(first.lastObservations()).containsExactly(2, 6, 10);
        var second = Objects.requireNonNull(found.rollouts().get("b"));
        assertThat(second.observations()).containsExactly(6, 7);
        assertThat(second.lastObservations()).containsExactly(8);
    }

    @Test
    void whatCannotBeUsedIsCountedByReason() {
        RolloutStep longer =
                new RolloutStep("car", "t", 20, 0, "p", 1, "a", new float[2], new float[1], Decision.Kind.POLICY, -1);
        RolloutStep infinite = new RolloutStep(
                "car", "t", 21, 0, "p", 1, "a", new float[] {Float.NaN}, new float[1], Decision.Kind.POLICY, -1);
        RolloutStep silent = new RolloutStep(
                "car", "t", 22, 0, "p", 1, "a", new float[1], new float[1], Decision.Kind.POLICY, Double.NaN);

        RecordedPieces found =
                RecordedPieces.of(List.of(step(1), step(1), step(2), longer, infinite, silent), 1, 1, 100);

        assertThat(Objects.requireNonNull(found.rollouts().get("a")).steps()).isEqualTo(1);
        assertThat(found.refused())
                .isEqualTo(Map.of(
                        RecordedPieces.Refusal.OTHER_SIZE, 1,
                        RecordedPieces.Refusal.NOT_FINITE, 1,
                        RecordedPieces.Refusal.NO_DENSITY, 1,
                        RecordedPieces.Refusal.REPEATED, 1,
                        RecordedPieces.Refusal.NO_NEXT_OBSERVATION, 1));
    }

    private static RolloutStep step(long sequence) {
        return step(sequence, "a");
    }

    private static RolloutStep step(long sequence, String model) {
        float[] observation = {sequence};
        return new RolloutStep(
                "car",
                "t",
                sequence,
                100 * sequence,
                "p",
                1,
                model,
                observation,
                new float[] {sequence / 10f},
                Decision.Kind.POLICY,
                -sequence);
    }

    private static RolloutStep envelope(long sequence) {
        float[] observation = {sequence};
        return new RolloutStep(
                "car",
                "t",
                sequence,
                100 * sequence,
                "p",
                1,
                "b",
                observation,
                new float[] {-6},
                Decision.Kind.FALLBACK_ENVELOPE,
                Double.NaN);
    }
}
