package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.message.BinaryMessageDecoder;
import org.junit.jupiter.api.Test;

class CodecTest {
    private static final String SHA = "ab".repeat(32);
    static final FollowingSample SAMPLE = new FollowingSample(
            "car-1", "run/car-1", 7, 1_570_000_000_123L, Actor.ASSISTANCE, "acc-S", 11.5, 18.25, 11);
    static final Decision DECISION = new Decision(
            "car-1",
            "run/car-1",
            7,
            1_570_000_000_123L,
            "driving/car-following",
            3,
            SHA,
            new float[] {0.25f},
            new float[] {-0.5f},
            Decision.Kind.FALLBACK_ENVELOPE,
            "expected at least -6 m/s^2, found -9",
            -1.25,
            1L,
            2L,
            "serving-1");
    static final ControlStep STEP = new ControlStep(
            "cartpole-1",
            "cartpole-1/é",
            499,
            1_570_000_000_123L,
            Actor.HUMAN,
            "lean",
            true,
            new float[] {0.125f, -1, 0.0625f, 3.5f},
            new float[] {1},
            -0.5,
            ControlStep.End.TRUNCATED);
    static final Turn TURN = new Turn(
            "visitor-1",
            "visitor-1#3",
            4,
            1_570_000_000_123L,
            Actor.ASSISTANCE,
            "music",
            true,
            Role.ASSISTANT,
            "I like \u00c6nima, too \ud83c\udfb5",
            List.of("music|inform|album|\u00c6nima", "general|reqmore"),
            1);
    private static final Map<Codec<?>, Object> EXAMPLES_OF_MODELS = Map.of(
            Codecs.ROLLOUT,
                    new RolloutStep(
                            "c",
                            "t",
                            1,
                            2,
                            "p",
                            3,
                            SHA,
                            new float[] {1, Float.NaN},
                            new float[] {3},
                            Decision.Kind.POLICY,
                            Double.NaN),
            Codecs.CANDIDATE,
                    new Candidate(
                            "id",
                            "p",
                            "",
                            SHA,
                            26_000,
                            0,
                            60_000,
                            61_000,
                            7,
                            "0.1.0",
                            "f00d",
                            Map.of("loss", 0.5, "steps", 12.0),
                            250,
                            62_000,
                            "gail"),
            Codecs.PROMOTION,
                    new Promotion("p", 4, SHA, 90_000, "", "better", true, "id", new TreeMap<>(Map.of("gain", 0.1)), 1),
            Codecs.TRAINING_RECORD,
                    new TrainingRecord(
                            "p",
                            TrainingRecord.Kind.EVALUATION,
                            0,
                            1,
                            "id",
                            SHA,
                            new TreeMap<>(Map.of("a", Double.NaN)),
                            new TreeMap<>(Map.of("late", 3L)),
                            "",
                            5),
            Codecs.ACKNOWLEDGEMENT, new Acknowledgement("i", "p", 4, SHA, false, "NaN weights", 3.5, Double.NaN, 9),
            Codecs.DEAD_LETTER, new DeadLetter("serving", "why", "topic", 2, 77, null, new byte[] {1, 2}, 3),
            Codecs.MANIFEST, new ArtifactManifest("p", SHA, 600_000, 2, 524_288));

    private static final Map<Codec<?>, Object> EXAMPLES = examples();

    private static Map<Codec<?>, Object> examples() {
        Map<Codec<?>, Object> examples = new LinkedHashMap<>(EXAMPLES_OF_MODELS);
        examples.put(Codecs.FOLLOWING, SAMPLE);
        examples.put(Codecs.CONTROL_STEP, STEP);
        examples.put(Codecs.TURN, TURN);
        examples.put(Codecs.DECISION, DECISION);
        return examples;
    }

    @SuppressWarnings("unchecked")
    private static Codec<Object> any(Codec<?> codec) {
        return (Codec<Object>) codec;
    }

    @Test
    void everyRecordComesBackAsItWas() {
        EXAMPLES.forEach((codec, value) -> {
            byte[] bytes = any(codec).encode(value);
            assertThat(codec.decode(bytes)).isEqualTo(value);
            assertThat(any(codec).encode(value)).isEqualTo(bytes);
        });
    }

    @Test
    void missingMeasurementsTravelAsNullAndComeBackAsNaN() {
        FollowingSample sample =
                new FollowingSample("c", "t", 0, 0, Actor.HUMAN, "", Double.NaN, Double.NaN, Double.NaN);
        assertThat(Codecs.FOLLOWING.decode(Codecs.FOLLOWING.encode(sample))).isEqualTo(sample);
        GenericRecord generic = generic(Codecs.FOLLOWING, Codecs.FOLLOWING.encode(sample));
        assertThat(generic.get("gapMeters")).isNull();
    }

    @Test
    void aStepOfControlWithoutActionAndRewardComesBackSo() {
        ControlStep live = new ControlStep(
                "c", "e", 0, 1, Actor.POLICY, "", false, new float[0], null, Double.NaN, ControlStep.End.NONE);
        byte[] bytes = Codecs.CONTROL_STEP.encode(live);
        assertThat(Codecs.CONTROL_STEP.decode(bytes)).isEqualTo(live);
        assertThat(generic(Codecs.CONTROL_STEP, bytes).get("action")).isNull();
        assertThat(generic(Codecs.CONTROL_STEP, bytes).get("reward")).isNull();
    }

    @Test
    void aTurnsWeightIsZeroOrOneAndNothingElse() {
        byte[] bytes = Codecs.TURN.encode(TURN);
        bytes[bytes.length - 1] = 4; // 2 in zigzag form
        assertThatThrownBy(() -> Codecs.TURN.decode(bytes))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("expected 0 or 1, found 2");
    }

    /** Clients in other languages are tested with the same file. */
    @Test
    void theBytesOfAStepOfControlAreThoseThatWereReleased() throws IOException {
        try (InputStream in = CodecTest.class.getResourceAsStream("golden/ControlStep.hex")) {
            byte[] golden = HexFormat.of()
                    .parseHex(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII).strip());
            assertThat(Codecs.CONTROL_STEP.encode(STEP)).isEqualTo(golden);
            assertThat(Codecs.CONTROL_STEP.decode(golden)).isEqualTo(STEP);
        }
    }

    @Test
    void avrosOwnReaderReadsWhatTheHandCodecWrites() throws IOException {
        for (Map.Entry<Codec<?>, Object> example : EXAMPLES.entrySet()) {
            byte[] bytes = any(example.getKey()).encode(example.getValue());
            GenericRecord generic = new BinaryMessageDecoder<GenericRecord>(
                            new GenericData(), example.getKey().schema())
                    .decode(bytes);
            assertThat(generic.getSchema()).isEqualTo(example.getKey().schema());
        }
        GenericRecord decision = generic(Codecs.DECISION, Codecs.DECISION.encode(DECISION));
        assertThat(decision.get("kind")).hasToString("FALLBACK_ENVELOPE");
        assertThat(decision.get("epoch")).isEqualTo(3L);
        assertThat(decision.get("logProbability")).isEqualTo(-1.25);
    }

    @Test
    void bytesBeginWithTheMarkerAndTheFingerprintInLittleEndianOrder() {
        byte[] bytes = Codecs.FOLLOWING.encode(SAMPLE);
        long fingerprint = SchemaNormalization.parsingFingerprint64(Codecs.FOLLOWING.schema());
        assertThat(bytes).startsWith(0xC3, 0x01);
        assertThat(ByteBuffer.wrap(bytes, 2, 8).order(ByteOrder.LITTLE_ENDIAN).getLong())
                .isEqualTo(fingerprint);
    }

    @Test
    void textIsRefusedWithWhatWasExpectedAndWhatWasFound() {
        assertThatThrownBy(() -> Codecs.FOLLOWING.decode("{\"speed\": 3}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("expected dev.understudy.FollowingSample")
                .hasMessageContaining("found 12 bytes that begin 7b 22");
        assertThatThrownBy(() -> Codecs.FOLLOWING.decode(new byte[0]))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("found 0 bytes");
    }

    @Test
    void anotherRecordsBytesAreRefusedByTheirFingerprint() {
        assertThatThrownBy(() -> Codecs.FOLLOWING.decode(Codecs.DECISION.encode(DECISION)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("unknown schema fingerprint");
    }

    @Test
    void everyCutOffOrOverlongPayloadIsRefused() {
        EXAMPLES.forEach((codec, value) -> {
            byte[] bytes = any(codec).encode(value);
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThatThrownBy(() -> codec.decode(cut)).isInstanceOf(UndecodableException.class);
            }
            assertThatThrownBy(() -> codec.decode(Arrays.copyOf(bytes, bytes.length + 1)))
                    .isInstanceOf(UndecodableException.class)
                    .hasMessageContaining("1 bytes are left over");
        });
    }

    @Test
    void garbageGivesAValueOrAnUndecodableExceptionAndNothingElse() {
        long seed = 20260719;
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < 4_000; round++) {
            for (Map.Entry<Codec<?>, Object> example : EXAMPLES.entrySet()) {
                byte[] bytes = any(example.getKey()).encode(example.getValue());
                int hits = 1 + random.nextInt(8);
                for (int i = 0; i < hits; i++) {
                    int at = round % 2 == 0 ? 10 + random.nextInt(bytes.length - 10) : random.nextInt(bytes.length);
                    bytes[at] = (byte) random.nextInt(256);
                }
                try {
                    example.getKey().decode(bytes);
                } catch (UndecodableException e) {
                    refused++;
                } catch (RuntimeException e) {
                    throw new AssertionError("seed " + seed + ", round " + round, e);
                }
            }
        }
        assertThat(refused).isPositive();
    }

    private static GenericRecord generic(Codec<?> codec, byte[] bytes) {
        try {
            return new GenericDatumReader<GenericRecord>(codec.schema())
                    .read(null, DecoderFactory.get().binaryDecoder(bytes, 10, bytes.length - 10, null));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
