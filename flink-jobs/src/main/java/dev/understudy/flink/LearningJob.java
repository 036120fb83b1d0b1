package dev.understudy.flink;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Step;
import dev.understudy.flink.assemble.AssembleEntity;
import dev.understudy.flink.count.SumTallies;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.count.Totals;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.kafka.KafkaModelHistory;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.logs.RouteLogs;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.RouteModelEvents;
import dev.understudy.flink.publish.Outgoing;
import dev.understudy.flink.publish.PublishTrained;
import dev.understudy.flink.rollouts.AttachRollouts;
import dev.understudy.flink.rollouts.RecordedStep;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainedWindow;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.train.TrainingOperator;
import dev.understudy.flink.window.CollectWindow;
import dev.understudy.flink.window.StepWindows;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * Retrains policies on event-time windows of logs and publishes candidates. Where there are several learners, the same
 * windows feed each of them:
 *
 * <pre>
 *                      ┌─► train       ─┐
 * logs ─► steps ─► windows              ├─► publish
 *                      └─► train-gail  ─┘
 * </pre>
 *
 * <p>Where a learner learns from rollouts, they are read beside the logs and attached to the windows.
 *
 * <p>Publishing is idempotent, not transactional: after a restart the same candidate may be sent again, with the same
 * id and a model file of the same hash and the same bytes. What the candidate says of the run itself differs then: how
 * long training took and when it was made.
 */
public final class LearningJob {
    private static final String STAGE = "learning";

    private LearningJob() {}

    /** What flows out of the job, before Kafka. */
    record Flows(
            DataStream<TrainedWindow> trained, DataStream<DeadLetter> deadLetters, DataStream<TrainingRecord> totals) {}

    /** Builds the job with behavioural cloning as its learner. */
    public static void build(StreamExecutionEnvironment env, LearningJobConfig config) {
        build(
                env,
                config,
                LearningBranch.of(Algorithms.CLONING, config.training().policies(), 0, 0));
    }

    /**
     * Builds the job. The caller executes the environment.
     *
     * @param branches the learners, each of another algorithm; the first keeps the account of the steps, so one that
     *     was first in an earlier run should stay so
     */
    public static void build(StreamExecutionEnvironment env, LearningJobConfig config, List<LearningBranch> branches) {
        JobRuntime runtime = config.runtime();
        runtime.configure(env);
        DataStream<LogRecord> logs = KafkaConnectors.logs(
                env,
                runtime,
                config.training().policies().domain(),
                config.reading(),
                STAGE,
                readsRollouts(branches) ? KafkaConnectors.Also.ROLLOUTS : KafkaConnectors.Also.NOTHING);
        DataStream<ModelEvent> models =
                KafkaConnectors.models(env, runtime, STAGE, Topics.PROMOTIONS, Topics.ARTIFACTS);
        SingleOutputStreamOperator<ModelEvent> known = models.process(
                        new RouteModelEvents(config.training().policies()))
                .returns(ModelEvent.CODEC.typeInformation())
                .name("route models")
                .uid("route-models");
        Flows flows = flows(logs, known, config, branches);
        TypeInformation<Outgoing> outgoing = Outgoing.CODEC.typeInformation();
        DataStream<Outgoing> trained = flows.trained()
                .flatMap(new PublishTrained())
                .returns(outgoing)
                .name("publish")
                .uid("publish");
        DataStream<Outgoing> dead = flows.deadLetters()
                .union(known.getSideOutput(RouteModelEvents.DEAD_LETTERS))
                .map(Outgoing::of)
                .returns(outgoing)
                .name("dead letters")
                .uid("dead-letters");
        DataStream<Outgoing> totals = flows.totals()
                .map(Outgoing::of)
                .returns(outgoing)
                .name("reports")
                .uid("reports");
        KafkaConnectors.send(trained.union(dead, totals), runtime);
    }

    /** Builds everything between the sources and the sinks. */
    static Flows flows(
            DataStream<LogRecord> logs,
            DataStream<ModelEvent> models,
            LearningJobConfig config,
            List<LearningBranch> branches) {
        TrainingConfig training = config.training();
        LogReading reading = config.reading();
        SingleOutputStreamOperator<LogRecord> usable = logs.process(
                        new RouteLogs(training.policies().account()))
                .returns(LogRecord.CODEC.typeInformation())
                .name("route logs")
                .setParallelism(1) // up to here the order is that of the one time
                .uid("route-logs");
        SingleOutputStreamOperator<Step> steps = usable.keyBy(LogRecord::entity, Types.STRING)
                .process(new AssembleEntity<>(
                        training.policies(), reading, AssembleEntity.Share.TRAINING, unlabelled(branches)))
                .returns(Codecs.STEP.typeInformation())
                .name("assemble")
                .uid("assemble-2");
        SingleOutputStreamOperator<WindowBatch> batches = batches(steps, training, reading);
        if (branches.isEmpty()) {
            throw new IllegalArgumentException("expected at least one learner, got none");
        }
        DataStream<Tally> reached = sum(usable.getSideOutput(RouteLogs.TALLIES), "ingested");
        if (readsRollouts(branches)) {
            batches = attach(batches, usable.getSideOutput(RouteLogs.ROLLOUTS), config);
            reached = reached.union(sum(batches.getSideOutput(AttachRollouts.TALLIES), "rollouts"));
        }
        SingleOutputStreamOperator<TrainedWindow> first =
                train(batches, models, config, branches.get(0), TrainingOperator.Account.KEPT);
        DataStream<TrainedWindow> trained = first;
        DataStream<Tally> learned = first.getSideOutput(TrainingOperator.TALLIES);
        for (LearningBranch branch : branches.subList(1, branches.size())) {
            SingleOutputStreamOperator<TrainedWindow> other =
                    train(batches, models, config, branch, TrainingOperator.Account.LEFT_TO_ANOTHER);
            trained = trained.union(other);
            learned = learned.union(other.getSideOutput(TrainingOperator.TALLIES));
        }
        DataStream<TrainingRecord> totals = reached.union(
                        sum(steps.getSideOutput(AssembleEntity.TALLIES), "assembled"), learned)
                .keyBy(Tally::policy, Types.STRING)
                .process(new Totals())
                .returns(Codecs.TRAINING_RECORD.typeInformation())
                .name("totals")
                .uid("totals");
        return new Flows(trained, usable.getSideOutput(RouteLogs.DEAD_LETTERS), totals);
    }

    /** Steps without an action are for learners of observations, which learn alone. */
    private static Assembler.Unlabelled unlabelled(List<LearningBranch> branches) {
        return branches.stream().allMatch(LearningBranch::readsObservations)
                ? Assembler.Unlabelled.KEPT
                : Assembler.Unlabelled.LEFT_OUT;
    }

    private static boolean readsRollouts(List<LearningBranch> branches) {
        return branches.stream().anyMatch(LearningBranch::readsRollouts);
    }

    private static SingleOutputStreamOperator<WindowBatch> attach(
            DataStream<WindowBatch> batches, DataStream<RecordedStep> recorded, LearningJobConfig config) {
        Policies<?> policies = config.training().policies();
        return batches.keyBy(WindowBatch::policy, Types.STRING)
                .connect(recorded.filter(each -> policies.has(each.policy()))
                        .name("own rollouts")
                        .uid("own-rollouts")
                        .keyBy(RecordedStep::policy, Types.STRING))
                .process(
                        new AttachRollouts(policies, config.reading().inactivity()),
                        WindowBatch.CODEC.typeInformation())
                .name("attach rollouts")
                .uid("attach-rollouts");
    }

    /** Adds one learner. What other learners than these need beside windows would be connected here. */
    private static SingleOutputStreamOperator<TrainedWindow> train(
            DataStream<WindowBatch> batches,
            DataStream<ModelEvent> models,
            LearningJobConfig config,
            LearningBranch branch,
            TrainingOperator.Account account) {
        return batches.keyBy(WindowBatch::policy, Types.STRING)
                .connect(models.keyBy(ModelEvent::policy, Types.STRING))
                .transform(
                        branch.uid(),
                        TrainedWindow.CODEC.typeInformation(),
                        new TrainingOperator(
                                config.training(),
                                config.reading().experts(),
                                branch,
                                account,
                                new KafkaModelHistory(config.runtime())))
                .uid(branch.uid())
                .disableChaining();
    }

    /**
     * Cuts the steps into windows. Where windows overlap, a step is in several of them: the learner trains on it in
     * each, its scaler counts it in each, and the reservoir may keep it from each; in the totals it counts once. No
     * step comes late here: it goes into a window that has not fired.
     */
    public static SingleOutputStreamOperator<WindowBatch> batches(
            DataStream<Step> steps, TrainingConfig training, LogReading reading) {
        StepWindows windows = new StepWindows(training.window(), training.slide(), reading.inactivity());
        return steps.keyBy(Step::policy, Types.STRING)
                .window(windows)
                .allowedLateness(reading.inactivity())
                .process(
                        new CollectWindow(training.policies(), windows, training.slide()),
                        WindowBatch.CODEC.typeInformation())
                .name("window")
                .uid("window-2");
    }

    private static DataStream<Tally> sum(DataStream<Tally> tallies, String what) {
        return tallies.transform("sum " + what, Tally.CODEC.typeInformation(), new SumTallies())
                .uid("sum-" + what);
    }
}
