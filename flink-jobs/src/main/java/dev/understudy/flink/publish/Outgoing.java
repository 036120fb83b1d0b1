package dev.understudy.flink.publish;

import dev.understudy.data.Texts;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record on its way to Kafka. Arrays are not copied.
 *
 * @param topic where it goes
 * @param key its key; null for none
 * @param value its value
 */
public record Outgoing(String topic, byte @Nullable [] key, byte[] value) {
    /** How it is written. */
    public static final Codec<Outgoing> CODEC = new Form();

    /** Returns the records of a model file, in the order to send them. */
    static List<Outgoing> artifact(String policy, byte[] model) {
        return Artifacts.chunks(policy, model).stream().map(Outgoing::piece).toList();
    }

    private static Outgoing piece(ProducerRecord<ArtifactKey, ArtifactChunk> piece) {
        return new Outgoing(
                piece.topic(),
                UnderstudySerdes.artifactKey().serializer().serialize(piece.topic(), piece.key()),
                piece.value().bytes());
    }

    public static Outgoing of(Candidate candidate) {
        return new Outgoing(
                Topics.CANDIDATES,
                utf8(candidate.policy()),
                UnderstudySerdes.candidate().serializer().serialize(Topics.CANDIDATES, candidate));
    }

    public static Outgoing of(TrainingRecord report) {
        return new Outgoing(
                Topics.REPORTS,
                utf8(report.policy()),
                UnderstudySerdes.trainingRecord().serializer().serialize(Topics.REPORTS, report));
    }

    /** Returns a verdict on its way to the history or, if it is in force, to the promotions. */
    public static Outgoing of(String topic, Promotion promotion) {
        return new Outgoing(
                topic,
                utf8(promotion.policy()),
                UnderstudySerdes.promotion().serializer().serialize(topic, promotion));
    }

    public static Outgoing of(DeadLetter letter) {
        return new Outgoing(
                Topics.DEAD_LETTERS,
                letter.key(),
                UnderstudySerdes.deadLetter().serializer().serialize(Topics.DEAD_LETTERS, letter));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Outgoing that
                && topic.equals(that.topic)
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * topic.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "Outgoing[%s, %d bytes]".formatted(topic, value.length);
    }

    /** Writes and reads it. */
    public static final class Form extends Codec<Outgoing> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Outgoing> type() {
            return Outgoing.class;
        }

        @Override
        public void write(Outgoing record, DataOutputView out) throws IOException {
            byte[] key = record.key;
            Texts.write(record.topic, out);
            out.writeBoolean(key != null);
            if (key != null) {
                Codec.writeBytes(key, out);
            }
            Codec.writeBytes(record.value, out);
        }

        @Override
        public Outgoing read(int version, DataInputView in) throws IOException {
            return new Outgoing(Texts.read(in), in.readBoolean() ? Codec.readBytes(in) : null, Codec.readBytes(in));
        }
    }
}
