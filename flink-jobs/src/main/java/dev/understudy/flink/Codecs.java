package dev.understudy.flink;

import dev.understudy.domain.Step;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** The codecs of everything that flows between the operators or is kept by them. */
final class Codecs {
    static final Codec<Tally> TALLY = new TallyForm();
    static final Codec<LogRecord> LOG_RECORD = new LogRecordForm();
    static final Codec<LogOrder> LOG_ORDER = new LogOrder.Form();
    static final Codec<Step> STEP = new StepForm();
    static final Codec<EntityProgress> ENTITY_PROGRESS = new EntityProgress.Form();
    static final Codec<WindowBatch> WINDOW_BATCH = new WindowBatch.Form();
    static final Codec<ModelEvent> MODEL_EVENT = new ModelEventForm();
    static final Codec<ModelShelf> MODEL_SHELF = new ModelShelf.Form();
    static final Codec<TrainedWindow> TRAINED_WINDOW = new TrainedWindow.Form();
    static final Codec<TrainingProgress> TRAINING_PROGRESS = new TrainingProgress.Form();
    static final Codec<DeadLetter> DEAD_LETTER = new DeadLetterForm();
    static final Codec<Candidate> CANDIDATE = new CandidateForm();
    static final Codec<Promotion> PROMOTION = new PromotionForm();
    static final Codec<TrainingRecord> TRAINING_RECORD = new TrainingRecordForm();

    static final Codec<Outgoing> OUTGOING = new Outgoing.Form();

    static final Codec<GateProgress> GATE_PROGRESS = new GateProgress.Form();
    static final Codec<HeldOutTrip> HELD_OUT_TRIP = new HeldOutTrip.Form();

    private Codecs() {}

    /** A type that has a serde: its bytes know their schema, so older ones stay readable. */
    private abstract static class SerdeForm<T> extends Codec<T> {
        private static final long serialVersionUID = 1L;

        private final Class<T> type;
        private transient @Nullable Serde<T> serde;

        SerdeForm(Class<T> type) {
            this.type = type;
        }

        abstract Serde<T> open();

        private Serde<T> serde() {
            if (serde == null) {
                serde = open();
            }
            return serde;
        }

        @Override
        public Class<T> type() {
            return type;
        }

        @Override
        public void write(T value, DataOutputView out) throws IOException {
            Codec.writeBytes(serde().serializer().serialize("", value), out);
        }

        @Override
        public T read(int version, DataInputView in) throws IOException {
            return serde().deserializer().deserialize("", Codec.readBytes(in));
        }
    }

    /** {@link DeadLetter}. */
    public static final class DeadLetterForm extends SerdeForm<DeadLetter> {
        private static final long serialVersionUID = 1L;

        public DeadLetterForm() {
            super(DeadLetter.class);
        }

        @Override
        Serde<DeadLetter> open() {
            return UnderstudySerdes.deadLetter();
        }
    }

    /** {@link Candidate}. */
    public static final class CandidateForm extends SerdeForm<Candidate> {
        private static final long serialVersionUID = 1L;

        public CandidateForm() {
            super(Candidate.class);
        }

        @Override
        Serde<Candidate> open() {
            return UnderstudySerdes.candidate();
        }
    }

    /** {@link Promotion}. */
    public static final class PromotionForm extends SerdeForm<Promotion> {
        private static final long serialVersionUID = 1L;

        public PromotionForm() {
            super(Promotion.class);
        }

        @Override
        Serde<Promotion> open() {
            return UnderstudySerdes.promotion();
        }
    }

    /** {@link TrainingRecord}. */
    public static final class TrainingRecordForm extends SerdeForm<TrainingRecord> {
        private static final long serialVersionUID = 1L;

        public TrainingRecordForm() {
            super(TrainingRecord.class);
        }

        @Override
        Serde<TrainingRecord> open() {
            return UnderstudySerdes.trainingRecord();
        }
    }

    /** {@link Tally}. */
    public static final class TallyForm extends Codec<Tally> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Tally> type() {
            return Tally.class;
        }

        @Override
        public void write(Tally tally, DataOutputView out) throws IOException {
            out.writeUTF(tally.policy());
            out.writeUTF(tally.name());
            out.writeLong(tally.count());
        }

        @Override
        public Tally read(int version, DataInputView in) throws IOException {
            return new Tally(in.readUTF(), in.readUTF(), in.readLong());
        }
    }

    /** {@link LogRecord}. */
    public static final class LogRecordForm extends Codec<LogRecord> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<LogRecord> type() {
            return LogRecord.class;
        }

        @Override
        public void write(LogRecord log, DataOutputView out) throws IOException {
            DeadLetter letter = log.deadLetter();
            out.writeBoolean(letter == null);
            if (letter == null) {
                out.writeUTF(log.entity());
                out.writeUTF(log.episode());
                out.writeLong(log.sequence());
                out.writeLong(log.timeMs());
                Codec.writeBytes(log.value(), out);
                out.writeInt(log.partition());
                out.writeLong(log.offset());
            } else {
                DEAD_LETTER.write(letter, out);
            }
            out.writeLong(log.sentMs());
            out.writeLong(log.clockMs());
        }

        @Override
        public LogRecord read(int version, DataInputView in) throws IOException {
            return in.readBoolean()
                    ? new LogRecord(
                            in.readUTF(),
                            in.readUTF(),
                            in.readLong(),
                            in.readLong(),
                            Codec.readBytes(in),
                            null,
                            in.readInt(),
                            in.readLong(),
                            in.readLong(),
                            in.readLong())
                    : LogRecord.dead(DEAD_LETTER.read(DEAD_LETTER.version(), in), in.readLong())
                            .at(in.readLong());
        }
    }

    /** {@link Step}. */
    public static final class StepForm extends Codec<Step> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Step> type() {
            return Step.class;
        }

        @Override
        public void write(Step step, DataOutputView out) throws IOException {
            Binary.writeStep(step, out);
        }

        @Override
        public Step read(int version, DataInputView in) throws IOException {
            return Binary.readStep(in);
        }
    }

    /** {@link ModelEvent}. */
    public static final class ModelEventForm extends Codec<ModelEvent> {
        private static final long serialVersionUID = 1L;
        private static final int CANDIDATE_KIND = 1;
        private static final int PROMOTION_KIND = 2;
        private static final int PIECE_KIND = 3;
        private static final int DEAD_KIND = 4;

        @Override
        public Class<ModelEvent> type() {
            return ModelEvent.class;
        }

        @Override
        public void write(ModelEvent event, DataOutputView out) throws IOException {
            Candidate candidate = event.candidate();
            Promotion promotion = event.promotion();
            ArtifactKey key = event.key();
            ArtifactChunk chunk = event.chunk();
            DeadLetter letter = event.deadLetter();
            if (candidate != null) {
                out.writeByte(CANDIDATE_KIND);
                CANDIDATE.write(candidate, out);
            } else if (promotion != null) {
                out.writeByte(PROMOTION_KIND);
                PROMOTION.write(promotion, out);
            } else if (key != null && chunk != null) {
                out.writeByte(PIECE_KIND);
                Binary.writeArtifactKey(key, out);
                Codec.writeBytes(chunk.bytes(), out);
            } else if (letter != null) {
                out.writeByte(DEAD_KIND);
                DEAD_LETTER.write(letter, out);
            }
        }

        @Override
        public ModelEvent read(int version, DataInputView in) throws IOException {
            int kind = in.readByte();
            return switch (kind) {
                case CANDIDATE_KIND -> ModelEvent.of(CANDIDATE.read(CANDIDATE.version(), in));
                case PROMOTION_KIND -> ModelEvent.of(PROMOTION.read(PROMOTION.version(), in));
                case PIECE_KIND -> ModelEvent.of(Binary.readArtifactKey(in), new ArtifactChunk(Codec.readBytes(in)));
                case DEAD_KIND -> ModelEvent.of(DEAD_LETTER.read(DEAD_LETTER.version(), in));
                default -> throw new IOException("expected an event of kind 1 to 4, found " + kind);
            };
        }
    }
}
