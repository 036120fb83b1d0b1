package dev.understudy.schemas;

import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Domain;
import dev.understudy.schemas.Topics.Topic;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The topics of one domain, which are named after it; the key is the entity.
 *
 * @param domain such as {@code control}: lower-case letters, digits and dashes
 */
public record DomainTopics(String domain) {
    private static final String ROLLOUTS = ".rollouts.v1";
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    /** Tasks whose observations are rows of numbers; the values of logs and observations are {@code ControlStep}s. */
    public static final DomainTopics CONTROL = new DomainTopics("control");

    /** Conversations; the values of logs and observations are {@code Turn}s. */
    public static final DomainTopics DIALOGUE = of(Turn.DOMAIN);

    /** @throws IllegalArgumentException if the name is none that a topic can begin with */
    public DomainTopics {
        if (!NAME.matcher(domain).matches()) {
            throw new IllegalArgumentException(
                    "expected a domain of lower-case letters, digits and dashes, found '" + domain + "'");
        }
    }

    /** Returns the topics of a domain. */
    public static DomainTopics of(Domain<?> domain) {
        return new DomainTopics(domain.name());
    }

    /** Returns the topic of what was measured and done, one step per record. */
    public String logs() {
        return domain + ".logs.v1";
    }

    /** Returns the topic of live input. */
    public String observations() {
        return domain + ".observations.v1";
    }

    /** Returns the topic of answers, values {@link Decision}. */
    public String decisions() {
        return domain + ".decisions.v1";
    }

    /** Returns the topic of the steps that policies made, values {@link RolloutStep}. */
    public String rollouts() {
        return domain + ROLLOUTS;
    }

    /** Returns whether a topic is that of a domain's rollouts. */
    public static boolean isRollouts(String topic) {
        return topic.endsWith(ROLLOUTS);
    }

    /** Returns these topics as they should be, with so many partitions each. */
    public List<Topic> all(int partitions) {
        return List.of(
                Topics.byTime(logs(), partitions, Topics.MONTH),
                Topics.byTime(observations(), partitions, Topics.WEEK),
                Topics.byTime(decisions(), partitions, Topics.WEEK),
                Topics.byTime(rollouts(), partitions, Topics.MONTH));
    }
}
