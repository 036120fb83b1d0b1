package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.Matrix;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlFeaturiserTest {
    private static final ControlTask THREE =
            new ControlTask("three", Steps.CHOICES.observationNames(), Steps.CHOICES.actions(), 3, 1);

    private final ControlFeaturiser featuriser = new ControlFeaturiser(THREE);
    private final Matrix observation = room();

    private static Matrix room() {
        return new Matrix(2, 6, new float[12]);
    }

    private void observed(ControlStep step, float... expected) {
        assertThat(featuriser.observe(step, false, observation, 1, Featuriser.Steps.none()))
                .isNull();
        for (int i = 0; i < expected.length; i++) {
            assertThat(observation.at(1, i)).as("number %d", i).isEqualTo(expected[i]);
        }
    }

    @Test
    void theNewestStepsComeLastAndTheFirstStandsForThoseBeforeIt() {
        observed(Steps.live("e", 0, 1, 2), 1, 2, 1, 2, 1, 2);
        observed(Steps.live("e", 1, 3, 4), 1, 2, 1, 2, 3, 4);
        observed(Steps.live("e", 2, 5, 6), 1, 2, 3, 4, 5, 6);
        observed(Steps.live("e", 3, 7, 8), 3, 4, 5, 6, 7, 8);
    }

    @Test
    void anotherEpisodeAndAHoleBeginAnew() {
        observed(Steps.live("e", 0, 1, 2), 1, 2, 1, 2, 1, 2);
        observed(Steps.live("e", 2, 3, 4), 3, 4, 3, 4, 3, 4);
        observed(Steps.live("f", 0, 5, 6), 5, 6, 5, 6, 5, 6);
    }

    @Test
    void whatIsRefusedIsNotRemembered() {
        observed(Steps.live("e", 0, 1, 2), 1, 2);
        assertThat(featuriser.observe(Steps.live("e", 1, Float.NaN, 0), false, observation, 1, Featuriser.Steps.none()))
                .isEqualTo(ControlRefusal.NON_FINITE_OBSERVATION);
        assertThat(featuriser.observe(Steps.live("e", 0, 9, 9), false, observation, 1, Featuriser.Steps.none()))
                .isEqualTo(ControlRefusal.OUT_OF_STEP);
        observed(Steps.live("e", 1, 3, 4), 1, 2, 1, 2, 3, 4);
    }

    @Test
    void nothingComesAfterTheEndOfAnEpisodeButAnotherEpisode() {
        observed(Steps.step("e", 0, Actor.HUMAN, new float[] {1, 2}, new float[] {0}, 1, ControlStep.End.TERMINATED));
        assertThat(featuriser.observe(Steps.live("e", 1, 1, 2), false, observation, 1, Featuriser.Steps.none()))
                .isEqualTo(ControlRefusal.AFTER_END);
        observed(Steps.live("f", 0, 1, 2), 1, 2);
    }

    @Test
    void aStepThatGoesOnJoinsAndAnotherBreaks() {
        List<String> told = new ArrayList<>();
        Featuriser.Steps<ControlStep> steps = new Featuriser.Steps<>() {
            @Override
            public void breaks() {
                told.add("break");
            }

            @Override
            public void step(ControlStep step, boolean isEnough) {
                told.add(step.episode() + step.sequence() + isEnough);
            }
        };
        for (ControlStep step : List.of(
                Steps.live("e", 0, 1, 2),
                Steps.live("e", 1, 1, 2),
                Steps.live("e", 3, 1, 2),
                Steps.live("f", 0, 1, 2))) {
            assertThat(featuriser.observe(step, false, observation, 0, steps)).isNull();
        }
        assertThat(told).containsExactly("break", "e0true", "e1true", "break", "e3true", "break", "f0true");
    }

    @Test
    void aSavedMemoryGoesOnAsTheOneThatWasSaved() {
        observed(Steps.live("épisode", 0, 1, 2));
        observed(Steps.live("épisode", 1, 3, 4));
        ControlFeaturiser saved = ControlFeaturiser.read(THREE, written(featuriser));
        assertThat(written(saved)).isEqualTo(written(featuriser));
        observed(Steps.live("épisode", 2, 5, 6), 1, 2, 3, 4, 5, 6);
        Matrix again = room();
        assertThat(saved.observe(Steps.live("épisode", 2, 5, 6), false, again, 0, Featuriser.Steps.none()))
                .isNull();
        assertThat(Arrays.copyOf(again.values(), 6)).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(written(saved)).isEqualTo(written(featuriser));
    }

    @Test
    void aMemoryOfAnotherVersionOrTaskStartsAfresh() {
        observed(Steps.live("e", 0, 1, 2));
        ByteBuffer fresh = written(new ControlFeaturiser(THREE));
        ByteBuffer another = written(featuriser);
        another.put(0, (byte) 99);
        assertThat(written(ControlFeaturiser.read(THREE, another))).isEqualTo(fresh);
        assertThat(written(ControlFeaturiser.read(THREE, ByteBuffer.allocate(3))))
                .isEqualTo(fresh);
        ByteBuffer ofOneFrame = written(new ControlFeaturiser(Steps.CHOICES));
        assertThat(written(ControlFeaturiser.read(THREE, ofOneFrame))).isEqualTo(fresh);
    }

    @Test
    void theLastStepIsObservedAgainAsItWasAndNothingIsRemembered() {
        observed(Steps.live("e", 0, 1, 2));
        observed(Steps.live("e", 1, 3, 4), 1, 2, 1, 2, 3, 4);
        Matrix again = room();
        assertThat(featuriser.observeAgain(Steps.live("e", 1, 3, 4), false, again, 0))
                .isNull();
        assertThat(Arrays.copyOf(again.values(), 6)).containsExactly(1, 2, 1, 2, 3, 4);
        assertThat(featuriser.observeAgain(Steps.live("e", 0, 1, 2), false, again, 0))
                .isNull();
        assertThat(Arrays.copyOf(again.values(), 6)).containsExactly(1, 2, 1, 2, 1, 2);
        observed(Steps.live("e", 2, 5, 6), 1, 2, 3, 4, 5, 6);
    }

    @Test
    void afterABreakTheSameEpisodeBeginsAnew() {
        observed(Steps.live("e", 0, 1, 2));
        assertThat(featuriser.goesOn(Steps.live("e", 1, 3, 4))).isTrue();
        featuriser.begin();
        assertThat(featuriser.goesOn(Steps.live("e", 1, 3, 4))).isFalse();
        observed(Steps.live("e", 1, 3, 4), 3, 4, 3, 4, 3, 4);
    }

    private static ByteBuffer written(ControlFeaturiser featuriser) {
        ByteBuffer out = ByteBuffer.allocate(featuriser.bytes());
        featuriser.write(out);
        assertThat(out.hasRemaining()).isFalse();
        return out.flip();
    }
}
