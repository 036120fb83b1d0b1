/**
 * Cloning of sequences of tokens: the recurrent policy that makes what was said most likely, token by token.
 *
 * <pre>
 * TokenSequence ... ─► Packing (parallel streams, segments) ─► SequencePrograms ─► LearnerState
 * </pre>
 */
@NullMarked
package dev.understudy.learn.sequence;

import org.jspecify.annotations.NullMarked;
