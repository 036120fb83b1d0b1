package dev.understudy.app.kafka;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Domain;
import dev.understudy.schemas.Codecs;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.Topics;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Records of topics as JSON: those of this system by their codecs, others as the JSON or the text that they are. */
public final class TopicJson {
    private static final JsonMapper JSON = JsonMapper.builder()
            .visibility(PropertyAccessor.GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE)
            .visibility(PropertyAccessor.FIELD, Visibility.ANY)
            .build();

    private TopicJson() {}

    /**
     * Returns what is in a record: where it is, when it was sent, its key, and its value or why that cannot be read.
     */
    public static ObjectNode of(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode json = JSON.createObjectNode();
        json.put("partition", record.partition());
        json.put("offset", record.offset());
        json.put("timestampMs", record.timestamp());
        json.set("key", record.key() == null ? NullNode.instance : text(record.key()));
        if (record.value() == null) {
            json.putNull("value");
            return json;
        }
        try {
            json.set("value", value(record.topic(), record.key(), record.value()));
        } catch (RuntimeException e) {
            json.put("problem", String.valueOf(e.getMessage()));
            json.put("bytes", Base64.getEncoder().encodeToString(record.value()));
        }
        return json;
    }

    /** Returns what the values of a topic are, empty for a topic of others. */
    public static Optional<String> valuesOf(String topic) {
        return ours(topic).map(Values::name);
    }

    private record Values(String name, Function<byte[], ?> decode) {}

    private static JsonNode value(String topic, byte @Nullable [] key, byte[] value) {
        if (topic.equals(Topics.ARTIFACTS)) {
            boolean isManifest = key != null && new String(key, StandardCharsets.UTF_8).endsWith("manifest");
            return isManifest
                    ? finite(JSON.valueToTree(Codecs.MANIFEST.decode(value)))
                    : JSON.createObjectNode().put("chunkBytes", value.length);
        }
        Optional<Values> ours = ours(topic);
        return ours.isPresent() ? finite(JSON.valueToTree(ours.get().decode().apply(value))) : foreign(value);
    }

    private static Optional<Values> ours(String topic) {
        for (Domain<?> domain : Catalogue.domains()) {
            DomainTopics topics = DomainTopics.of(domain);
            if (List.of(topics.logs(), topics.observations()).contains(topic)) {
                return Optional.of(
                        new Values(domain.sampleType().getSimpleName(), SampleCodecs.of(domain.sampleType())::decode));
            }
            if (topics.decisions().equals(topic)) {
                return Optional.of(new Values("Decision", Codecs.DECISION::decode));
            }
            if (topics.rollouts().equals(topic)) {
                return Optional.of(new Values("Rollout", Codecs.ROLLOUT::decode));
            }
        }
        return switch (topic) {
            case Topics.CANDIDATES -> Optional.of(new Values("Candidate", Codecs.CANDIDATE::decode));
            case Topics.HISTORY, Topics.PROMOTIONS -> Optional.of(new Values("Promotion", Codecs.PROMOTION::decode));
            case Topics.ACKS -> Optional.of(new Values("Acknowledgement", Codecs.ACKNOWLEDGEMENT::decode));
            case Topics.REPORTS -> Optional.of(new Values("TrainingRecord", Codecs.TRAINING_RECORD::decode));
            case Topics.DEAD_LETTERS -> Optional.of(new Values("DeadLetter", Codecs.DEAD_LETTER::decode));
            case Topics.ARTIFACTS -> Optional.of(new Values("ArtifactManifest", Codecs.MANIFEST::decode));
            default -> Optional.empty();
        };
    }

    private static JsonNode foreign(byte[] value) {
        try {
            return JSON.readTree(value);
        } catch (JsonProcessingException e) {
            return text(value);
        } catch (java.io.IOException e) {
            throw new IllegalStateException("bytes in memory can be read", e);
        }
    }

    /** Text where the bytes are some, else Base64. */
    private static TextNode text(byte[] bytes) {
        try {
            return TextNode.valueOf(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return TextNode.valueOf("base64:" + Base64.getEncoder().encodeToString(bytes));
        }
    }

    /** JSON has no NaN and no infinity: null in their place. */
    private static JsonNode finite(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(entry -> entry.setValue(finite(entry.getValue())));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, finite(array.get(i)));
            }
        } else if (node.isFloatingPointNumber() && !Double.isFinite(node.doubleValue())) {
            return NullNode.instance;
        }
        return node;
    }
}
