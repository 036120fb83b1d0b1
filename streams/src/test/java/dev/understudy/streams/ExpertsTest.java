package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.RolloutStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Serving observes by the experts that its model was learned from, whoever they are. */
class ExpertsTest {
    private static final long START_MS = 1_600_000_000_000L;
    private static final CarFollowingPolicy SPEC = new CarFollowingPolicy();

    /** A drive in which a person and the car's assistance take turns, and keep other gaps. */
    private static List<FollowingSample> drive() {
        List<FollowingSample> drive = new ArrayList<>();
        for (int i = 0; i < 900; i++) {
            boolean isHuman = i / 150 % 2 == 0;
            double swing = Math.sin(i / 40.0);
            double gap = (isHuman ? 22 : 34) + swing;
            double sinceTurn = i % 150 / 10.0;
            double settled = gap + (isHuman ? 12 : -12) * Math.exp(-sinceTurn);
            Actor actor = isHuman ? Actor.HUMAN : Actor.ASSISTANCE;
            drive.add(new FollowingSample(
                    "car", "trip", i, START_MS + 100L * i, actor, "", 15 + swing / 4, settled, 15 + swing / 4));
        }
        return drive;
    }

    private static List<Step> steps(List<FollowingSample> samples, Set<Actor> experts) {
        List<Step> steps = new ArrayList<>();
        Assembler<FollowingSample> assembler = CarFollowing.assembler(experts);
        Assembler.Output<FollowingSample> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(FollowingSample sample, Refusal reason) {}
        };
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
        return steps;
    }

    private static ModelFile learned(List<Step> steps, Set<Actor> experts) {
        try (Learner learner = SPEC.learner(Algorithms.CLONING, 1)) {
            LearnerState state = learner.initialState(1);
            try (Update update = learner.begin(state, Steps.trajectories(steps, SPEC.stepMs()), List.of(), 1)) {
                while (update.step()) {}
                ModelFile file = TestModels.of(learner.export(update.state()));
                return ModelFile.create(
                        file.bytes(),
                        file.metadata().withExtra(new TreeMap<>(Map.of(Experts.KEY, Experts.text(experts)))));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUMAN,ASSISTANCE", "HUMAN", "ASSISTANCE"})
    void servingSeesWhatItsModelLearnedFrom(String text, @TempDir Path folder) {
        Set<Actor> experts = Experts.parse(text);
        List<FollowingSample> drive = drive();
        List<Step> steps = steps(drive, experts);
        List<RolloutStep> rollouts = ServedDrive.rollouts(folder, learned(steps, experts), drive);

        Map<Long, float[]> seen = new HashMap<>();
        rollouts.forEach(rollout -> seen.put(rollout.sequence(), rollout.observation()));
        assertThat(steps).hasSizeGreaterThan(200).allSatisfy(step -> assertThat(seen.get(step.sequence()))
                .as("step %d", step.sequence())
                .isEqualTo(step.observation().floats()));
        List<Step> otherwise = steps(drive, experts.size() == 2 ? EnumSet.of(Actor.HUMAN) : Experts.DEFAULT);
        assertThat(otherwise).as("another choice observes other things").anySatisfy(step -> assertThat(
                        seen.get(step.sequence()))
                .isNotNull()
                .isNotEqualTo(step.observation().floats()));
    }
}
