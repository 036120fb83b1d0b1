package dev.understudy.domain;

import java.io.Serializable;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The policies of one domain that a program works on. To ask for a policy is to ask for its variants too; to ask for a
 * variant is to ask for it alone.
 *
 * @param specs what policies of the domain are, those that were asked for first; others may have left something in the
 *     state of a program that was asked for them once
 * @param names what was asked for, policies or variants, each of one of the specs; not empty
 * @param mapping which of them a sample belongs to
 */
public record Policies<S extends Sample>(List<PolicySpec<S>> specs, List<PolicyName> names, PolicyMapping mapping)
        implements Serializable {
    public Policies {
        specs = List.copyOf(specs);
        names = List.copyOf(names);
    }

    /** Returns one policy, to which every sample belongs. */
    public static <S extends Sample> Policies<S> one(PolicySpec<S> spec) {
        PolicyName name = PolicyName.parse(spec.name());
        return new Policies<>(List.of(spec), List.of(name), sample -> name);
    }

    /** Returns their domain. */
    public Domain<S> domain() {
        return specs.get(0).domain();
    }

    /** Returns the longest pause of an episode that goes on, whichever of them it is for. */
    public Duration longestPause() {
        return specs.stream()
                .map(PolicySpec::longestPause)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Returns the policy of a sample, null if it is none that was asked for. */
    public @Nullable PolicyName policyOf(Sample sample) {
        PolicyName name = mapping.policyOf(sample);
        return name != null && has(name) ? name : null;
    }

    /** Returns whether a policy was asked for. */
    public boolean has(PolicyName name) {
        return names.contains(name) || names.contains(name.parent());
    }

    /** Returns whether a policy was asked for, by its name as text. */
    public boolean has(String name) {
        return names.stream()
                .anyMatch(
                        asked -> asked.toString().equals(name) || (!asked.isVariant() && name.startsWith(asked + "@")));
    }

    /** Returns whether a policy has a part in answering: it was asked for, or stands in for a variant that was. */
    public boolean answers(PolicyName name) {
        return has(name) || names.stream().anyMatch(asked -> asked.parent().equals(name));
    }

    /** Returns the name under which what belongs to no policy is counted: the only one, or the domain of several. */
    public String account() {
        return names.size() == 1 ? names.get(0).toString() : domain().name();
    }

    /** Returns what a policy is, by its name as text. */
    public PolicySpec<S> spec(String name) {
        return spec(PolicyName.parse(name));
    }

    /** Returns what a policy is. */
    public PolicySpec<S> spec(PolicyName name) {
        return specs.stream()
                .filter(spec -> spec.name().equals(name.spec()))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("expected one of the policies %s, got %s".formatted(this, name)));
    }

    /** Returns the names. */
    @Override
    public String toString() {
        return names.stream().map(PolicyName::toString).collect(Collectors.joining(", "));
    }
}
