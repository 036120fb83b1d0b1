package dev.understudy.flink;

import dev.understudy.driving.FollowingSample;
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
 * Decodes records of the log topic. What cannot be used becomes a dead letter with its bytes and its coordinates; no
 * record stops the job.
 *
 * <p>A record stamped in the future is one whose event time runs ahead of both the wall clock and the time Kafka has
 * for the record.
 */
final class DecodeLogs implements KafkaRecordDeserializationSchema<DecodedLog> {
    private static final long serialVersionUID = 1L;

    /** Most characters of a name; what goes on between operators has 64 KiB for each. */
    private static final int MOST_CHARACTERS = 1024;

    private final String stage;
    private final long futureToleranceMs;
    private final SerializableClock clock;
    private transient @Nullable Deserializer<FollowingSample> deserializer;

    /** A clock that travels to the tasks. */
    interface SerializableClock extends InstantSource, Serializable {}

    /**
     * Creates the decoder.
     *
     * @param stage which program reads, as the dead letters will say
     */
    DecodeLogs(String stage, Duration futureTolerance, SerializableClock clock) {
        this.stage = stage;
        this.futureToleranceMs = futureTolerance.toMillis();
        this.clock = clock;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<DecodedLog> out) {
        out.collect(decode(record));
    }

    DecodedLog decode(ConsumerRecord<byte[], byte[]> record) {
        byte[] value = record.value();
        if (value == null) {
            return dead(record, "expected a sample, found a record without a value");
        }
        FollowingSample sample;
        try {
            sample = deserializer().deserialize(record.topic(), value);
        } catch (UndecodableException e) {
            return dead(record, String.valueOf(e.getMessage()));
        }
        if (sample.vehicle().isEmpty() || sample.trip().isEmpty()) {
            return dead(
                    record,
                    "expected a vehicle and a trip, found '%s' and '%s'".formatted(sample.vehicle(), sample.trip()));
        }
        int longest = Math.max(
                Math.max(sample.vehicle().length(), sample.trip().length()),
                sample.label().length());
        if (longest > MOST_CHARACTERS) {
            return dead(
                    record,
                    "expected vehicle, trip and label of at most %d characters, found %d"
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
        return DecodedLog.of(sample, record.partition(), record.offset(), record.timestamp());
    }

    private DecodedLog dead(ConsumerRecord<byte[], byte[]> record, String reason) {
        return DecodedLog.dead(DeadLetters.of(stage, reason, record, clock.millis()), record.timestamp());
    }

    private Deserializer<FollowingSample> deserializer() {
        if (deserializer == null) {
            deserializer = UnderstudySerdes.following().deserializer();
        }
        return deserializer;
    }

    @Override
    public TypeInformation<DecodedLog> getProducedType() {
        return Codecs.DECODED_LOG.typeInformation();
    }
}
