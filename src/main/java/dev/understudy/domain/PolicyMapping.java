package dev.understudy.domain;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which policy a sample belongs to. It is asked once for each episode, at its first sample. */
public interface PolicyMapping extends Serializable {
    /** All samples of a domain belong to one policy. */
    String ONE = "one";

    /** The label of a sample names its policy, or a variant of the only one. */
    String LABEL = "label";

    /** What stands before the first slash in the name of an entity does. */
    String ENTITY_PREFIX = "entity-prefix";

    /** Returns the policy, null if the sample belongs to none. */
    @Nullable
    PolicyName policyOf(Sample sample);

    /**
     * Returns a mapping.
     *
     * @param choice {@value #ONE}, {@value #LABEL}, {@value #ENTITY_PREFIX}, or a file of lines {@code ENTITY = POLICY}
     *     or {@code PREFIX* = POLICY}, of which an entity goes by the longest that it begins with; empty for
     *     {@value #ONE} where one policy was asked for and {@value #LABEL} where several were
     * @param names what was asked for, of one domain; not empty
     * @param known every policy that a file may name
     * @throws IllegalArgumentException if there is no such mapping, saying what is wrong in which line
     */
    static PolicyMapping of(String choice, List<PolicyName> names, Set<String> known) {
        List<PolicyName> parents =
                names.stream().map(PolicyName::parent).distinct().toList();
        List<PolicyName> others = others(known, parents);
        return switch (choice.isEmpty() ? names.size() == 1 ? ONE : LABEL : choice) {
            case ONE -> {
                if (names.size() != 1) {
                    throw new IllegalArgumentException(
                            "expected one policy of domain %s for the mapping %s, found %s; choose %s, %s or a file"
                                    .formatted(names.get(0).domain(), ONE, names, LABEL, ENTITY_PREFIX));
                }
                PolicyName only = names.get(0);
                yield sample ->
                        isOfAnother(policyIn(sample.label()), others) || only.isSibling(sample.label()) ? null : only;
            }
            case LABEL -> {
                yield sample -> named(sample.label(), parents, others);
            }
            case ENTITY_PREFIX -> {
                yield sample -> named(
                        sample.entity().substring(0, Math.max(0, sample.entity().indexOf('/'))), parents, others);
            }
            default -> {
                List<Line> lines = read(choice, known).stream()
                        .filter(line -> line.policy.domain().equals(names.get(0).domain()))
                        .toList();
                if (lines.stream().noneMatch(line -> parents.contains(line.policy.parent()))) {
                    throw new IllegalArgumentException(
                            "%s: expected a line for one of %s, found none".formatted(choice, names));
                }
                yield new Lines(lines);
            }
        };
    }

    /** Returns the policies of the same domain that were not asked for: what is theirs is nobody's here. */
    private static List<PolicyName> others(Set<String> known, List<PolicyName> parents) {
        return known.stream()
                .map(PolicyName::parse)
                .filter(name -> name.domain().equals(parents.get(0).domain()) && !parents.contains(name))
                .toList();
    }

    /**
     * Returns the policy that a word names: by its whole name or the last part of it, in any case, with or without a
     * variant; if there is but one, any other word that is not the name of another policy names a variant of it, and no
     * word the policy itself.
     */
    private static @Nullable PolicyName named(String word, List<PolicyName> parents, List<PolicyName> others) {
        String policy = policyIn(word);
        for (PolicyName parent : parents) {
            if (parent.isCalled(policy)) {
                return policy.equals(word) ? parent : variant(parent, word.substring(policy.length() + 1));
            }
        }
        if (parents.size() > 1 || isOfAnother(policy, others)) {
            return null;
        }
        PolicyName only = parents.get(0);
        return word.isEmpty() ? only : variant(only, word);
    }

    /** Returns what stands before a variant's name. */
    private static String policyIn(String word) {
        int at = word.indexOf('@');
        return at < 0 ? word : word.substring(0, at);
    }

    private static boolean isOfAnother(String policy, List<PolicyName> others) {
        return others.stream().anyMatch(other -> other.isCalled(policy));
    }

    private static @Nullable PolicyName variant(PolicyName parent, String word) {
        return PolicyName.canBeVariant(word) ? new PolicyName(parent.spec(), word) : null;
    }

    private static List<Line> read(String file, Set<String> known) {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of(file));
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(
                    "expected %s, %s, %s or a readable file, found %s (%s)"
                            .formatted(
                                    ONE,
                                    LABEL,
                                    ENTITY_PREFIX,
                                    file,
                                    e.getClass().getSimpleName()),
                    e);
        }
        List<Line> read = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                Line parsed = Line.parse(line, known, file + " line " + (i + 1));
                if (read.stream().anyMatch(parsed::isOfTheSame)) {
                    throw new IllegalArgumentException(
                            "%s line %d: expected one line for each entity, found another for \"%s\""
                                    .formatted(file, i + 1, parsed.entity));
                }
                read.add(parsed);
            }
        }
        return read;
    }

    /** A line of a file. */
    record Line(String entity, boolean isPrefix, PolicyName policy) implements Serializable {
        private static Line parse(String text, Set<String> known, String where) {
            int equals = text.lastIndexOf('=');
            String entity = text.substring(0, Math.max(0, equals)).strip();
            if (entity.isEmpty()) {
                throw new IllegalArgumentException(
                        "%s: expected ENTITY = POLICY or PREFIX* = POLICY, found \"%s\"".formatted(where, text));
            }
            PolicyName policy;
            try {
                policy = PolicyName.parse(text.substring(equals + 1).strip());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(where + ": " + e.getMessage(), e);
            }
            if (!known.contains(policy.spec())) {
                throw new IllegalArgumentException(
                        "%s: expected one of the policies %s or a variant, found %s".formatted(where, known, policy));
            }
            boolean isPrefix = entity.endsWith("*");
            return new Line(isPrefix ? entity.substring(0, entity.length() - 1) : entity, isPrefix, policy);
        }

        boolean isOfTheSame(Line other) {
            return entity.equals(other.entity) && isPrefix == other.isPrefix;
        }

        boolean holds(String name) {
            return isPrefix ? name.startsWith(entity) : name.equals(entity);
        }
    }

    /** The lines of a file. */
    record Lines(List<Line> lines) implements PolicyMapping {
        @Override
        public @Nullable PolicyName policyOf(Sample sample) {
            return lines.stream()
                    .filter(line -> line.holds(sample.entity()))
                    .max(Comparator.comparing((Line line) -> !line.isPrefix)
                            .thenComparing(line -> line.entity.length()))
                    .map(Line::policy)
                    .orElse(null);
        }
    }
}
