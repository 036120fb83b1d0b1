package dev.understudy.catalogue;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.domain.Domain;
import dev.understudy.domain.PolicySpec;
import dev.understudy.driving.CarFollowingPolicy;
import java.util.List;
import java.util.stream.Stream;

/** The policies by the names that the command line and the jobs call them by. */
public final class Catalogue {
    private static final List<PolicySpec<?>> POLICIES = Stream.concat(
                    Stream.of(new CarFollowingPolicy()), ControlPolicySpec.builtIn().stream())
            .<PolicySpec<?>>map(policy -> policy)
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
                .flatMap(policy -> policy.algorithms().stream())
                .distinct()
                .toList();
    }

    /**
     * Returns a policy.
     *
     * @throws IllegalArgumentException naming what there is, if there is no such policy
     */
    public static PolicySpec<?> policy(String name) {
        return POLICIES.stream()
                .filter(policy -> policy.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected one of the policies %s, got %s".formatted(policies(), name)));
    }
}
