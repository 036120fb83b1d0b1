package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Policies;
import dev.understudy.domain.SampleCodec;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailFromRollouts;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.policy.StochasticPolicy;
import dev.understudy.reward.RewardForm;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CartPole through the whole job, GAIL learning from what its first model did. */
class LearningFromRolloutsTest {
    private static final ControlPolicySpec SPEC = ControlPolicySpec.of("cartpole-v0");
    private static final LogReading READING = LogReading.defaults();
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final long START_MS = TestLogs.START_MS;
    private static final int ROLLOUTS = 400;
    private static final LearningBranch BRANCH = new LearningBranch(Algorithms.GAIL, any -> learner(), true);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static GailFromRollouts learner() {
        StochasticPolicy policy = ControlPolicySpec.network(SPEC.observationSize(), SPEC.actions());
        return new GailFromRollouts(
                policy,
                SPEC.actions(),
                new BehaviouralCloning(
                        policy, BehaviouralCloningConfig.classicControl().withSteps(30)),
                GailConfig.defaults(RewardForm.LOG_ODDS),
                OffPolicyConfig.defaults(2, 200));
    }

    /** Returns the demonstrations as records of the logs: twelve seconds of them. */
    private static List<LogRecord> logs() {
        SampleCodec<ControlStep> codec = SampleCodecs.of(ControlStep.class);
        List<LogRecord> logs = new ArrayList<>();
        for (ControlStep sample : ControlLearningTest.samples(SPEC, false, 12)) {
            logs.add(LogRecord.of(
                    sample, codec.encode(sample), 0, logs.size(), sample.timeMs() + TestLogs.SENT_AFTER_MS));
        }
        return logs;
    }

    /** Returns what a model does from a second into the second window on, 5 ms a step. */
    private static List<RolloutStep> rollouts(TrainedWindow trained) {
        List<RolloutStep> steps = new ArrayList<>();
        Environment cart = Environments.named(SPEC.environment()).create(1, 1);
        cart.reset(9);
        try (LoadedPolicy policy =
                LoadedPolicy.load(ModelFile.read(trained.model()), SPEC.observationSize(), SPEC.actionSize())) {
            for (int episode = 0; steps.size() < ROLLOUTS; episode++) {
                float[] observation = new float[SPEC.observationSize()];
                End[] ends = {End.RUNNING};
                cart.start(0, observation);
                for (long sequence = 0; ends[0] == End.RUNNING && steps.size() < ROLLOUTS; sequence++) {
                    float[] seen = observation.clone();
                    float[] action = new float[1];
                    double[] density = new double[1];
                    policy.act(seen, 1, action);
                    policy.logProbabilities(seen, action, 1, density);
                    cart.step(action, observation, new float[1], ends);
                    steps.add(new RolloutStep(
                            "served",
                            "episode-" + episode,
                            sequence,
                            START_MS + 6_000 + 5L * steps.size(),
                            SPEC.name(),
                            1,
                            policy.sha256(),
                            seen,
                            action,
                            Decision.Kind.POLICY,
                            density[0]));
                }
            }
        }
        return steps;
    }

    private static List<LogRecord> records(List<RolloutStep> rollouts) {
        List<LogRecord> records = new ArrayList<>();
        for (RolloutStep step : rollouts) {
            byte[] value = UnderstudySerdes.rollout().serializer().serialize("", step);
            records.add(LogRecord.of(step, value, 0, records.size(), step.eventTimeMs() + TestLogs.SENT_AFTER_MS));
        }
        return records;
    }

    private List<TrainedWindow> learned(List<LogRecord> asTheyAreRead) throws Exception {
        JobRuntime runtime = TestJobs.runtime(folder, Duration.ofMinutes(10), 1);
        Configuration configuration = runtime.configuration();
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        env.configure(configuration);
        DataStream<LogRecord> read =
                env.fromData(asTheyAreRead, LogRecord.CODEC.typeInformation()).uid("logs");
        DataStream<LogRecord> ordered =
                KafkaConnectors.ordered(read, runtime, READING, any -> TestJobs.moreToCome(0, -1));
        DataStream<ModelEvent> models = TestJobs.noModels(ordered);
        TrainingConfig training = TrainingConfig.defaults(Policies.one(SPEC)).withWindow(WINDOW);
        List<TrainedWindow> all = new ArrayList<>();
        try (CloseableIterator<TrainedWindow> results = LearningJob.flows(
                        ordered, models, new LearningJobConfig(runtime, READING, training), List.of(BRANCH))
                .trained()
                .executeAndCollect()) {
            results.forEachRemaining(all::add);
        }
        return all;
    }

    @Test
    void theSameModelsAreLearnedWhicheverTopicIsReadFirst() throws Exception {
        List<LogRecord> logs = logs();
        List<TrainedWindow> cloned = learned(logs);
        List<LogRecord> rollouts = records(rollouts(cloned.get(0)));
        List<LogRecord> logsFirst = new ArrayList<>(logs);
        logsFirst.addAll(rollouts);
        List<LogRecord> rolloutsFirst = new ArrayList<>(rollouts);
        rolloutsFirst.addAll(logs);

        List<TrainedWindow> one = learned(logsFirst);
        List<TrainedWindow> other = learned(rolloutsFirst);

        assertThat(one).hasSameSizeAs(cloned).hasSizeGreaterThan(1);
        assertThat(one.get(0).model()).isEqualTo(cloned.get(0).model());
        assertThat(one.get(1).candidate().figures())
                .containsEntry("rollouts", 1.0)
                .containsEntry("iterations", 2.0);
        assertThat(ModelFile.read(one.get(1).model()).metadata().sourceRanges())
                .contains("control.rollouts.v1-0@0-" + (ROLLOUTS - 1));
        assertThat(one.get(2).candidate().figures()).doesNotContainKey("rollouts");
        assertThat(hashes(other)).isEqualTo(hashes(one));
    }

    private static List<String> hashes(List<TrainedWindow> trained) {
        return trained.stream().map(each -> each.candidate().sha256()).toList();
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness()
            throws Exception {
        TrainingConfig training =
                TrainingConfig.defaults(Policies.one(SPEC)).withWindow(WINDOW).withSlice(Duration.ofNanos(1));
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(
                        training, Experts.DEFAULT, BRANCH, TrainingOperator.Account.KEPT, TestHistory.NONE),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING);
        harness.setup(TrainedWindow.CODEC.serializer());
        return harness;
    }

    private static WindowBatch second(WindowBatch first, List<RolloutStep> rollouts) {
        return new WindowBatch(
                        first.policy(),
                        first.endMs(),
                        first.endMs() + 60_000,
                        7,
                        first.endMs(),
                        first.freshSteps(),
                        first.trajectories(),
                        first.sourceRanges())
                .with(rollouts, List.of("control.rollouts.v1-0@0-399"));
    }

    /** Runs slices until as many models are there or as many slices are done, and returns how many were. */
    private static int run(
            KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> h,
            int models,
            int mostSlices)
            throws Exception {
        int slices = 0;
        while (h.extractOutputValues().size() < models && slices < mostSlices) {
            h.setProcessingTime(h.getProcessingTime() + 1);
            slices++;
        }
        return slices;
    }

    @Test
    void killedWhileItLearnsFromRolloutsAndRestoredItGivesTheSameBytes() throws Exception {
        WindowBatch first = new ControlLearningTest().batch();
        TrainedWindow cloned;
        TrainedWindow whole;
        WindowBatch second;
        OperatorSubtaskState between;
        int slices;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(first));
            run(h, 1, 10_000);
            cloned = h.extractOutputValues().get(0);
            between = h.snapshot(1, 1);
            second = second(first, rollouts(cloned));
            h.processElement1(new StreamRecord<>(second));
            slices = run(h, 2, 10_000);
            whole = h.extractOutputValues().get(1);
            assertThat(whole.candidate().figures()).containsEntry("iterations", 2.0);
        }
        for (int stop : new int[] {slices / 3, 2 * slices / 3, slices - 2}) {
            OperatorSubtaskState middle;
            try (var h = harness()) {
                h.initializeState(between);
                h.open();
                h.processElement1(new StreamRecord<>(second));
                assertThat(run(h, 1, stop)).isEqualTo(stop);
                middle = h.snapshot(2, 2);
            }
            try (var h = harness()) {
                h.initializeState(middle);
                h.setProcessingTime(100_000);
                h.open();
                run(h, 1, 10_000);
                assertThat(h.extractOutputValues().get(0).model())
                        .as("stopped after %d of %d slices", stop, slices)
                        .isEqualTo(whole.model());
            }
        }
    }
}
