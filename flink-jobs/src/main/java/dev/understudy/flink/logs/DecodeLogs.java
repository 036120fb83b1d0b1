package dev.understudy.flink.logs;

import dev.understudy.domain.Domain;
import dev.understudy.domain.Sample;
import dev.understudy.domain.SampleCodec;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.UndecodableException;
import java.io.Serializable;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Decodes records of the log topic. What cannot be used becomes a dead letter with its bytes and its coordinates; no
 * record stops the job.
 *
 * <p>A record stamped in the future is one whose event time runs ahead of both the wall clock and the time Kafka has
 * for the record.
 */
public final class DecodeLogs<S extends Sample> implements KafkaRecordDeserializationSchema<LogRecord> {
    private static final long serialVersionUID = 1L;

    /** Most characters of a name; what goes on between operators has 64 KiB for each. */
    private static final int MOST_CHARACTERS = 1024;

    private final String stage;
    private final long futureToleranceMs;
    private final SerializableClock clock;
    private final Domain<S> domain;
    private transient @Nullable SampleCodec<S> codec;

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
        S sample;
        try {
            sample = codec().decode(value);
        } catch (UndecodableException e) {
            return dead(record, String.valueOf(e.getMessage()));
        }
        if (sample.entity().isEmpty() || sample.episode().isEmpty()) {
            return dead(
                    record,
                    "expected an entity and an episode, found '%s' and '%s'"
                            .formatted(sample.entity(), sample.episode()));
        }
        int longest = Math.max(
                Math.max(sample.entity().length(), sample.episode().length()),
                sample.label().length());
        if (longest > MOST_CHARACTERS) {
            return dead(
                    record,
                    "expected entity, episode and label of at most %d characters, found %d"
                            .formatted(MOST_CHARACTERS, longest));
        }
        if (sample.timeMs() < 0) {
            return dead(record, "expected an event time from 1970 on, found %d ms".formatted(sample.timeMs()));
        }
        long knownMs = clock.millis();
        if (record.timestamp() >= 0) {
            knownMs = Math.min(knownMs, record.timestamp());
        }
        if (sample.timeMs() - futureToleranceMs > knownMs) {
            return dead(
                    record,
                    "expected an event time of at most %d ms (when it was written, and %d ms), found %d ms"
                            .formatted(knownMs + futureToleranceMs, futureToleranceMs, sample.timeMs()));
        }
        return LogRecord.of(sample, value, record.partition(), record.offset(), record.timestamp());
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

    @Override
    public TypeInformation<LogRecord> getProducedType() {
        return LogRecord.CODEC.typeInformation();
    }
}
