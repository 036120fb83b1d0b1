package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.ModelFile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.storage.JobManagerCheckpointStorage;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations through the operators of the jobs, which know nothing of dialogue. */
class DialogueLearningTest {
    private static final List<PolicySpec<Turn>> SPECS =
            List.of(new ResponderSpec(), new RetrieverSpec(), new ActsSpec());
    private static final LogReading READING = LogReading.defaults();

    private static List<Turn> conversation(int number) {
        String topic = List.of("music", "films", "football").get(number % 3);
        List<String> texts =
                List.of("Do you like " + topic + "?", "I like " + topic + " very much.", "So do I.", "Good to hear!");
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            turns.add(new Turn(
                    "visitor " + number,
                    "conversation " + number,
                    i,
                    TestLogs.START_MS + 4_000L * number + 1_000L * i,
                    Actor.HUMAN,
                    "",
                    false,
                    i % 2 == 0 ? Role.USER : Role.ASSISTANT,
                    texts.get(i),
                    List.of("chat|" + (i < 2 ? "opinion" : "reaction") + "|" + topic),
                    i % 2));
        }
        return turns;
    }

    /** Returns conversations, a hundred a window. */
    private static WindowBatch batch(PolicySpec<Turn> spec, int window) {
        List<Step> steps = new ArrayList<>();
        Assembler.Output<Turn> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(Turn turn, Refusal reason) {
                assertThat(turn.role()).isEqualTo(Role.ASSISTANT);
            }
        };
        for (int i = 100 * window; i < 100 * (window + 1); i++) {
            Assembler<Turn> assembler = new Assembler<>(spec, READING.experts());
            conversation(i).forEach(turn -> assembler.offer(turn, out));
            assembler.end(out);
        }
        long startMs = TestLogs.START_MS + 400_000L * window;
        return new WindowBatch(
                spec.name(),
                startMs,
                startMs + 400_000,
                7,
                startMs,
                steps.size(),
                Steps.trajectories(steps, spec.stepMs()),
                List.of("dialogue.logs.v1-0@0-400"));
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness(
            PolicySpec<Turn> spec) throws Exception {
        LearningBranch branch = new LearningBranch(Algorithms.CLONING, any -> spec.learner(Algorithms.CLONING, 3));
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(
                        TrainingConfig.defaults(Catalogue.only(spec.name())).withSlice(Duration.ofNanos(1)),
                        READING.experts(),
                        branch,
                        TrainingOperator.Account.KEPT,
                        TestHistory.NONE),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING);
        harness.setup(TrainedWindow.CODEC.serializer());
        harness.setCheckpointStorage(new JobManagerCheckpointStorage(256 << 20));
        return harness;
    }

    static List<PolicySpec<Turn>> specs() {
        return SPECS;
    }

    @ParameterizedTest
    @MethodSource("specs")
    void windowsOfConversationsAreLearnedTheSameWhenKilledAndRestored(PolicySpec<Turn> spec) throws Exception {
        TrainedWindow first;
        TrainedWindow second;
        OperatorSubtaskState middle = null;
        try (var h = harness(spec)) {
            h.open();
            h.processElement1(new StreamRecord<>(batch(spec, 0)));
            h.processElement1(new StreamRecord<>(batch(spec, 1)));
            for (int i = 1; h.extractOutputValues().size() < 2; i++) {
                h.setProcessingTime(i);
                if (middle == null && h.extractOutputValues().size() == 1) {
                    h.setProcessingTime(++i);
                    middle = h.snapshot(1, 1);
                }
            }
            first = h.extractOutputValues().get(0);
            second = h.extractOutputValues().get(1);
        }
        assertThat(ModelFile.read(second.model()).metadata().parentSha256())
                .isEqualTo(first.candidate().sha256());
        assertThat(first.prequential()).isEmpty();
        assertThat(second.prequential().get("policy")).as("bits per byte").isBetween(0.0, 8.0);
        try (var h = harness(spec)) {
            h.initializeState(middle);
            h.open();
            for (int i = 100_000; h.extractOutputValues().isEmpty(); i++) {
                h.setProcessingTime(i);
            }
            assertThat(h.extractOutputValues().get(0).model()).isEqualTo(second.model());
        }
    }
}
