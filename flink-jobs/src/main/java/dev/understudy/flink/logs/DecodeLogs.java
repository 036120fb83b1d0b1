package dev.understudy.flink.logs;

import dev.understudy.domain.Domain;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.Serializable;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes records of a domain's logs and of its rollouts. What cannot be used becomes a dead letter with its bytes and
 * its coordinates; no record stops the job.
 *
 * <p>A record stamped in the future is one whose event time runs ahead of both the wall clock and the time Kafka has
 * for the record.
 */
public final class DecodeLogs<S extends Sample> implements KafkaRecordDeserializationSchema<LogRecord> {
    private static final long serialVersionUID = 1L;

    private final String stage;
    private final long futureToleranceMs;
    private final SerializableClock clock;
    private final Domain<S> domain;
    private transient @Nullable SampleCodec<S> codec;
    private transient @Nullable Deserializer<RolloutStep> rollouts;

    /** A clock that travels to the tasks. */
    public interface SerializableClock extends InstantSource, Serializable {}

    /**
     * Creates the decoder.
     *
     * @param domain whose records these are
     * @param stage which program reads, as the dead letters will say
     */
    public DecodeLogs(Domain<S> domain, String stage, Duration futureTolerance, SerializableClock clock) {
        this.domain = domain;
        this.stage = stage;
        this.futureToleranceMs = futureTolerance.toMillis();
        this.clock = clock;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<LogRecord> out) {
        out.collect(decode(record));
    }

    LogRecord decode(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        if (value == null) {
            return dead(record, "expected a sample, found a record without a value");
        }
        LogRecord log;
        try {
            log = DomainTopics.isRollouts(record.topic())
                    ? LogRecord.of(
                            rollouts().deserialize(record.topic(), value),
                            value,
                            record.partition(),
                            record.offset(),
                            record.timestamp())
                    : LogRecord.of(
                            codec().decode(value), value, record.partition(), record.offset(), record.timestamp());
        } catch (UndecodableException e) {
            return dead(record, String.valueOf(e.getMessage()));
        }
        String problem = problem(record, log);
        return problem == null ? log : dead(record, problem);
    }

    /** Returns what is wrong with a record that can be read; null if nothing is. */
    private @Nullable String problem(ConsumerRecord<byte[], byte[]> record, LogRecord log) {
        long knownMs = clock.millis();
        if (record.timestamp() >= 0) {
            knownMs = Math.min(knownMs, record.timestamp());
        }
        if (log.timeMs() - futureToleranceMs > knownMs) {
            return "expected an event time of at most %d ms (when it was written, and %d ms), found %d ms"
                    .formatted(knownMs + futureToleranceMs, futureToleranceMs, log.timeMs());
        }
        return null;
    }

    private LogRecord dead(ConsumerRecord<byte[], byte[]> record, String reason) {
        return LogRecord.dead(DeadLetters.of(stage, reason, record, clock.millis()), record.timestamp());
    }

    private SampleCodec<S> codec() {
        if (codec == null) {
            codec = SampleCodecs.of(domain.sampleType());
        }
        return codec;
    }

    private Deserializer<RolloutStep> rollouts() {
        if (rollouts == null) {
            rollouts = UnderstudySerdes.rollout().deserializer();
        }
        return rollouts;
    }

    @Override
    public TypeInformation<LogRecord> getProducedType() {
        return LogRecord.CODEC.typeInformation();
    }
}
