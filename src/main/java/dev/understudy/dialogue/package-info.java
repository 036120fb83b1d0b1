/**
 * Dialogue: turns of conversations, in text, and what a policy of replies is made from and held against.
 *
 * <pre>
 *   log, live input -&gt; PersonalData (masks) -&gt; Turn -&gt; TurnCheck -&gt; Tokeniser -&gt; token ids
 *                                                                        |-&gt; KneserNey          n-gram baseline
 *   Conversation: the turns of one dialogue, in order                    '-&gt; TextScores         bits per byte
 *                                                   ReplyChoice -&gt; TfIdfRetrieval -&gt; RecallAtOne
 * </pre>
 */
@NullMarked
package dev.understudy.dialogue;

import org.jspecify.annotations.NullMarked;
