package dev.understudy.control;

import static dev.understudy.control.Declared.sample;
import static dev.understudy.control.Declared.signal;
import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.Signal.Missing;
import dev.understudy.data.Matrix;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeclaredFeaturiserTest {
    private static final float NONE = Float.NaN;

    private static final Declaration STEERING = Declared.of(
            false,
            signal("speed", Missing.REFUSE, List.of(0), List.of()),
            signal("wheel", Missing.REFUSE, List.of(1, 2), List.of(1)));

    private final List<Step> steps = new ArrayList<>();
    private final List<String> rejected = new ArrayList<>();

    private final Assembler.Output<ControlStep> output = new Assembler.Output<>() {
        @Override
        public void step(Step step) {
            steps.add(step);
        }

        @Override
        public void rejected(ControlStep step, Refusal reason) {
            rejected.add(reason.name());
        }
    };

    private void assemble(Declaration declaration, List<ControlStep> samples) {
        Assembler<ControlStep> assembler = new Assembler<>(new DeclaredPolicy(declaration), Set.of(Actor.HUMAN));
        samples.forEach(each -> assembler.offer(each, output));
        assembler.end(output);
    }

    private static List<ControlStep> drive(int count, long stepMs) {
        List<ControlStep> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            samples.add(sample(i, i * stepMs, new float[] {i / 100f}, 10 + i, i / 100f));
        }
        return samples;
    }

    @Test
    void lagsAndDifferencesAreOfTheStepsBefore() {
        assemble(STEERING, drive(5, 50));
        // Two steps before have to be known; the wheel is seen one and two steps ago, and its change between them.
        assertThat(rejected).containsExactly("SHORT_HISTORY", "SHORT_HISTORY");
        assertThat(steps).hasSize(3);
        assertThat(steps.get(0).observation().copyOf(0).floats()).containsExactly(12, 0.01f, 0f, 0.01f);
        assertThat(steps.get(0).action()).containsExactly(0.02f);
        assertThat(STEERING.observationNames())
                .containsExactly("speed", "wheel[-1]", "wheel[-2]", "wheel[-1]-wheel[-2]");
    }

    @Test
    void serviceSeesWhatTrainingSaw() {
        List<ControlStep> samples = drive(40, 17);
        assemble(STEERING, samples);
        DeclaredPolicy policy = new DeclaredPolicy(STEERING);
        Featuriser<ControlStep> live = policy.featuriser();
        int compared = 0;
        for (ControlStep logged : samples) {
            Matrix row = new Matrix(1, 4, new float[4]);
            ControlStep asked = sample(logged.sequence(), logged.timeMs(), null, logged.observation());
            Refusal refusal = live.observe(asked, false, row, 0, Featuriser.Steps.none());
            ByteBuffer bytes = ByteBuffer.allocate(live.bytes());
            live.write(bytes);
            live = policy.featuriser(bytes.flip());
            for (Step step : steps) {
                if (step.timeMs() == logged.timeMs()) {
                    assertThat(refusal).isNull();
                    assertThat(row.values())
                            .containsExactly(step.observation().copyOf(0).floats());
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(8);
    }

    @Test
    void aMissingValueIsRefusedHeldOrFilled() {
        List<ControlStep> samples = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            float seen = i == 0 ? 3 : NONE;
            samples.add(sample(i, 50L * i, new float[] {0}, seen));
        }
        assemble(Declared.of(false, signal("x", Missing.REFUSE, List.of(0), List.of())), samples);
        assertThat(steps).hasSize(3); // it counts for 100 ms
        steps.clear();
        assemble(Declared.of(false, signal("x", Missing.HOLD, List.of(0), List.of())), samples);
        assertThat(steps).hasSize(6);
        assertThat(steps.get(5).observation().at(0, 0)).isEqualTo(3);
        steps.clear();
        assemble(Declared.of(false, signal("x", Missing.FILL, List.of(0), List.of())), samples);
        assertThat(steps).hasSize(6);
        assertThat(steps.get(2).observation().at(0, 0)).isEqualTo(3);
        assertThat(steps.get(5).observation().at(0, 0)).isEqualTo(7);
    }

    @Test
    void aSampleWithoutActionIsNoDemonstration() {
        Declaration declaration = Declared.of(false, signal("x", Missing.REFUSE, List.of(0), List.of()));
        assemble(declaration, List.of(sample(0, 0, null, 1), sample(1, 50, new float[] {0.5f}, 1)));
        assertThat(steps).hasSize(1);
        assertThat(rejected).containsExactly("NO_LABEL");
    }

    @Test
    void whatIsOutsideItsRangeIsRefusedAndNotRemembered() {
        Declaration declaration = Declared.of(false, signal("x", Missing.REFUSE, List.of(0), List.of(1)));
        assemble(
                declaration,
                List.of(
                        sample(0, 0, new float[] {0}, 1),
                        sample(1, 50, new float[] {0}, 101),
                        sample(2, 100, new float[] {2}, 2),
                        sample(3, 100, new float[] {0}, 3)));
        assertThat(rejected).containsExactly("SHORT_HISTORY", "OUT_OF_RANGE", "ACTION_OUTSIDE");
        // The step at 50 ms is filled with the value of 0 ms.
        assertThat(steps).last().satisfies(step -> assertThat(
                        step.observation().copyOf(0).floats())
                .containsExactly(3, 2));
    }

    @Test
    void anotherEpisodeKnowsNothingOfTheOneBefore() {
        Featuriser<ControlStep> featuriser = new DeclaredPolicy(STEERING).featuriser();
        Matrix row = new Matrix(1, 4, new float[4]);
        for (ControlStep each : drive(4, 50)) {
            featuriser.observe(each, true, row, 0, Featuriser.Steps.none());
        }
        ControlStep other = new ControlStep(
                "car", "next", 0, 200, Actor.HUMAN, "", false, new float[] {1, 1}, null, 0, ControlStep.End.NONE);
        assertThat(featuriser.observe(other, true, row, 0, Featuriser.Steps.none()))
                .isEqualTo(GeneralRefusal.SHORT_HISTORY);
        assertThat(featuriser.observe(drive(5, 50).get(4), true, row, 0, Featuriser.Steps.none()))
                .isEqualTo(GeneralRefusal.SHORT_HISTORY);
    }

    @Test
    void theFingerprintChangesWithTheMeaningAlone() {
        Declaration other = Declared.of(
                false,
                signal("speed", Missing.REFUSE, List.of(0), List.of()),
                signal("wheel", Missing.REFUSE, List.of(1, 3), List.of(1)));
        assertThat(other.fingerprint()).isNotEqualTo(STEERING.fingerprint());
        Declaration otherGate = new Declaration(
                "other name",
                50,
                100,
                STEERING.signals(),
                STEERING.numbers(),
                List.of(),
                0,
                false,
                Set.of(Actor.ASSISTANCE),
                new Declaration.Gate(3, 9, 7));
        assertThat(otherGate.fingerprint()).isEqualTo(STEERING.fingerprint());
    }
}
