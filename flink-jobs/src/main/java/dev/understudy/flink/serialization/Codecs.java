package dev.understudy.flink.serialization;

import dev.understudy.domain.Step;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.kafka.common.serialization.Serde;
import org.jspecify.annotations.Nullable;

/** The codecs of types of other modules. Types of the jobs have theirs as a constant. */
public final class Codecs {
    public static final Codec<Step> STEP = new StepForm();
    public static final Codec<DeadLetter> DEAD_LETTER = new DeadLetterForm();
    public static final Codec<Candidate> CANDIDATE = new CandidateForm();
    public static final Codec<Promotion> PROMOTION = new PromotionForm();
    public static final Codec<RolloutStep> ROLLOUT = new RolloutForm();
    public static final Codec<TrainingRecord> TRAINING_RECORD = new TrainingRecordForm();

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

    /** {@link RolloutStep}. */
    public static final class RolloutForm extends SerdeForm<RolloutStep> {
        private static final long serialVersionUID = 1L;

        public RolloutForm() {
            super(RolloutStep.class);
        }

        @Override
        Serde<RolloutStep> open() {
            return UnderstudySerdes.rollout();
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

    /** {@link Step}. */
    public static final class StepForm extends Codec<Step> {
        private static final long serialVersionUID = 1L;

        @Override
        public Class<Step> type() {
            return Step.class;
        }

        @Override
        public int version() {
            return 2;
        }

        @Override
        public void write(Step step, DataOutputView out) throws IOException {
            Binary.writeStep(step, out);
        }

        @Override
        public Step read(int version, DataInputView in) throws IOException {
            return Binary.readStep(version > 1, in);
        }
    }
}
