/**
 * Dialogue: turns of conversations, in text, and what a policy of replies is made from and held against.
 *
 * <pre>
 *   log, live input -&gt; PersonalData (masks) -&gt; Turn -&gt; TurnCheck -&gt; Tokeniser -&gt; token ids
 *                                                                        |-&gt; KneserNey          n-gram baseline
 *   Conversation: the turns of one dialogue, in order                    '-&gt; TextScores         bits per byte
 *                                                   ReplyChoice -&gt; TfIdfRetrieval -&gt; RecallAtOne
 *
 *   DialogueContext: the newest turns -&gt; ResponderPolicy    says a reply, token after token
 *                                     -&gt; RetrieverPolicy    chooses one of the replies it knows (TextFeatures, WordRarity)
 *                                     -&gt; ActsPolicy         chooses what is meant by the next turn (TextFeatures)
 * </pre>
 */
@NullMarked
package dev.understudy.dialogue;

import org.jspecify.annotations.NullMarked;
