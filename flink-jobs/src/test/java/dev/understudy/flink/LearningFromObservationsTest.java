package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.Behaviour;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.RolloutCollector;
import dev.understudy.environment.Task;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Windows of logs of which some have no action, through the operator that learns. */
class LearningFromObservationsTest {
    private static final ControlPolicySpec SPEC = ControlPolicySpec.of("cartpole-v0");
    private static final Task TASK = Environments.named("cartpole-v0");
    private static final long START_MS = TestLogs.START_MS;
    private static final long WINDOW_MS = 60_000;

    /** An expert's episodes, in which nobody logged what was done. */
    private static List<ControlStep> demonstrations(int episodes) {
        return ControlLearningTest.samples(SPEC, false, episodes).stream()
                .map(step -> logged(step, null))
                .toList();
    }

    private static ControlStep logged(ControlStep step, float @Nullable [] action) {
        return new ControlStep(
                step.entity(),
                step.episode(),
                step.sequence(),
                step.timeMs(),
                step.actor(),
                step.label(),
                step.engaged(),
                step.observation(),
                action,
                step.reward(),
                step.end());
    }

    /** Somebody who tries everything and logs it. */
    private static List<ControlStep> interaction(int steps, long seed) {
        Environment environment = TASK.create(5, seed);
        List<ControlStep> samples = new ArrayList<>();
        new RolloutCollector(environment)
                .steps(environment.randomBehaviour(), steps, seed)
                .trajectories()
                .forEach(episode -> {
                    int begun = samples.size();
                    for (int i = 0; i < episode.steps(); i++) {
                        float[] seen = new float[4];
                        System.arraycopy(episode.observations().floats(), 4 * i, seen, 0, 4);
                        samples.add(new ControlStep(
                                "explorer",
                                "try-" + seed + "-" + begun,
                                i,
                                START_MS + 5L * samples.size(),
                                Actor.ASSISTANCE,
                                "",
                                false,
                                seen,
                                new float[] {episode.actions().at(i, 0)},
                                1,
                                ControlStep.End.NONE));
                    }
                });
        return samples;
    }

    @SafeVarargs
    private static WindowBatch window(int number, List<ControlStep>... logs) {
        List<Step> steps = new ArrayList<>();
        for (List<ControlStep> log : logs) {
            Assembler<ControlStep> assembler = new Assembler<>(SPEC, Experts.DEFAULT, Assembler.Unlabelled.KEPT);
            Assembler.Output<ControlStep> out = new Assembler.Output<>() {
                @Override
                public void step(Step step) {
                    steps.add(step);
                }

                @Override
                public void rejected(ControlStep sample, Refusal reason) {
                    throw new AssertionError(sample + " was rejected: " + reason.text());
                }
            };
            log.forEach(sample -> assembler.offer(sample, out));
        }
        return new WindowBatch(
                SPEC.name(),
                START_MS + number * WINDOW_MS,
                START_MS + (number + 1) * WINDOW_MS,
                7,
                START_MS + number * WINDOW_MS,
                steps.size(),
                Steps.trajectories(steps, SPEC.stepMs()),
                List.of("control.logs.v1-0@0-1800"));
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness(
            int steps, Duration slice) throws Exception {
        LearningBranch branch =
                LearningBranch.of(Algorithms.BCO, Policies.one(SPEC), steps, 0).get(0);
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(
                        TrainingConfig.defaults(Policies.one(SPEC)).withSlice(slice),
                        Experts.DEFAULT,
                        branch,
                        TrainingOperator.Account.KEPT,
                        TestHistory.NONE),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING);
        harness.setup(TrainedWindow.CODEC.serializer());
        return harness;
    }

    /** Returns what became of steps, by name, without the queue. */
    private static List<String> tallies(
            KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> h) {
        var found = h.getSideOutput(TrainingOperator.TALLIES);
        return found == null
                ? List.of()
                : found.stream()
                        .map(record -> record.getValue().name())
                        .filter(name -> !name.startsWith(Tally.QUEUED))
                        .toList();
    }

    private static double meanReturn(byte[] model) {
        try (LoadedPolicy policy = LoadedPolicy.load(ModelFile.read(model), 4, 1)) {
            return new RolloutCollector(TASK.create(20, 0))
                    .episodes(Behaviour.modeOf(policy), 20, 3)
                    .meanReturn();
        }
    }

    @Test
    void holdsThePolicyUntilAnActionIsSeenAndThenImitatesWhatWasThereBefore() throws Exception {
        try (var h = harness(0, Duration.ofSeconds(60))) {
            h.open();
            h.processElement1(new StreamRecord<>(window(0, demonstrations(5))));
            for (int i = 1; tallies(h).isEmpty(); i++) {
                h.setProcessingTime(i);
            }
            assertThat(tallies(h)).containsExactly("rejected.HELD");
            assertThat(h.extractOutputValues()).isEmpty();

            h.processElement1(new StreamRecord<>(window(1, interaction(2000, 1))));
            while (h.extractOutputValues().isEmpty()) {
                h.setProcessingTime(h.getProcessingTime() + 1);
            }
            TrainedWindow trained = h.extractOutputValues().get(0);
            assertThat(trained.candidate().algorithm()).isEqualTo(Algorithms.BCO);
            assertThat(trained.candidate().figures()).containsEntry("refitted", 1.0);
            assertThat(trained.prequential()).isEmpty();
            assertThat(meanReturn(trained.model())).isGreaterThan(150);
            assertThat(tallies(h)).containsExactly("rejected.HELD", Tally.TRAINED);
        }
    }

    @Test
    void killedAnywhereAndRestoredItGivesTheSameBytes() throws Exception {
        WindowBatch held = window(0, demonstrations(2));
        WindowBatch learned = window(1, interaction(400, 1), demonstrations(2));
        byte[] whole;
        int slices = 0;
        try (var h = harness(60, Duration.ofNanos(1))) {
            h.open();
            h.processElement1(new StreamRecord<>(held));
            h.processElement1(new StreamRecord<>(learned));
            while (h.extractOutputValues().isEmpty()) {
                h.setProcessingTime(h.getProcessingTime() + 1);
                slices++;
            }
            whole = h.extractOutputValues().get(0).model();
        }
        for (int stop : new int[] {1, slices / 3, 2 * slices / 3, slices - 2}) {
            OperatorSubtaskState middle;
            try (var h = harness(60, Duration.ofNanos(1))) {
                h.open();
                h.processElement1(new StreamRecord<>(held));
                h.processElement1(new StreamRecord<>(learned));
                for (int i = 0; i < stop; i++) {
                    h.setProcessingTime(h.getProcessingTime() + 1);
                }
                assertThat(h.extractOutputValues()).isEmpty();
                middle = h.snapshot(2, 2);
            }
            try (var h = harness(60, Duration.ofNanos(1))) {
                h.initializeState(middle);
                h.setProcessingTime(100_000);
                h.open();
                while (h.extractOutputValues().isEmpty()) {
                    h.setProcessingTime(h.getProcessingTime() + 1);
                }
                assertThat(h.extractOutputValues().get(0).model())
                        .as("stopped after %d of %d slices", stop, slices)
                        .isEqualTo(whole);
            }
        }
    }
}
