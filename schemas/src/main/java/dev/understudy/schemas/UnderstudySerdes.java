package dev.understudy.schemas;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Turn;
import dev.understudy.driving.FollowingSample;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * The serdes of every topic. Keys of the {@code driving} topics (vehicle), of the {@code control} and {@code dialogue}
 * topics (entity), of the {@code models} topics (policy) and of acknowledgements ({@link Acknowledgement#key}) are
 * strings; keys of artefacts are {@link #artifactKey}.
 *
 * <p>A serde passes null on as null and may be shared by threads. What cannot be read is an
 * {@link UndecodableException}.
 */
public final class UnderstudySerdes {
    private UnderstudySerdes() {}

    /** Values of {@code driving.logs.v1} and {@code driving.observations.v1}. */
    public static Serde<FollowingSample> following() {
        return of(Codecs.FOLLOWING);
    }

    /** Values of {@code control.logs.v1} and {@code control.observations.v1}. */
    public static Serde<ControlStep> control() {
        return of(Codecs.CONTROL_STEP);
    }

    /** Values of {@code dialogue.logs.v1} and {@code dialogue.observations.v1}. */
    public static Serde<Turn> dialogue() {
        return of(Codecs.TURN);
    }

    /** Values of {@code driving.decisions.v1} and of the same topic of every other domain. */
    public static Serde<Decision> decision() {
        return of(Codecs.DECISION);
    }

    /** Values of {@code driving.rollouts.v1} and of the same topic of every other domain. */
    public static Serde<RolloutStep> rollout() {
        return of(Codecs.ROLLOUT);
    }

    /** Values of {@code models.candidates.v1}. */
    public static Serde<Candidate> candidate() {
        return of(Codecs.CANDIDATE);
    }

    /** Values of {@code models.promotions.v1} and {@code models.history.v1}. */
    public static Serde<Promotion> promotion() {
        return of(Codecs.PROMOTION);
    }

    /** Values of {@code training.reports.v1}. */
    public static Serde<TrainingRecord> trainingRecord() {
        return of(Codecs.TRAINING_RECORD);
    }

    /** Values of {@code models.acks.v1}. */
    public static Serde<Acknowledgement> acknowledgement() {
        return of(Codecs.ACKNOWLEDGEMENT);
    }

    /** Values of {@code dead-letters.v1}. */
    public static Serde<DeadLetter> deadLetter() {
        return of(Codecs.DEAD_LETTER);
    }

    /** Keys of {@code models.artifacts.v1}. */
    public static Serde<ArtifactKey> artifactKey() {
        return of(
                key -> key.toString().getBytes(StandardCharsets.UTF_8),
                bytes -> ArtifactKey.parse(new String(bytes, StandardCharsets.UTF_8)));
    }

    /** Values of {@code models.artifacts.v1}: the bytes as they are. */
    public static Serde<ArtifactChunk> artifactChunk() {
        return of(ArtifactChunk::bytes, ArtifactChunk::new);
    }

    private static <T> Serde<T> of(Codec<T> codec) {
        return of(codec::encode, codec::decode);
    }

    @SuppressWarnings("NullAway") // Kafka's contract: a null record is a tombstone and stays null
    private static <T> Serde<T> of(Function<T, byte[]> encode, Function<byte[], T> decode) {
        Serializer<T> serializer = (topic, value) -> value == null ? null : encode.apply(value);
        Deserializer<T> deserializer = (topic, bytes) -> bytes == null ? null : decode.apply(bytes);
        return Serdes.serdeFrom(serializer, deserializer);
    }
}
