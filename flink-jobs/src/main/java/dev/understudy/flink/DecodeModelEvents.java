package dev.understudy.flink;

import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Decodes records of the {@code models} topics. What cannot be read becomes a dead letter; deleted records pass by. */
final class DecodeModelEvents implements KafkaRecordDeserializationSchema<ModelEvent> {
    private static final long serialVersionUID = 1L;

    private final String stage;

    DecodeModelEvents(String stage) {
        this.stage = stage;
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<ModelEvent> out) {
        if (record.value() != null) {
            out.collect(decode(record));
        }
    }

    ModelEvent decode(ConsumerRecord<byte[], byte[]> record) {
        try {
            return switch (record.topic()) {
                case Topics.CANDIDATES ->
                    ModelEvent.of(
                            UnderstudySerdes.candidate().deserializer().deserialize(record.topic(), record.value()));
                case Topics.PROMOTIONS ->
                    ModelEvent.of(
                            UnderstudySerdes.promotion().deserializer().deserialize(record.topic(), record.value()));
                case Topics.ARTIFACTS -> {
                    ArtifactKey key = UnderstudySerdes.artifactKey()
                            .deserializer()
                            .deserialize(record.topic(), record.key() == null ? new byte[0] : record.key());
                    yield ModelEvent.of(
                            key,
                            UnderstudySerdes.artifactChunk()
                                    .deserializer()
                                    .deserialize(record.topic(), record.value()));
                }
                default ->
                    throw new IllegalStateException(
                            "expected a record of the models topics, found one of " + record.topic());
            };
        } catch (UndecodableException | IllegalArgumentException e) {
            return ModelEvent.of(
                    DeadLetters.of(stage, String.valueOf(e.getMessage()), record, System.currentTimeMillis()));
        }
    }

    @Override
    public TypeInformation<ModelEvent> getProducedType() {
        return Codecs.MODEL_EVENT.typeInformation();
    }
}
