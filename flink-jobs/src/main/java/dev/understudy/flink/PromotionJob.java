package dev.understudy.flink;

import dev.understudy.domain.Step;
import dev.understudy.flink.assemble.AssembleEntity;
import dev.understudy.flink.gate.Gate;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.kafka.KafkaModelHistory;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.models.RouteModelEvents;
import dev.understudy.flink.publish.Outgoing;
import dev.understudy.flink.publish.PublishVerdict;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** The gate between candidates and service, which alone writes promotions. */
public final class PromotionJob {
    private static final String STAGE = Gate.STAGE;

    private PromotionJob() {}

    /** Builds the job. The caller executes the environment. */
    public static void build(StreamExecutionEnvironment env, PromotionJobConfig config) {
        JobRuntime runtime = config.runtime();
        runtime.configure(env);
        DataStream<LogRecord> logs = KafkaConnectors.logs(
                env, runtime, config.gate().policies().domain(), config.reading(), STAGE, KafkaConnectors.Also.NOTHING);
        SingleOutputStreamOperator<ModelEvent> models = KafkaConnectors.models(
                        env, runtime, STAGE, Topics.CANDIDATES, Topics.ARTIFACTS, Topics.PROMOTIONS)
                .process(new RouteModelEvents(config.gate().policies()))
                .returns(ModelEvent.CODEC.typeInformation())
                .name("route models")
                .uid("route-models");
        TypeInformation<Outgoing> outgoing = Outgoing.CODEC.typeInformation();
        SingleOutputStreamOperator<Promotion> judged = verdicts(logs, models, config, new KafkaModelHistory(runtime));
        DataStream<Outgoing> verdicts = judged.flatMap(new PublishVerdict())
                .returns(outgoing)
                .name("publish")
                .uid("publish");
        DataStream<Outgoing> dead = models.getSideOutput(RouteModelEvents.DEAD_LETTERS)
                .union(judged.getSideOutput(Gate.DEAD_LETTERS))
                .map(Outgoing::of)
                .returns(outgoing)
                .name("dead letters")
                .uid("dead-letters");
        KafkaConnectors.send(verdicts.union(dead), runtime);
    }

    /**
     * Builds everything between the sources and the sinks. Logs that cannot be used are left out here: the learning job
     * has made dead letters of them.
     */
    static SingleOutputStreamOperator<Promotion> verdicts(
            DataStream<LogRecord> logs,
            DataStream<ModelEvent> models,
            PromotionJobConfig config,
            ModelHistory history) {
        DataStream<Step> steps = logs.filter(LogRecord::isUsable)
                .name("usable logs")
                .setParallelism(1) // up to here the order is that of the one time
                .uid("usable-logs")
                .keyBy(LogRecord::entity, Types.STRING)
                .process(
                        new AssembleEntity<>(config.gate().policies(), config.reading(), AssembleEntity.Share.HELD_OUT))
                .returns(Codecs.STEP.typeInformation())
                .name("assemble")
                .uid("assemble-2");
        return models.keyBy(ModelEvent::policy, Types.STRING)
                .connect(steps.keyBy(Step::policy, Types.STRING))
                .process(new Gate(config.gate(), config.reading(), history))
                .returns(Codecs.PROMOTION.typeInformation())
                .name("gate")
                .uid("gate");
    }
}
