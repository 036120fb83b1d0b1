package dev.understudy.toy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Reservoir;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.evaluate.Evidence;
import dev.understudy.evaluate.Verdict;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.model.TrainedFigures;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** From readings to a model in service without leaving bytes: what the pipeline asks of a domain, in one place. */
class ToyDomainTest {
    private static final LampPolicy SPEC = new LampPolicy();

    private final List<String> refused = new ArrayList<>();

    /** Returns readings of somebody who presses the button beneath the brightest pair of lamps. */
    private static List<Reading> readings(int episodes, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<Reading> readings = new ArrayList<>();
        for (int episode = 0; episode < episodes; episode++) {
            for (int i = 0; i < 40; i++) {
                byte[] lamps = new byte[LampPolicy.LAMPS];
                int button = random.nextInt(3);
                for (int lamp = 0; lamp < lamps.length; lamp++) {
                    lamps[lamp] = (byte) (random.nextInt(100) + (lamp / 2 == button ? 140 : 0));
                }
                readings.add(new Reading(
                        "desk", "day " + episode, i, 100L * i + 10_000L * episode, Actor.HUMAN, "", lamps, button));
            }
        }
        return readings;
    }

    private List<Step> steps(List<Reading> readings) {
        List<Step> steps = new ArrayList<>();
        Assembler.Output<Reading> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(Reading reading, Refusal reason) {
                refused.add(reason.name());
            }
        };
        Assembler<Reading> assembler = new Assembler<>(SPEC, Experts.DEFAULT);
        readings.forEach(reading -> assembler.offer(reading, out));
        assembler.end(out);
        return steps;
    }

    private static ModelFile learned(List<Trajectory> demonstrations, List<Trajectory> replay) {
        try (Learner learner = SPEC.learner(Algorithms.CLONING, 0);
                Update update = learner.begin(learner.initialState(1), demonstrations, replay, 1)) {
            while (update.step()) {}
            Rows golden = TrainedFigures.goldenObservations(demonstrations);
            return ModelFile.createGolden(
                    learner.export(update.state()),
                    new ModelMetadata(
                            SPEC.name(),
                            "",
                            0,
                            1,
                            List.of(),
                            1,
                            SPEC.fingerprint(),
                            "{}",
                            golden,
                            new Matrix(golden.rows(), 1, new float[golden.rows()]),
                            "test",
                            "none",
                            new TreeMap<>()));
        }
    }

    private static IntakeOutcome taken(IntakeCheck check, ModelFile file) {
        return check.check(file.bytes(), file.sha256());
    }

    @Test
    void bytesStayBytesFromTheReadingToTheModel() {
        List<Trajectory> seen = Steps.trajectories(steps(readings(20, 1)), SPEC.stepMs());
        Reservoir reservoir = new Reservoir(8, 20, 0, 1);
        seen.forEach(reservoir::offer);
        Reservoir kept = Reservoir.fromBytes(reservoir.toBytes());
        assertThat(kept.trajectories()).isEqualTo(reservoir.trajectories()).isNotEmpty();
        assertThat(kept.trajectories()).allMatch(piece -> piece.observations() instanceof ByteRows);

        ModelFile file = ModelFile.read(learned(seen, kept.trajectories()).bytes());
        assertThat(file.metadata().goldenObservations()).isInstanceOf(ByteRows.class);
        IntakeOutcome outcome = taken(SPEC.intakeCheck(IntakeLimits.defaults()), file);
        assertThat(outcome).isInstanceOf(IntakeOutcome.Accepted.class);

        List<Step> unseen = steps(readings(8, 2));
        try (ServedPolicy policy = ((IntakeOutcome.Accepted) outcome).policy()) {
            float[] pressed = new float[unseen.size()];
            Rows observations = SPEC.observationType().room(unseen.size(), LampPolicy.LAMPS);
            for (int i = 0; i < unseen.size(); i++) {
                unseen.get(i).observation().copy(0, 1, observations, i);
            }
            policy.act(observations, unseen.size(), pressed);
            int right = 0;
            for (int i = 0; i < pressed.length; i++) {
                right += pressed[i] == unseen.get(i).action()[0] ? 1 : 0;
            }
            assertThat(right).as("right of %d", pressed.length).isGreaterThan(pressed.length * 95 / 100);
            Examination examination = SPEC.examination(unseen, 1);
            Evidence evidence = new Evidence(
                    examination.scores(policy),
                    null,
                    null,
                    examination.baseline(file.metadata().extra()),
                    Evidence.Likelihood.DECIDES,
                    null);
            Verdict verdict = SPEC.rule().judge(evidence, ErrorBudget.full());
            assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
            assertThatThrownBy(() -> policy.act(new float[LampPolicy.LAMPS], 1, new float[1]))
                    .hasMessageContaining("expected rows of UINT8, got FLOAT32");
        }
    }

    @Test
    void aModelOfFloatsIsNotTakenForOneOfBytes() {
        ModelFile file = learned(Steps.trajectories(steps(readings(2, 1)), SPEC.stepMs()), List.of());
        IntakeCheck ofFloats = new IntakeCheck(
                SPEC.name(),
                SPEC.fingerprint(),
                Rows.Type.FLOAT32,
                LampPolicy.LAMPS,
                SPEC.actions(),
                IntakeLimits.defaults());
        assertThat(taken(ofFloats, file))
                .isInstanceOfSatisfying(IntakeOutcome.Rejected.class, rejected -> assertThat(rejected.reason())
                        .contains("expected observation to be FLOAT [batch, 6], got UINT8"));
    }

    @Test
    void aReadingOfAnotherSizeIsRefusedByName() {
        List<Reading> readings = readings(1, 1);
        Reading odd = readings.get(3);
        readings.set(
                3, new Reading(odd.entity(), odd.episode(), 3, odd.timeMs(), odd.actor(), odd.label(), new byte[7], 1));
        assertThat(steps(readings)).hasSize(39);
        assertThat(refused).containsExactly("WRONG_SIZE");
    }

    @Test
    void demonstrationsOfFloatsAreNotLearnedByAPolicyOfBytes() {
        Trajectory floats =
                new Trajectory("day", "desk", 0, 0, new Matrix(1, 6, new float[6]), new Matrix(1, 1, new float[1]));
        try (Learner learner = SPEC.learner(Algorithms.CLONING, 0)) {
            assertThatThrownBy(() -> learner.begin(learner.initialState(1), List.of(floats), List.of(), 1))
                    .hasMessageContaining("expected observations of 6 UINT8 and actions of 1, got 6 FLOAT32 and 1");
        }
    }
}
