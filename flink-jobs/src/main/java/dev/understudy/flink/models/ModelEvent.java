package dev.understudy.flink.models;

import dev.understudy.flink.serialization.Binary;
import dev.understudy.flink.serialization.Codec;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Something that happened to a model. */
public sealed interface ModelEvent {
    /** How it is written. */
    Codec<ModelEvent> CODEC = new Form();

    /** Returns whose model; empty for a record that could not be read. */
    String policy();

    /**
     * A model asks to be promoted.
     *
     * @param candidate what is known of it
     */
    record Proposed(Candidate candidate) implements ModelEvent {
        @Override
        public String policy() {
            return candidate.policy();
        }
    }

    /**
     * The gate has judged, or an operator has put another model in force.
     *
     * @param promotion the verdict
     * @param offset where it stands in its topic, which has one partition; -1 if nobody knows
     */
    record Judged(Promotion promotion, long offset) implements ModelEvent {
        /** One from nowhere in particular. */
        public Judged(Promotion promotion) {
            this(promotion, -1);
        }

        /**
         * Returns the dead letter of a promotion that cannot be.
         *
         * @param stage the program that gave it up
         * @param nowMs wall clock, milliseconds since 1970
         */
        public DeadLetter dead(String stage, String reason, long nowMs) {
            return new DeadLetter(
                    stage,
                    reason,
                    Topics.PROMOTIONS,
                    0,
                    offset,
                    promotion.policy().getBytes(StandardCharsets.UTF_8),
                    UnderstudySerdes.promotion().serializer().serialize(Topics.PROMOTIONS, promotion),
                    nowMs);
        }

        @Override
        public String policy() {
            return promotion.policy();
        }
    }

    /**
     * A piece of a model file.
     *
     * @param key which piece of which file
     * @param chunk its bytes
     */
    record Piece(ArtifactKey key, ArtifactChunk chunk) implements ModelEvent {
        @Override
        public String policy() {
            return key.policy();
        }
    }

    /**
     * A record of the topics of models that could not be read.
     *
     * @param letter what was wrong
     */
    record Unreadable(DeadLetter letter) implements ModelEvent {
        @Override
        public String policy() {
            return "";
        }
    }

    /** Writes and reads it. */
    final class Form extends Codec<ModelEvent> {
        private static final long serialVersionUID = 1L;
        private static final int PROPOSED = 1;
        private static final int JUDGED = 2;
        private static final int PIECE = 3;
        private static final int UNREADABLE = 4;

        @Override
        public Class<ModelEvent> type() {
            return ModelEvent.class;
        }

        @Override
        public void write(ModelEvent event, DataOutputView out) throws IOException {
            if (event instanceof Proposed proposed) {
                out.writeByte(PROPOSED);
                Codecs.CANDIDATE.write(proposed.candidate(), out);
            } else if (event instanceof Judged judged) {
                out.writeByte(JUDGED);
                Codecs.PROMOTION.write(judged.promotion(), out);
                out.writeLong(judged.offset());
            } else if (event instanceof Piece piece) {
                out.writeByte(PIECE);
                Binary.writeArtifactKey(piece.key(), out);
                Codec.writeBytes(piece.chunk().bytes(), out);
            } else if (event instanceof Unreadable unreadable) {
                out.writeByte(UNREADABLE);
                Codecs.DEAD_LETTER.write(unreadable.letter(), out);
            }
        }

        @Override
        public ModelEvent read(int version, DataInputView in) throws IOException {
            int kind = in.readByte();
            return switch (kind) {
                case PROPOSED -> new Proposed(Codecs.CANDIDATE.read(Codecs.CANDIDATE.version(), in));
                case JUDGED -> new Judged(Codecs.PROMOTION.read(Codecs.PROMOTION.version(), in), in.readLong());
                case PIECE -> new Piece(Binary.readArtifactKey(in), new ArtifactChunk(Codec.readBytes(in)));
                case UNREADABLE -> new Unreadable(Codecs.DEAD_LETTER.read(Codecs.DEAD_LETTER.version(), in));
                default -> throw new IOException("expected an event of kind 1 to 4, found " + kind);
            };
        }
    }
}
