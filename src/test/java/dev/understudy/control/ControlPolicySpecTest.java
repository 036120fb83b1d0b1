package dev.understudy.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.evaluate.Evidence;
import dev.understudy.evaluate.Scores;
import dev.understudy.evaluate.Verdict;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.model.TrainedFigures;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ControlPolicySpecTest {
    private static PolicySpec<ControlStep> named(String name) {
        return ControlPolicySpec.builtIn().stream()
                .filter(spec -> spec.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** An expert that acts by the sign of the last number it observes. */
    private static List<ControlStep> episodes(PolicySpec<ControlStep> spec, int count, int length) {
        SplittableRandom random = new SplittableRandom(3);
        List<ControlStep> steps = new ArrayList<>();
        for (int episode = 0; episode < count; episode++) {
            for (int i = 0; i < length; i++) {
                float[] observation = new float[spec.observationSize()];
                for (int j = 0; j < observation.length; j++) {
                    observation[j] = random.nextFloat() - 0.5f;
                }
                float sign = observation[observation.length - 1] > 0 ? 1 : 0;
                steps.add(new ControlStep(
                        "robot",
                        "episode" + episode,
                        i,
                        1_000_000L * episode + 7L * i,
                        Actor.HUMAN,
                        "",
                        false,
                        observation,
                        new float[] {sign},
                        1,
                        ControlStep.End.NONE));
            }
        }
        return steps;
    }

    private static List<Step> assembled(PolicySpec<ControlStep> spec, List<ControlStep> samples) {
        return assembled(spec, Experts.DEFAULT, samples);
    }

    private static List<Step> assembled(PolicySpec<ControlStep> spec, Set<Actor> experts, List<ControlStep> samples) {
        List<Step> steps = new ArrayList<>();
        Assembler<ControlStep> assembler = new Assembler<>(spec, experts);
        Assembler.Output<ControlStep> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(ControlStep sample, Refusal reason) {}
        };
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
        return steps;
    }

    private static byte[] model(PolicySpec<ControlStep> spec, List<Trajectory> trajectories, int steps) {
        try (Learner learner = spec.learner("bc", steps)) {
            Update update = learner.begin(learner.initialState(1), trajectories, List.of(), 1);
            while (update.step()) {}
            Rows golden = TrainedFigures.goldenObservations(trajectories);
            int k = spec.actionSize();
            return ModelFile.createGolden(
                            learner.export(update.state()),
                            new ModelMetadata(
                                    spec.name(),
                                    "",
                                    0,
                                    1,
                                    List.of(),
                                    1,
                                    spec.fingerprint(),
                                    "{}",
                                    golden,
                                    new Matrix(golden.rows(), k, new float[golden.rows() * k]),
                                    "test",
                                    "none",
                                    new TreeMap<>()))
                    .bytes();
        }
    }

    private static ServedPolicy accepted(PolicySpec<ControlStep> spec, byte[] model) {
        return spec.intakeCheck(IntakeLimits.defaults())
                .check(model, ModelFile.sha256(model))
                .fold(IntakeOutcome.Accepted::policy, rejected -> {
                    throw new AssertionError(rejected.reason());
                });
    }

    /** Whoever counts among the experts: what a policy did itself is never learned. */
    @Test
    void ofAnEpisodeWithTakeoversEachTakeoverIsATrajectory() {
        PolicySpec<ControlStep> spec = named("control/cartpole-v1");
        List<ControlStep> episode = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            boolean isTaken = (i >= 10 && i < 15) || i >= 27;
            episode.add(new ControlStep(
                    "robot",
                    "episode",
                    i,
                    20L * i,
                    isTaken ? Actor.HUMAN : Actor.POLICY,
                    "",
                    isTaken,
                    new float[] {i, 0, 0, 0},
                    new float[] {isTaken ? 1 : 0},
                    1,
                    ControlStep.End.NONE));
        }
        for (Set<Actor> experts : List.of(Experts.DEFAULT, EnumSet.allOf(Actor.class))) {
            List<Trajectory> learned = Steps.trajectories(assembled(spec, experts, episode), spec.stepMs());
            assertThat(learned).extracting(Trajectory::steps).containsExactly(5, 3);
            assertThat(learned.get(1).observations().at(0, 0)).isEqualTo(27);
            assertThat(learned.get(1).actions().values()).containsOnly(1);
        }
    }

    @Test
    void everyBuiltInEnvironmentIsAPolicyOnce() {
        assertThat(ControlPolicySpec.builtIn())
                .extracting(ControlPolicySpec::name)
                .contains(
                        "control/cartpole-v0",
                        "control/cartpole-v1",
                        "control/mountaincar-v0",
                        "control/acrobot-v1",
                        "control/pendulum-v1")
                .doesNotHaveDuplicates()
                .noneMatch(name -> name.endsWith("-fixed"));
        assertThatThrownBy(() -> named("control/cartpole-v0").learner("magic", 0))
                .hasMessageContaining(
                        "expected one of the algorithms [bc, gail, bco, gaifo, airl] of control/cartpole-v0, got magic");
    }

    @Test
    void stepsAreJoinedByTheirNumbersAlone() {
        PolicySpec<ControlStep> spec = named("control/cartpole-v0");
        List<ControlStep> samples = episodes(spec, 2, 10);
        samples.remove(4);
        assertThat(Steps.trajectories(assembled(spec, samples), spec.stepMs()))
                .extracting(Trajectory::steps)
                .containsExactly(4, 5, 10);
    }

    @Test
    void aChoiceIsLearnedPassesTheIntakeAndIsJudged() {
        PolicySpec<ControlStep> spec = named("control/cartpole-v0");
        assertThat(spec.actions()).isEqualTo(new ActionSpace.Discrete(2));
        List<Step> steps = assembled(spec, episodes(spec, 12, 60));
        List<Trajectory> trajectories = Steps.trajectories(steps, spec.stepMs());
        try (ServedPolicy good = accepted(spec, model(spec, trajectories, 300));
                ServedPolicy poor = accepted(spec, model(spec, trajectories, 2))) {
            Examination examination = spec.examination(steps, 8);
            Scores scores = examination.scores(good);
            Scores others = examination.scores(poor);
            Scores baseline = examination.baseline(Map.of());
            assertThat(baseline.negativeLogLikelihood()).isCloseTo(Math.log(2), within(1e-6));
            assertThat(scores.negativeLogLikelihood()).isLessThan(0.3);
            assertThat(scores.returns()).hasSize(8);
            assertThat(examination.scores(good)).isEqualTo(scores);

            ErrorBudget budget = ErrorBudget.full();
            assertThat(judged(spec, scores, null, baseline, budget)).satisfies(verdict -> {
                assertThat(verdict.promoted()).as(verdict.reason()).isTrue();
                assertThat(verdict.reason()).startsWith("first model: ");
            });
            assertThat(judged(spec, scores, scores, baseline, budget).reason())
                    .startsWith("not certainly better than the model in service");
            assertThat(judged(spec, others, scores, baseline, budget).reason())
                    .startsWith("worse than the model in service");
        }
    }

    private static Verdict judged(
            PolicySpec<?> spec, Scores candidate, @Nullable Scores incumbent, Scores baseline, ErrorBudget budget) {
        return spec.rule()
                .judge(new Evidence(candidate, incumbent, null, baseline, Evidence.Likelihood.DECIDES, null), budget);
    }

    @Test
    void numbersAreLearnedAndPassTheIntake() {
        PolicySpec<ControlStep> spec = named("control/pendulum-v1");
        List<Step> steps = assembled(spec, episodes(spec, 3, 40));
        try (ServedPolicy policy = accepted(spec, model(spec, Steps.trajectories(steps, 0), 50))) {
            Scores scores = spec.examination(steps, 4).scores(policy);
            assertThat(scores.negativeLogLikelihood()).isFinite();
            assertThat(scores.returns()).hasSize(4).allMatch(value -> value < 0);
        }
    }

    private static org.assertj.core.data.Offset<Double> within(double offset) {
        return org.assertj.core.data.Offset.offset(offset);
    }
}
