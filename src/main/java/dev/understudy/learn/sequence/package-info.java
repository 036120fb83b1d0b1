/**
 * Sequences of tokens: cloning, the recurrent policy that makes what was said most likely, token by token, and
 * adversarial imitation, which goes on from it.
 *
 * <pre>
 * TokenSequence ... ─► Packing (parallel streams, segments) ─► SequencePrograms ─► LearnerState
 * Exchange ... ─► SequenceSampler ─► SequenceDiscriminator ─► SequencePrograms (tokens weighted by advantages)
 * </pre>
 */
@NullMarked
package dev.understudy.learn.sequence;

import org.jspecify.annotations.NullMarked;
