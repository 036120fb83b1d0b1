package dev.understudy.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.junit.jupiter.api.Test;

class SchemaEvolutionTest {
    private static final List<Codec<?>> CODECS = List.of(
            Codecs.FOLLOWING,
            Codecs.CONTROL_STEP,
            Codecs.TURN,
            Codecs.DECISION,
            Codecs.ROLLOUT,
            Codecs.CANDIDATE,
            Codecs.PROMOTION,
            Codecs.TRAINING_RECORD,
            Codecs.ACKNOWLEDGEMENT,
            Codecs.DEAD_LETTER,
            Codecs.MANIFEST);

    /** As FollowingSample, from before it had a label, and with an actor that is none any more. */
    private static final Schema OLD = SchemaBuilder.record("FollowingSample")
            .namespace("dev.understudy")
            .fields()
            .requiredString("vehicle")
            .requiredString("trip")
            .requiredLong("sequence")
            .requiredLong("timeMs")
            .name("actor")
            .type(SchemaBuilder.enumeration("Actor").symbols("ROBOT", "HUMAN"))
            .noDefault()
            .optionalDouble("speedMetersPerSecond")
            .optionalDouble("gapMeters")
            .endRecord();

    @Test
    void everyReleasedVersionCanBeReadByTheCurrentOne() {
        for (Codec<?> codec : CODECS) {
            List<Schema> released = Codec.released(codec.schema().getName());
            assertThat(released).describedAs(codec.schema().getName()).isNotEmpty();
            for (Schema older : released) {
                assertThat(SchemaCompatibility.checkReaderWriterCompatibility(codec.schema(), older)
                                .getType())
                        .describedAs(codec.schema().getName())
                        .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
            }
        }
    }

    @Test
    void everyFieldSaysWhatItMeans() {
        for (Codec<?> codec : CODECS) {
            assertThat(codec.schema().getDoc()).isNotBlank();
            for (Schema.Field field : codec.schema().getFields()) {
                assertThat(field.doc())
                        .describedAs(codec.schema().getName() + "." + field.name())
                        .isNotBlank();
            }
        }
    }

    @Test
    void anOlderRecordIsResolvedToTheCurrentSchema() throws IOException {
        Codec<FollowingSample> codec = withOld();
        assertThat(codec.decode(old("HUMAN")))
                .isEqualTo(new FollowingSample("c", "t", 3, 4, Actor.HUMAN, "", 5, Double.NaN, Double.NaN));
        assertThat(codec.decode(codec.encode(CodecTest.SAMPLE))).isEqualTo(CodecTest.SAMPLE);
    }

    @Test
    void aDriveFromBeforeThereWereTakeoversHasNone() throws IOException {
        Schema released = Codec.released("FollowingSample").get(0);
        assertThat(released.getField("engaged")).isNull();
        GenericRecord record = new GenericRecordBuilder(released)
                .set("vehicle", "c")
                .set("trip", "t")
                .set("sequence", 3L)
                .set("timeMs", 4L)
                .set(
                        "actor",
                        new GenericData.EnumSymbol(released.getField("actor").schema(), "HUMAN"))
                .set("speedMetersPerSecond", 5.0)
                .build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new BinaryMessageEncoder<GenericRecord>(new GenericData(), released).encode(record, bytes);

        assertThat(Codecs.FOLLOWING.decode(bytes.toByteArray()))
                .isEqualTo(new FollowingSample("c", "t", 3, 4, Actor.HUMAN, "", false, 5, Double.NaN, Double.NaN));
    }

    @Test
    void aCandidateFromBeforeThereWereSeveralAlgorithmsWasCloned() throws IOException {
        Schema released = Codec.released("Candidate").get(0);
        assertThat(released.getField("algorithm")).isNull();
        GenericRecordBuilder record = new GenericRecordBuilder(released).set("figures", Map.of("lossAfter", 0.5));
        for (Schema.Field field : released.getFields()) {
            switch (field.schema().getType()) {
                case STRING -> record.set(field, field.name());
                case LONG -> record.set(field, 7L);
                default -> assertThat(field.name()).isEqualTo("figures");
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new BinaryMessageEncoder<GenericRecord>(new GenericData(), released).encode(record.build(), bytes);
        Candidate candidate = Codecs.CANDIDATE.restore(bytes.toByteArray());
        assertThat(candidate.algorithm()).isEqualTo("bc");
        assertThat(candidate.sha256()).isEqualTo("sha256");
        assertThat(candidate.createdAtMs()).isEqualTo(7);
        assertThat(candidate.figures()).containsOnly(Map.entry("lossAfter", 0.5));
    }

    @Test
    void aDecisionOfAVehicleIsOneOfAnEntity() throws IOException {
        Schema released = Codec.released("Decision").get(0);
        GenericRecordBuilder record = new GenericRecordBuilder(released)
                .set(
                        "kind",
                        new GenericData.EnumSymbol(released.getField("kind").schema(), "POLICY"))
                .set("rawAction", List.of(0.5f))
                .set("action", List.of(0.25f))
                .set("logProbability", -1.5);
        for (Schema.Field field : released.getFields()) {
            switch (field.schema().getType()) {
                case STRING -> record.set(field, field.name());
                case LONG -> record.set(field, 7L);
                default ->
                    assertThat(field.name()).isIn("kind", "rawAction", "action", "logProbability", "observedAtMs");
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new BinaryMessageEncoder<GenericRecord>(new GenericData(), released).encode(record.build(), bytes);
        Decision decision = Codecs.DECISION.restore(bytes.toByteArray());
        assertThat(decision.entity()).isEqualTo("vehicle");
        assertThat(decision.episode()).isEqualTo("trip");
        assertThat(decision.action()).containsExactly(0.25f);
    }

    @Test
    void aSymbolThatIsNoLongerKnownIsReadAsTheDefault() throws IOException {
        assertThat(withOld().decode(old("ROBOT")).actor()).isEqualTo(Actor.MIXED);
    }

    @Test
    void aCutOffOlderRecordIsRefused() throws IOException {
        byte[] whole = old("HUMAN");
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> withOld().decode(cut)).isInstanceOf(UndecodableException.class);
        }
        assertThatThrownBy(() -> withOld().decode(Arrays.copyOf(whole, whole.length + 2)))
                .isInstanceOf(UndecodableException.class)
                .hasMessageContaining("2 bytes are left over");
    }

    @Test
    void anEnumerationWithOtherNamesThanTheJavaOneIsRefused() {
        assertThatThrownBy(
                        () -> new Symbols<>(Actor.class, OLD.getField("actor").schema()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ROBOT");
    }

    private static Codec<FollowingSample> withOld() {
        return new Codec<>(Codecs.FOLLOWING.schema(), List.of(OLD), new Codecs.FollowingSampleForm());
    }

    private static byte[] old(String actor) throws IOException {
        GenericRecord record = new GenericRecordBuilder(OLD)
                .set("vehicle", "c")
                .set("trip", "t")
                .set("sequence", 3L)
                .set("timeMs", 4L)
                .set("actor", new GenericData.EnumSymbol(OLD.getField("actor").schema(), actor))
                .set("speedMetersPerSecond", 5.0)
                .build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new BinaryMessageEncoder<GenericRecord>(new GenericData(), OLD).encode(record, bytes);
        return bytes.toByteArray();
    }
}
