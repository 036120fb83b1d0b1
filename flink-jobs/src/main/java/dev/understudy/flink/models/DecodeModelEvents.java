package dev.understudy.flink.models;

import dev.understudy.flink.logs.DeadLetters;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.UntrustedException;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Decodes records of the {@code models} topics. What cannot be read, or is signed by nobody who is trusted with it,
 * becomes a dead letter; deleted records pass by.
 */
public final class DecodeModelEvents implements KafkaRecordDeserializationSchema<ModelEvent> {
    private static final long serialVersionUID = 1L;

    private final String stage;
    private final Trust trust;

    public DecodeModelEvents(String stage, Trust trust) {
        this.stage = stage;
        this.trust = trust;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ModelEvent> out) {
        if (record.value() != null) {
            out.collect(decode(record));
        }
    }

    ModelEvent decode(ConsumerRecord<byte[], byte[]> record) {
        try {
            trust.check(record.topic(), record.key(), record.value(), record.headers());
            return switch (record.topic()) {
                case Topics.CANDIDATES ->
                    new ModelEvent.Proposed(
                            UnderstudySerdes.candidate().deserializer().deserialize(record.topic(), record.value()));
                case Topics.PROMOTIONS ->
                    new ModelEvent.Judged(
                            UnderstudySerdes.promotion().deserializer().deserialize(record.topic(), record.value()),
                            record.offset());
                case Topics.ARTIFACTS -> {
                    ArtifactKey key = UnderstudySerdes.artifactKey()
                            .deserializer()
                            .deserialize(record.topic(), record.key() == null ? new byte[0] : record.key());
                    yield new ModelEvent.Piece(
                            key,
                            UnderstudySerdes.artifactChunk()
                                    .deserializer()
                                    .deserialize(record.topic(), record.value()));
                }
                default ->
                    throw new IllegalStateException(
                            "expected a record of the models topics, found one of " + record.topic());
            };
        } catch (UndecodableException | UntrustedException | IllegalArgumentException e) {
            return new ModelEvent.Unreadable(
                    DeadLetters.of(stage, String.valueOf(e.getMessage()), record, System.currentTimeMillis()));
        }
    }

    @Override
    public TypeInformation<ModelEvent> getProducedType() {
        return ModelEvent.CODEC.typeInformation();
    }
}
