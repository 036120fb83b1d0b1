package dev.understudy.flink.serialization;

import dev.understudy.domain.Step;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RolloutStep;
import dev.understudy.schemas.TrainingRecord;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The codecs of types of other modules. Types of the jobs have theirs as a constant. */
public final class Codecs {
    public static final Codec<Step> STEP = new StepForm();
    public static final Codec<DeadLetter> DEAD_LETTER = new DeadLetterForm();
    public static final Codec<Candidate> CANDIDATE = new CandidateForm();
    public static final Codec<Promotion> PROMOTION = new PromotionForm();
    public static final Codec<RolloutStep> ROLLOUT = new RolloutForm();
    public static final Codec<TrainingRecord> TRAINING_RECORD = new TrainingRecordForm();

    private Codecs() {}

    /**
     * A type that has a codec of topics: its bytes know their schema, so older ones stay readable. What is read here
     * was checked when it came from a topic.
     */
    private abstract static class SerdeForm<T> extends Codec<T> {
        private static final long serialVersionUID = 1L;

        private final Class<T> type;

        SerdeForm(Class<T> type) {
            this.type = type;
        }

        abstract dev.understudy.schemas.Codec<T> ofTopics();

        @Override
        public Class<T> type() {
            return type;
        }

        @Override
        public void write(T value, DataOutputView out) throws IOException {
            Codec.writeBytes(ofTopics().encode(value), out);
        }

        @Override
        public T read(int version, DataInputView in) throws IOException {
            return ofTopics().restore(Codec.readBytes(in));
        }
    }

    /** {@link DeadLetter}. */
    public static final class DeadLetterForm extends SerdeForm<DeadLetter> {
        private static final long serialVersionUID = 1L;

        public DeadLetterForm() {
            super(DeadLetter.class);
        }

        @Override
        dev.understudy.schemas.Codec<DeadLetter> ofTopics() {
            return dev.understudy.schemas.Codecs.DEAD_LETTER;
        }
    }

    /** {@link Candidate}. */
    public static final class CandidateForm extends SerdeForm<Candidate> {
        private static final long serialVersionUID = 1L;

        public CandidateForm() {
            super(Candidate.class);
        }

        @Override
        dev.understudy.schemas.Codec<Candidate> ofTopics() {
            return dev.understudy.schemas.Codecs.CANDIDATE;
        }
    }

    /** {@link Promotion}. */
    public static final class PromotionForm extends SerdeForm<Promotion> {
        private static final long serialVersionUID = 1L;

        public PromotionForm() {
            super(Promotion.class);
        }

        @Override
        dev.understudy.schemas.Codec<Promotion> ofTopics() {
            return dev.understudy.schemas.Codecs.PROMOTION;
        }
    }

    /** {@link RolloutStep}. */
    public static final class RolloutForm extends SerdeForm<RolloutStep> {
        private static final long serialVersionUID = 1L;

        public RolloutForm() {
            super(RolloutStep.class);
        }

        @Override
        dev.understudy.schemas.Codec<RolloutStep> ofTopics() {
            return dev.understudy.schemas.Codecs.ROLLOUT;
        }
    }

    /** {@link TrainingRecord}. */
    public static final class TrainingRecordForm extends SerdeForm<TrainingRecord> {
        private static final long serialVersionUID = 1L;

        public TrainingRecordForm() {
            super(TrainingRecord.class);
        }

        @Override
        dev.understudy.schemas.Codec<TrainingRecord> ofTopics() {
            return dev.understudy.schemas.Codecs.TRAINING_RECORD;
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
