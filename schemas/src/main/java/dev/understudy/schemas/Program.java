package dev.understudy.schemas;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;

/**
 * The programs, and the least that each needs to be allowed in a cluster with authorisation. What {@code doctor --acls}
 * prints and checks, and the table in the documentation, come from here.
 */
public enum Program {
    /** Sends logs and observations. */
    INGEST,
    /** A device or an environment: sends what it sees and did, and reads what is decided. */
    CLIENT,
    /** The learning job. */
    LEARN,
    /** The promotion job. */
    PROMOTE_GATE,
    /** A serving instance. */
    SERVE,
    /** {@code models list}, {@code show}, {@code verify} and {@code export}. */
    MODELS,
    /** {@code models rollback}. */
    ROLLBACK;

    /** Topics that say what is served: who writes them without being asked to steers. */
    public static final List<String> STEERING =
            List.of(Topics.ARTIFACTS, Topics.CANDIDATES, Topics.PROMOTIONS, Topics.HISTORY);

    /** Prefix of the consumer groups of the learning job. */
    private static final String LEARNING = "understudy-learning";

    private static final String PROMOTION = "understudy-promotion";
    private static final String CLIENTS = "understudy-client";
    /** Prefixes of the groups that say who is the only one to work on a policy. */
    private static final String LEARN_CLAIM = "understudy-learn-claim";

    private static final String GATE_CLAIM = "understudy-promote-gate-claim";

    /**
     * What the programs of the pipeline ask of every topic when they start: whether its settings are as they should be.
     */
    private static final Set<AclOperation> LOOK = Set.of(AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS);

    /** Topics of each domain. */
    private enum Kind {
        LOGS,
        OBSERVATIONS,
        DECISIONS,
        ROLLOUTS;

        String of(DomainTopics topics) {
            return switch (this) {
                case LOGS -> topics.logs();
                case OBSERVATIONS -> topics.observations();
                case DECISIONS -> topics.decisions();
                case ROLLOUTS -> topics.rollouts();
            };
        }
    }

    /** What a program does to topics: those of each domain, and those of all. */
    private record Uses(List<Kind> readOfDomain, List<Kind> writtenOfDomain, List<String> read, List<String> written) {}

    private Uses uses() {
        return switch (this) {
            case INGEST ->
                new Uses(List.of(), List.of(Kind.LOGS, Kind.OBSERVATIONS), List.of(), List.of(Topics.DEAD_LETTERS));
            case CLIENT ->
                new Uses(List.of(Kind.DECISIONS), List.of(Kind.LOGS, Kind.OBSERVATIONS), List.of(), List.of());
            case LEARN ->
                new Uses(
                        List.of(Kind.LOGS, Kind.ROLLOUTS),
                        List.of(),
                        List.of(Topics.ARTIFACTS, Topics.CANDIDATES, Topics.PROMOTIONS, Topics.HISTORY, Topics.REPORTS),
                        List.of(Topics.ARTIFACTS, Topics.CANDIDATES, Topics.REPORTS, Topics.DEAD_LETTERS));
            case PROMOTE_GATE ->
                new Uses(
                        List.of(Kind.LOGS),
                        List.of(),
                        STEERING,
                        List.of(Topics.PROMOTIONS, Topics.HISTORY, Topics.REPORTS, Topics.DEAD_LETTERS));
            case SERVE ->
                new Uses(
                        List.of(Kind.OBSERVATIONS),
                        List.of(Kind.DECISIONS, Kind.ROLLOUTS),
                        List.of(Topics.ARTIFACTS, Topics.PROMOTIONS, Topics.HISTORY),
                        List.of(Topics.ACKS, Topics.DEAD_LETTERS));
            case MODELS -> {
                List<String> read = new ArrayList<>(STEERING);
                read.add(Topics.ACKS);
                yield new Uses(List.of(), List.of(), read, List.of());
            }
            case ROLLBACK ->
                new Uses(List.of(Kind.DECISIONS), List.of(), STEERING, List.of(Topics.PROMOTIONS, Topics.HISTORY));
        };
    }

    /**
     * Something that a program needs to be allowed.
     *
     * @param type of the resource
     * @param pattern whether the name is a whole one or the beginning of some
     * @param name of the resource
     * @param operations what it does there
     */
    public record Access(ResourceType type, PatternType pattern, String name, Set<AclOperation> operations) {
        public Access {
            operations = Set.copyOf(operations);
        }

        /** The resource as it is printed: {@code topic models.history.v1}, {@code group understudy-learning*}. */
        public String resource() {
            return type.name().toLowerCase(Locale.ROOT).replace('_', ' ') + " " + name
                    + (pattern == PatternType.PREFIXED ? "*" : "");
        }

        /** The operations as they are printed, in their order. */
        public String actions() {
            return String.join(
                    ", ",
                    new TreeSet<>(operations.stream().map(AclOperation::name).toList()));
        }
    }

    /** Returns the program's name, by which its user is called too, where nothing else is said. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns whether it looks at the settings of all topics when it starts. */
    public boolean checksTopics() {
        return this == INGEST || this == LEARN || this == PROMOTE_GATE || this == SERVE;
    }

    /** Returns the topics that it reads. */
    public Set<String> reads(List<DomainTopics> domains) {
        Uses uses = uses();
        return topics(uses.readOfDomain(), uses.read(), domains);
    }

    /** Returns the topics that it writes. */
    public Set<String> writes(List<DomainTopics> domains) {
        Uses uses = uses();
        return topics(uses.writtenOfDomain(), uses.written(), domains);
    }

    private static Set<String> topics(List<Kind> kinds, List<String> others, List<DomainTopics> domains) {
        Set<String> topics = new TreeSet<>(others);
        domains.forEach(domain -> kinds.forEach(kind -> topics.add(kind.of(domain))));
        return topics;
    }

    /**
     * Returns the least that it needs to be allowed.
     *
     * @param domains whose topics it works on
     * @param application of {@code serve}, with which the names of its own topics, group and transactions begin
     */
    public List<Access> needs(List<DomainTopics> domains, String application) {
        Set<String> reads = reads(domains);
        Set<String> writes = writes(domains);
        List<Access> needs = new ArrayList<>();
        for (String topic : everyTopic(domains)) {
            Set<AclOperation> operations = checksTopics() ? new TreeSet<>(LOOK) : new TreeSet<>();
            if (reads.contains(topic)) {
                operations.add(AclOperation.READ);
            }
            if (writes.contains(topic)) {
                operations.add(AclOperation.WRITE);
            }
            if (!operations.isEmpty()) {
                needs.add(new Access(ResourceType.TOPIC, PatternType.LITERAL, topic, operations));
            }
        }
        switch (this) {
            case LEARN -> {
                needs.add(group(LEARNING));
                needs.add(group(LEARN_CLAIM));
            }
            case PROMOTE_GATE -> {
                needs.add(group(PROMOTION));
                needs.add(group(GATE_CLAIM));
            }
            case CLIENT -> needs.add(group(CLIENTS));
            case SERVE -> {
                needs.add(group(application));
                needs.add(new Access(
                        ResourceType.TOPIC,
                        PatternType.PREFIXED,
                        application,
                        Set.of(
                                AclOperation.READ,
                                AclOperation.WRITE,
                                AclOperation.CREATE,
                                AclOperation.DESCRIBE,
                                AclOperation.DESCRIBE_CONFIGS)));
                needs.add(new Access(
                        ResourceType.TRANSACTIONAL_ID,
                        PatternType.PREFIXED,
                        application,
                        Set.of(AclOperation.WRITE, AclOperation.DESCRIBE)));
            }
            default -> {}
        }
        return List.copyOf(needs);
    }

    private static Access group(String prefix) {
        return new Access(
                ResourceType.GROUP, PatternType.PREFIXED, prefix, Set.of(AclOperation.READ, AclOperation.DESCRIBE));
    }

    /** Returns the names of the topics of some domains and of those that all domains share. */
    public static Set<String> everyTopic(List<DomainTopics> domains) {
        Set<String> topics = new TreeSet<>(List.of(
                Topics.ARTIFACTS,
                Topics.CANDIDATES,
                Topics.HISTORY,
                Topics.PROMOTIONS,
                Topics.ACKS,
                Topics.REPORTS,
                Topics.DEAD_LETTERS));
        // Every program looks at the topics of driving, whatever its domain.
        Topics.all(1).forEach(topic -> topics.add(topic.name()));
        domains.forEach(domain -> domain.all(1).forEach(topic -> topics.add(topic.name())));
        return topics;
    }

    /**
     * Returns the table of the documentation: a line for each program, topics of a domain as {@code DOMAIN.logs.v1}.
     */
    public static List<String> markdown() {
        List<String> lines = new ArrayList<>();
        lines.add("| program | reads | writes | and |");
        lines.add("|---|---|---|---|");
        List<DomainTopics> any = List.of(new DomainTopics("domain"));
        for (Program program : values()) {
            StringBuilder others = new StringBuilder();
            for (Access access : program.needs(any, "understudy-serving")) {
                if (access.type() != ResourceType.TOPIC || access.pattern() != PatternType.LITERAL) {
                    others.append(others.isEmpty() ? "" : "; ")
                            .append(access.resource().replace(access.name() + "*", "`" + access.name() + "*`"))
                            .append(": ")
                            .append(access.actions());
                }
            }
            lines.add("| `%s` | %s | %s | %s |"
                    .formatted(program.word(), cells(program.reads(any)), cells(program.writes(any)), others));
        }
        return lines;
    }

    private static String cells(Set<String> topics) {
        return String.join(
                ", ",
                topics.stream()
                        .map(topic -> "`" + topic.replaceFirst("^domain\\.", "DOMAIN.") + "`")
                        .toList());
    }
}
