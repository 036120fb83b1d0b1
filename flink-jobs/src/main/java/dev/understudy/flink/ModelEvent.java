package dev.understudy.flink;

import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Promotion;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a model: exactly one of a candidate, a promotion, a piece of a model file, or a record of
 * those topics that could not be read.
 *
 * @param policy whose model; empty for a dead letter
 * @param candidate a model asks to be promoted
 * @param promotion a model is in force
 * @param key which piece of a model file; together with {@code chunk}
 * @param chunk the piece
 * @param deadLetter a record that could not be read
 */
public record ModelEvent(
        String policy,
        @Nullable Candidate candidate,
        @Nullable Promotion promotion,
        @Nullable ArtifactKey key,
        @Nullable ArtifactChunk chunk,
        @Nullable DeadLetter deadLetter) {
    /** Returns the event of a candidate. */
    public static ModelEvent of(Candidate candidate) {
        return new ModelEvent(candidate.policy(), candidate, null, null, null, null);
    }

    /** Returns the event of a promotion. */
    public static ModelEvent of(Promotion promotion) {
        return new ModelEvent(promotion.policy(), null, promotion, null, null, null);
    }

    /** Returns the event of a piece of a model file. */
    public static ModelEvent of(ArtifactKey key, ArtifactChunk chunk) {
        return new ModelEvent(key.policy(), null, null, key, chunk, null);
    }

    /** Returns the event of a record that could not be read. */
    public static ModelEvent of(DeadLetter letter) {
        return new ModelEvent("", null, null, null, null, letter);
    }
}
