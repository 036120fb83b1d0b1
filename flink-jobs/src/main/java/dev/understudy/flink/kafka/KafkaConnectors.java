package dev.understudy.flink.kafka;

import dev.understudy.domain.Domain;
import dev.understudy.flink.logs.DecodeLogs;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.DecodeModelEvents;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.order.KafkaPartitionEnds;
import dev.understudy.flink.order.OrderLogs;
import dev.understudy.flink.order.PartitionEnds;
import dev.understudy.flink.publish.Outgoing;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RecordSigner;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Where the jobs meet Kafka. */
public final class KafkaConnectors {
    /** What is read beside the logs of a domain. */
    public enum Also {
        NOTHING,
        /** What policies did: they take their turn among the logs. */
        ROLLOUTS
    }

    private KafkaConnectors() {}

    /**
     * Returns the decoded logs of all partitions in one order, with their watermark: from where the checkpoint stands,
     * without one from the earliest on. What the consumer group committed only shows progress: state that does not go
     * with it is lost, and with it the records behind it.
     */
    public static DataStream<LogRecord> logs(
            StreamExecutionEnvironment env,
            JobRuntime runtime,
            Domain<?> domain,
            LogReading reading,
            String stage,
            Also also) {
        Properties properties = consumer(runtime);
        DomainTopics of = DomainTopics.of(domain);
        List<String> topics = also == Also.ROLLOUTS ? List.of(of.logs(), of.rollouts()) : List.of(of.logs());
        KafkaSource<LogRecord> source = KafkaSource.<LogRecord>builder()
                .setBootstrapServers(runtime.bootstrapServers())
                .setGroupId(runtime.groupId())
                .setTopics(topics)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new DecodeLogs<>(domain, stage, reading.futureTolerance(), Instant::now))
                .setProperties(properties)
                .build();
        properties.setProperty(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, runtime.bootstrapServers());
        properties.setProperty(ConsumerConfig.GROUP_ID_CONFIG, runtime.groupId());
        return ordered(
                env.fromSource(source, WatermarkStrategy.noWatermarks(), "logs").uid("logs"),
                runtime,
                reading,
                isContinued -> new KafkaPartitionEnds(topics, properties, isContinued, Instant::now));
    }

    /** Brings logs into their order. */
    public static DataStream<LogRecord> ordered(
            DataStream<LogRecord> logs, JobRuntime runtime, LogReading reading, PartitionEnds.Opener ends) {
        return logs.transform(
                        "order logs",
                        LogRecord.CODEC.typeInformation(),
                        new OrderLogs(reading, runtime.watermarkInterval(), ends))
                .setParallelism(1)
                .setMaxParallelism(1)
                .uid("order-logs-2");
    }

    /** Returns what happens to models, from the beginning of these topics on; it holds up no watermark. */
    public static DataStream<ModelEvent> models(
            StreamExecutionEnvironment env, JobRuntime runtime, String stage, String... topics) {
        KafkaSource<ModelEvent> source = KafkaSource.<ModelEvent>builder()
                .setBootstrapServers(runtime.bootstrapServers())
                .setGroupId(runtime.groupId() + "-models")
                .setTopics(topics)
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setDeserializer(new DecodeModelEvents(stage, runtime.signing().trust()))
                .setProperties(consumer(runtime))
                .build();
        return env.fromSource(source, WatermarkStrategy.forGenerator(context -> new NoWait<>()), "models")
                .uid("models");
    }

    private static Properties consumer(JobRuntime runtime) {
        Properties properties = new Properties();
        properties.putAll(runtime.kafkaProperties());
        properties.setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        properties.setProperty("partition.discovery.interval.ms", "10000");
        return properties;
    }

    /** Sends records on, signed where they are signed, each at least once and without waiting for a checkpoint. */
    public static void send(DataStream<Outgoing> records, JobRuntime runtime) {
        Properties properties = new Properties();
        properties.putAll(runtime.kafkaProperties());
        properties.setProperty(ProducerConfig.LINGER_MS_CONFIG, "0");
        properties.setProperty(ProducerConfig.ACKS_CONFIG, "all");
        // Room for a dead letter with the start of a large key and a large value.
        properties.setProperty(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(2 << 20));
        records.sinkTo(KafkaSink.<Outgoing>builder()
                        .setBootstrapServers(runtime.bootstrapServers())
                        .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
                        .setKafkaProducerConfig(properties)
                        .setRecordSerializer(
                                new ToProducerRecord(runtime.signing().signer()))
                        .build())
                .name("kafka")
                .uid("kafka");
    }

    private static final class ToProducerRecord implements KafkaRecordSerializationSchema<Outgoing> {
        private static final long serialVersionUID = 1L;

        private final RecordSigner signer;

        ToProducerRecord(RecordSigner signer) {
            this.signer = signer;
        }

        @Override
        public ProducerRecord<byte[], byte[]> serialize(Outgoing record, KafkaSinkContext context, Long timestamp) {
            return new ProducerRecord<>(
                    record.topic(),
                    null,
                    record.key(),
                    record.value(),
                    signer.headers(record.topic(), record.key(), record.value()));
        }
    }

    /**
     * The watermark of a stream that has no event time: none, and the stream always counts as idle. A watermark at the
     * end of time would hold up nobody either, but would be the only one left, and so the time, once the logs are idle.
     */
    public static final class NoWait<T> implements WatermarkGenerator<T> {
        @Override
        public void onEvent(T event, long timeMs, WatermarkOutput output) {}

        @Override
        public void onPeriodicEmit(WatermarkOutput output) {
            output.markIdle();
        }
    }
}
