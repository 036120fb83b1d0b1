package dev.understudy.dialogue;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Sample;
import java.time.Duration;
import java.util.List;

/**
 * One turn of a conversation.
 *
 * <p>A turn comes from outside, so its text may be one that no policy is asked about. {@link TurnCheck} finds that.
 *
 * @param entity who is answered: the partner of the conversation, or its writer; the conversation itself where neither
 *     is known
 * @param episode the conversation; never split between training and evaluation
 * @param sequence number of the turn in its conversation, from 0, rising by one
 * @param timeMs event time, milliseconds since 1970
 * @param actor who wrote the text; in live input, who will write the answer
 * @param label a free word, such as the topic, used to report slices and never observed by a policy; may be empty
 * @param engaged whether a policy was in charge when a person took over and wrote this: a correction of it
 * @param role whose side the turn is on
 * @param text what was said
 * @param acts what was meant, as {@code domain|act|slot|value}; more values may follow; may be empty
 * @param weight 1 if this is to be imitated, 0 if it is only context
 */
public record Turn(
        String entity,
        String episode,
        long sequence,
        long timeMs,
        Actor actor,
        String label,
        boolean engaged,
        Role role,
        String text,
        List<String> acts,
        int weight)
        implements Sample {
    /** The domain whose records turns are. */
    public static final Domain<Turn> DOMAIN = new Domain<>("dialogue", Turn.class, Duration.ofDays(7));

    /** @throws IllegalArgumentException if the weight is neither 0 nor 1 */
    public Turn {
        if (weight != 0 && weight != 1) {
            throw new IllegalArgumentException(
                    "expected weight 0 or 1, got %d (turn %d of %s)".formatted(weight, sequence, episode));
        }
        acts = List.copyOf(acts);
    }

    /**
     * Returns the weight of a turn that nobody marked: 1 on the side that answers unless a policy wrote it, else 0. An
     * end user's words are context, and a policy does not learn from itself.
     */
    public static int usualWeight(Role role, Actor actor) {
        return role == Role.ASSISTANT && actor != Actor.POLICY ? 1 : 0;
    }

    /** Returns whether this is to be imitated: weight 1, and not a policy's own words. */
    public boolean isDemonstration() {
        return weight == 1 && actor != Actor.POLICY;
    }

    /** Returns this turn at another time. */
    public Turn at(long newTimeMs) {
        return new Turn(entity, episode, sequence, newTimeMs, actor, label, engaged, role, text, acts, weight);
    }
}
