package dev.understudy.schemas;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import java.io.IOException;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;

/** The codec of every record. */
public final class Codecs {
    private Codecs() {}

    private static final Symbols<Actor> ACTORS = symbols(Actor.class, "FollowingSample", "actor");
    private static final Symbols<Decision.Kind> KINDS = symbols(Decision.Kind.class, "Decision", "kind");
    private static final Symbols<TrainingRecord.Kind> TRAINING_KINDS =
            symbols(TrainingRecord.Kind.class, "TrainingRecord", "kind");
    private static final Symbols<Actor> CONTROL_ACTORS = symbols(Actor.class, "ControlStep", "actor");
    private static final Symbols<ControlStep.End> ENDS = symbols(ControlStep.End.class, "ControlStep", "end");
    private static final Symbols<Actor> TURN_ACTORS = symbols(Actor.class, "Turn", "actor");
    private static final Symbols<Role> ROLES = symbols(Role.class, "Turn", "role");

    public static final Codec<FollowingSample> FOLLOWING =
            new Codec<>("FollowingSample", new FollowingSampleForm(), FieldRules::problem);
    public static final Codec<ControlStep> CONTROL_STEP =
            new Codec<>("ControlStep", new ControlStepForm(), FieldRules::problem);
    public static final Codec<Turn> TURN = new Codec<>("Turn", new TurnForm(), FieldRules::problem);
    public static final Codec<Decision> DECISION = new Codec<>("Decision", new DecisionForm(), FieldRules::problem);
    public static final Codec<RolloutStep> ROLLOUT = new Codec<>("Rollout", new RolloutForm(), FieldRules::problem);
    public static final Codec<Candidate> CANDIDATE = new Codec<>("Candidate", new CandidateForm(), FieldRules::problem);
    public static final Codec<Promotion> PROMOTION = new Codec<>("Promotion", new PromotionForm(), FieldRules::problem);
    public static final Codec<TrainingRecord> TRAINING_RECORD =
            new Codec<>("TrainingRecord", new TrainingRecordForm(), FieldRules::problem);
    public static final Codec<Acknowledgement> ACKNOWLEDGEMENT =
            new Codec<>("Acknowledgement", new AcknowledgementForm(), FieldRules::problem);
    public static final Codec<DeadLetter> DEAD_LETTER = new Codec<>("DeadLetter", new DeadLetterForm());
    public static final Codec<ArtifactManifest> MANIFEST = new Codec<>("ArtifactManifest", new ArtifactManifestForm());

    private static <E extends Enum<E>> Symbols<E> symbols(Class<E> type, String record, String field) {
        Schema schema = Codec.load("/dev/understudy/schemas/" + record + ".avsc", record);
        return new Symbols<>(type, schema.getField(field).schema());
    }

    static final class FollowingSampleForm implements Form<FollowingSample> {
        @Override
        public void write(FollowingSample v, BinaryEncoder out) throws IOException {
            out.writeString(v.vehicle());
            out.writeString(v.trip());
            out.writeLong(v.sequence());
            out.writeLong(v.timeMs());
            ACTORS.write(v.actor(), out);
            out.writeString(v.label());
            out.writeBoolean(v.engaged());
            Wire.writeMeasured(v.speedMetersPerSecond(), out);
            Wire.writeMeasured(v.gapMeters(), out);
            Wire.writeMeasured(v.leaderSpeedMetersPerSecond(), out);
        }

        @Override
        public FollowingSample read(BinaryDecoder in) throws IOException {
            return new FollowingSample(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    ACTORS.read(in),
                    in.readString(),
                    in.readBoolean(),
                    Wire.readMeasured(in),
                    Wire.readMeasured(in),
                    Wire.readMeasured(in));
        }
    }

    private static final class ControlStepForm implements Form<ControlStep> {
        @Override
        public void write(ControlStep v, BinaryEncoder out) throws IOException {
            out.writeString(v.entity());
            out.writeString(v.episode());
            out.writeLong(v.sequence());
            out.writeLong(v.timeMs());
            CONTROL_ACTORS.write(v.actor(), out);
            out.writeString(v.label());
            out.writeBoolean(v.engaged());
            Wire.writeFloats(v.observation(), out);
            Wire.writeOptionalFloats(v.action(), out);
            Wire.writeMeasured(v.reward(), out);
            ENDS.write(v.end(), out);
        }

        @Override
        public ControlStep read(BinaryDecoder in) throws IOException {
            return new ControlStep(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    CONTROL_ACTORS.read(in),
                    in.readString(),
                    in.readBoolean(),
                    Wire.readFloats(in),
                    Wire.readOptionalFloats(in),
                    Wire.readMeasured(in),
                    ENDS.read(in));
        }
    }

    private static final class TurnForm implements Form<Turn> {
        @Override
        public void write(Turn v, BinaryEncoder out) throws IOException {
            out.writeString(v.entity());
            out.writeString(v.episode());
            out.writeLong(v.sequence());
            out.writeLong(v.timeMs());
            TURN_ACTORS.write(v.actor(), out);
            out.writeString(v.label());
            out.writeBoolean(v.engaged());
            ROLES.write(v.role(), out);
            out.writeString(v.text());
            Wire.writeTexts(v.acts(), out);
            out.writeInt(v.weight());
        }

        @Override
        public Turn read(BinaryDecoder in) throws IOException {
            return new Turn(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    TURN_ACTORS.read(in),
                    in.readString(),
                    in.readBoolean(),
                    ROLES.read(in),
                    in.readString(),
                    Wire.readTexts(in),
                    Wire.readZeroOrOne(in));
        }
    }

    private static final class DecisionForm implements Form<Decision> {
        @Override
        public void write(Decision v, BinaryEncoder out) throws IOException {
            out.writeString(v.entity());
            out.writeString(v.episode());
            out.writeLong(v.sequence());
            out.writeLong(v.eventTimeMs());
            out.writeString(v.policy());
            out.writeLong(v.epoch());
            out.writeString(v.sha256());
            Wire.writeFloats(v.rawAction(), out);
            Wire.writeFloats(v.action(), out);
            KINDS.write(v.kind(), out);
            out.writeString(v.reason());
            Wire.writeMeasured(v.logProbability(), out);
            Wire.writeOptional(v.text(), out);
            Wire.writeOptional(v.seed(), out);
            out.writeLong(v.observedAtMs());
            out.writeLong(v.decidedAtMs());
            out.writeString(v.instance());
        }

        @Override
        public Decision read(BinaryDecoder in) throws IOException {
            return new Decision(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    in.readString(),
                    in.readLong(),
                    in.readString(),
                    Wire.readFloats(in),
                    Wire.readFloats(in),
                    KINDS.read(in),
                    in.readString(),
                    Wire.readMeasured(in),
                    Wire.readOptionalText(in),
                    Wire.readOptionalLong(in),
                    in.readLong(),
                    in.readLong(),
                    in.readString());
        }
    }

    private static final class RolloutForm implements Form<RolloutStep> {
        @Override
        public void write(RolloutStep v, BinaryEncoder out) throws IOException {
            out.writeString(v.entity());
            out.writeString(v.episode());
            out.writeLong(v.sequence());
            out.writeLong(v.eventTimeMs());
            out.writeString(v.policy());
            out.writeLong(v.epoch());
            out.writeString(v.sha256());
            Wire.writeFloats(v.observation(), out);
            Wire.writeFloats(v.action(), out);
            KINDS.write(v.kind(), out);
            Wire.writeMeasured(v.logProbability(), out);
        }

        @Override
        public RolloutStep read(BinaryDecoder in) throws IOException {
            return new RolloutStep(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    in.readString(),
                    in.readLong(),
                    in.readString(),
                    Wire.readFloats(in),
                    Wire.readFloats(in),
                    KINDS.read(in),
                    Wire.readMeasured(in));
        }
    }

    private static final class CandidateForm implements Form<Candidate> {
        @Override
        public void write(Candidate v, BinaryEncoder out) throws IOException {
            out.writeString(v.id());
            out.writeString(v.policy());
            out.writeString(v.parentSha256());
            out.writeString(v.sha256());
            out.writeLong(v.sizeBytes());
            out.writeLong(v.windowStartMs());
            out.writeLong(v.windowEndMs());
            out.writeLong(v.windowClosedAtMs());
            out.writeLong(v.seed());
            out.writeString(v.codeVersion());
            out.writeString(v.fingerprint());
            Wire.writeFigures(v.figures(), out);
            out.writeLong(v.trainMillis());
            out.writeLong(v.createdAtMs());
            out.writeString(v.algorithm());
        }

        @Override
        public Candidate read(BinaryDecoder in) throws IOException {
            return new Candidate(
                    in.readString(),
                    in.readString(),
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong(),
                    in.readString(),
                    in.readString(),
                    Wire.readFigures(in),
                    in.readLong(),
                    in.readLong(),
                    in.readString());
        }
    }

    private static final class PromotionForm implements Form<Promotion> {
        @Override
        public void write(Promotion v, BinaryEncoder out) throws IOException {
            out.writeString(v.policy());
            out.writeLong(v.epoch());
            out.writeString(v.sha256());
            out.writeLong(v.effectiveFromMs());
            out.writeString(v.previousSha256());
            out.writeString(v.reason());
            out.writeBoolean(v.promoted());
            out.writeString(v.candidateId());
            Wire.writeFigures(v.evidence(), out);
            out.writeLong(v.decidedAtMs());
        }

        @Override
        public Promotion read(BinaryDecoder in) throws IOException {
            return new Promotion(
                    in.readString(),
                    in.readLong(),
                    in.readString(),
                    in.readLong(),
                    in.readString(),
                    in.readString(),
                    in.readBoolean(),
                    in.readString(),
                    Wire.readFigures(in),
                    in.readLong());
        }
    }

    private static final class TrainingRecordForm implements Form<TrainingRecord> {
        @Override
        public void write(TrainingRecord v, BinaryEncoder out) throws IOException {
            out.writeString(v.policy());
            TRAINING_KINDS.write(v.kind(), out);
            out.writeLong(v.windowStartMs());
            out.writeLong(v.windowEndMs());
            out.writeString(v.candidateId());
            out.writeString(v.sha256());
            Wire.writeFigures(v.figures(), out);
            Wire.writeCounts(v.counts(), out);
            out.writeString(v.remark());
            out.writeLong(v.createdAtMs());
        }

        @Override
        public TrainingRecord read(BinaryDecoder in) throws IOException {
            return new TrainingRecord(
                    in.readString(),
                    TRAINING_KINDS.read(in),
                    in.readLong(),
                    in.readLong(),
                    in.readString(),
                    in.readString(),
                    Wire.readFigures(in),
                    Wire.readCounts(in),
                    in.readString(),
                    in.readLong());
        }
    }

    private static final class AcknowledgementForm implements Form<Acknowledgement> {
        @Override
        public void write(Acknowledgement v, BinaryEncoder out) throws IOException {
            out.writeString(v.instance());
            out.writeString(v.policy());
            out.writeLong(v.epoch());
            out.writeString(v.sha256());
            out.writeBoolean(v.accepted());
            out.writeString(v.reason());
            out.writeDouble(v.loadMillis());
            Wire.writeMeasured(v.swapMillis(), out);
            out.writeLong(v.acknowledgedAtMs());
        }

        @Override
        public Acknowledgement read(BinaryDecoder in) throws IOException {
            return new Acknowledgement(
                    in.readString(),
                    in.readString(),
                    in.readLong(),
                    in.readString(),
                    in.readBoolean(),
                    in.readString(),
                    in.readDouble(),
                    Wire.readMeasured(in),
                    in.readLong());
        }
    }

    private static final class DeadLetterForm implements Form<DeadLetter> {
        @Override
        public void write(DeadLetter v, BinaryEncoder out) throws IOException {
            out.writeString(v.stage());
            out.writeString(v.reason());
            out.writeString(v.source());
            out.writeInt(v.partition());
            out.writeLong(v.position());
            Wire.writeOptionalBytes(v.key(), out);
            Wire.writeOptionalBytes(v.value(), out);
            out.writeLong(v.deadAtMs());
        }

        @Override
        public DeadLetter read(BinaryDecoder in) throws IOException {
            return new DeadLetter(
                    in.readString(),
                    in.readString(),
                    in.readString(),
                    in.readInt(),
                    in.readLong(),
                    Wire.readOptionalBytes(in),
                    Wire.readOptionalBytes(in),
                    in.readLong());
        }
    }

    private static final class ArtifactManifestForm implements Form<ArtifactManifest> {
        @Override
        public void write(ArtifactManifest v, BinaryEncoder out) throws IOException {
            out.writeString(v.policy());
            out.writeString(v.sha256());
            out.writeLong(v.sizeBytes());
            out.writeInt(v.chunks());
            out.writeInt(v.chunkBytes());
        }

        @Override
        public ArtifactManifest read(BinaryDecoder in) throws IOException {
            return new ArtifactManifest(in.readString(), in.readString(), in.readLong(), in.readInt(), in.readInt());
        }
    }
}
