package dev.understudy.catalogue;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyMapping;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Sample;
import dev.understudy.driving.CarFollowingPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The policies by the names that the command line and the jobs call them by. */
public final class Catalogue {
    private static final List<PolicySpec<?>> POLICIES = Stream.of(
                    List.of(new CarFollowingPolicy()),
                    ControlPolicySpec.builtIn(),
                    List.of(new ResponderSpec(), new RetrieverSpec(), new ActsSpec()))
            .<PolicySpec<?>>flatMap(List::stream)
            .toList();

    private Catalogue() {}

    /** Returns the names of the policies that can be learned. */
    public static List<String> policies() {
        return POLICIES.stream().<String>map(PolicySpec::name).toList();
    }

    /** Returns the names of the policies of a domain. */
    public static List<String> policies(Domain<?> domain) {
        return POLICIES.stream()
                .filter(policy -> policy.domain().equals(domain))
                .<String>map(PolicySpec::name)
                .toList();
    }

    /** Returns the domains that they are of. */
    public static List<Domain<?>> domains() {
        return POLICIES.stream().<Domain<?>>map(PolicySpec::domain).distinct().toList();
    }

    /**
     * Returns a domain.
     *
     * @throws IllegalArgumentException naming what there is, if there is no such domain
     */
    public static Domain<?> domain(String name) {
        return domains().stream()
                .filter(domain -> domain.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("expected one of the domains %s, got %s"
                        .formatted(domains().stream().map(Domain::name).toList(), name)));
    }

    /** Returns the names of all algorithms that any of them can be learned by. */
    public static List<String> algorithms() {
        return POLICIES.stream()
                .flatMap(policy ->
                        Stream.concat(policy.algorithms().stream(), policy.algorithmsFromObservations().stream()))
                .distinct()
                .toList();
    }

    /**
     * Returns a policy.
     *
     * @param name its name, or that of a variant of it
     * @throws IllegalArgumentException naming what there is, if there is no such policy
     */
    public static PolicySpec<?> policy(String name) {
        String spec = name.contains("@") ? PolicyName.parse(name).spec() : name;
        return POLICIES.stream()
                .filter(policy -> policy.name().equals(spec))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected one of the policies %s or a variant such as %s@fleet-7, got %s"
                                .formatted(policies(), policies().get(0), name)));
    }

    /**
     * Returns a policy alone, to which every sample belongs.
     *
     * @throws IllegalArgumentException as {@link #policy}
     */
    public static Policies<?> only(String name) {
        return Policies.one(policy(name));
    }

    /**
     * Returns what a program works on, by domain in the order of their names.
     *
     * @param names policies or variants of them, at least one
     * @param mapping as {@link PolicyMapping#of} takes it
     * @throws IllegalArgumentException naming what there is, if there is no such policy or mapping
     */
    public static List<Policies<?>> chosen(List<String> names, String mapping) {
        Map<Domain<?>, List<PolicyName>> byDomain = new TreeMap<>(Comparator.comparing(Domain::name));
        for (String name : names) {
            List<PolicyName> ofDomain = byDomain.computeIfAbsent(policy(name).domain(), any -> new ArrayList<>());
            if (!ofDomain.contains(PolicyName.parse(name))) {
                ofDomain.add(PolicyName.parse(name));
            }
        }
        List<Policies<?>> chosen = new ArrayList<>();
        byDomain.forEach((domain, ofDomain) -> chosen.add(ofOne(domain, ofDomain, mapping)));
        return chosen;
    }

    /**
     * Returns what a job works on, which reads the logs of one domain.
     *
     * @throws IllegalArgumentException as {@link #chosen}, and if the policies are of several domains
     */
    public static Policies<?> chosenOfOneDomain(List<String> names, String mapping) {
        List<Policies<?>> chosen = chosen(names, mapping);
        if (chosen.size() != 1) {
            throw new IllegalArgumentException(
                    "expected policies of one domain, got %s; run one job for each domain".formatted(chosen));
        }
        return chosen.get(0);
    }

    @SuppressWarnings("unchecked") // a spec is about the samples of its domain
    private static <S extends Sample> Policies<S> ofOne(Domain<S> domain, List<PolicyName> names, String mapping) {
        List<PolicySpec<S>> specs = Stream.concat(names.stream().map(PolicyName::spec), policies(domain).stream())
                .distinct()
                .map(name -> (PolicySpec<S>) policy(name))
                .toList();
        return new Policies<>(specs, names, PolicyMapping.of(mapping, names, new LinkedHashSet<>(policies())));
    }
}
