package dev.understudy.app.commands;

import dev.understudy.app.commands.DoctorCommand.Finding;
import dev.understudy.app.commands.DoctorCommand.Health;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.kafka.Connection;
import dev.understudy.domain.Domain;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Program;
import dev.understudy.schemas.Program.Access;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What each program is allowed in the cluster, held against the least that it needs ({@link Program}). */
final class AccessCheck {
    static final Setting<Boolean> ACLS = Setting.off(
                    "doctor.acls",
                    "Print the least that each program needs to be allowed, and hold the cluster's ACLs against it; with"
                            + " --create, add those that are missing.")
            .as("--acls");
    private static final Setting<Map<Program, String>> PRINCIPALS = new Setting<>(
            "doctor.principals",
            "--principals",
            "",
            "Who runs each program, by comma: PROGRAM=User:NAME; User:PROGRAM where nothing is said.",
            AccessCheck::principals);
    private static final Setting<String> APPLICATION = Setting.required(
                    "serve.application", "understudy-serving", "Application of serve, whose own topics begin with it.")
            .as("--application");

    static final List<Setting<?>> SETTINGS = List.of(ACLS, PRINCIPALS, APPLICATION);

    private static final String EVERYBODY = "User:*";
    private static final Set<AclOperation> IMPLY_DESCRIBE =
            Set.of(AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER);

    private final Map<Program, String> principals;
    private final Map<Program, List<Access>> needs = new EnumMap<>(Program.class);
    private final List<DomainTopics> domains;

    private AccessCheck(Settings settings, Collection<Domain<?>> checked) {
        principals = settings.get(PRINCIPALS);
        domains = checked.stream().map(DomainTopics::of).toList();
        for (Program program : Program.values()) {
            needs.put(program, program.needs(domains, settings.get(APPLICATION)));
        }
    }

    private static Map<Program, String> principals(String text) {
        Map<Program, String> principals = new EnumMap<>(Program.class);
        for (Program program : Program.values()) {
            principals.put(program, "User:" + program.word());
        }
        for (String entry : text.isBlank() ? new String[0] : text.split("\\s*,\\s*")) {
            String[] parts = entry.split("=", 2);
            Program program = Arrays.stream(Program.values())
                    .filter(each -> each.word().equals(parts[0]))
                    .findFirst()
                    .orElse(null);
            if (program == null || parts.length < 2 || !parts[1].matches("[A-Za-z]+:.+")) {
                throw new IllegalArgumentException("expected PROGRAM=User:NAME with one of %s, found \"%s\""
                        .formatted(
                                Arrays.stream(Program.values())
                                        .map(Program::word)
                                        .toList(),
                                entry));
            }
            principals.put(program, parts[1]);
        }
        return principals;
    }

    /** Returns findings on what each program needs, and on what somebody may do without needing it. */
    static List<Finding> run(Settings settings, Collection<Domain<?>> domains, boolean creates) {
        AccessCheck check = new AccessCheck(settings, domains);
        int timeoutSeconds = settings.get(Connection.TIMEOUT_SECONDS);
        try (Admin admin = Connection.of(settings).admin()) {
            Collection<AclBinding> found = describe(admin, timeoutSeconds);
            if (creates) {
                admin.createAcls(check.missing(found)).all().get(timeoutSeconds, TimeUnit.SECONDS);
                found = check.onceVisible(admin, timeoutSeconds);
            }
            return check.findings(found);
        } catch (ExecutionException e) {
            List<Finding> findings = new ArrayList<>(check.table(List.of(), Health.WARNING));
            boolean isOff = e.getCause() instanceof SecurityDisabledException;
            findings.add(new Finding(
                    "acls",
                    Health.FAILED,
                    isOff
                            ? "expected a broker with an authorizer, found none: everybody may write every topic"
                            : "expected to read and write ACLs: " + Failures.describe(e)));
            return findings;
        } catch (TimeoutException e) {
            return List.of(new Finding("acls", Health.FAILED, "got no answer: " + Failures.describe(e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of(new Finding("acls", Health.FAILED, "interrupted"));
        }
    }

    private static Collection<AclBinding> describe(Admin admin, int timeoutSeconds)
            throws ExecutionException, InterruptedException, TimeoutException {
        return admin.describeAcls(AclBindingFilter.ANY).values().get(timeoutSeconds, TimeUnit.SECONDS);
    }

    /** Returns the ACLs once none is missing, or time is up: a broker learns a moment later what was created. */
    private Collection<AclBinding> onceVisible(Admin admin, int timeoutSeconds)
            throws ExecutionException, InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(timeoutSeconds);
        Collection<AclBinding> found = describe(admin, timeoutSeconds);
        while (!missing(found).isEmpty() && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(50);
            found = describe(admin, timeoutSeconds);
        }
        return found;
    }

    private List<Finding> findings(Collection<AclBinding> found) {
        List<Finding> findings = new ArrayList<>(table(found, Health.FAILED));
        for (AclBinding binding : found) {
            if (binding.entry().permissionType() == AclPermissionType.ALLOW) {
                findings.addAll(superfluous(binding));
            }
        }
        return findings;
    }

    /** What a program needs of some resources, and what of that it lacks. */
    private record Row(Set<AclOperation> operations, List<AclOperation> missing) {}

    /** Returns a line for each program and what it does, with all resources that it does it to. */
    private List<Finding> table(Collection<AclBinding> found, Health whereMissing) {
        List<Finding> findings = new ArrayList<>();
        needs.forEach((program, all) -> {
            Map<Row, List<Access>> rows = new LinkedHashMap<>();
            for (Access access : all) {
                List<AclOperation> missing = access.operations().stream()
                        .filter(operation -> !isAllowed(principal(program), access, operation, found))
                        .sorted()
                        .toList();
                rows.computeIfAbsent(new Row(access.operations(), missing), any -> new ArrayList<>())
                        .add(access);
            }
            rows.forEach((row, resources) -> findings.add(new Finding(
                    "acl " + program.word(),
                    row.missing().isEmpty() ? Health.OK : whereMissing,
                    "%s: %s of %s%s"
                            .formatted(
                                    principal(program),
                                    resources.get(0).actions(),
                                    resources.stream().map(Access::resource).collect(Collectors.joining(", ")),
                                    row.missing().isEmpty()
                                            ? ""
                                            : "; expected to be allowed, found not: " + row.missing()))));
        });
        return findings;
    }

    private String principal(Program program) {
        return principals.getOrDefault(program, "User:" + program.word());
    }

    private static boolean isAllowed(
            String principal, Access access, AclOperation operation, Collection<AclBinding> found) {
        boolean allowed = false;
        for (AclBinding binding : found) {
            AccessControlEntry entry = binding.entry();
            boolean isOurs =
                    (entry.principal().equals(principal) || entry.principal().equals(EVERYBODY))
                            && covers(binding.pattern(), access);
            boolean isAllow = entry.permissionType() == AclPermissionType.ALLOW;
            if (isOurs && isAllow && entry.host().equals("*")) {
                allowed |= entry.operation() == operation
                        || entry.operation() == AclOperation.ALL
                        || (operation == AclOperation.DESCRIBE && IMPLY_DESCRIBE.contains(entry.operation()))
                        || (operation == AclOperation.DESCRIBE_CONFIGS
                                && entry.operation() == AclOperation.ALTER_CONFIGS);
            } else if (isOurs
                    && !isAllow
                    && (entry.operation() == operation || entry.operation() == AclOperation.ALL)) {
                return false;
            }
        }
        return allowed;
    }

    /** Returns whether a pattern is for everything that an access asks for. */
    private static boolean covers(ResourcePattern pattern, Access access) {
        if (pattern.resourceType() != access.type()) {
            return false;
        }
        boolean isWhole = pattern.patternType() == PatternType.LITERAL;
        if (isWhole) {
            return pattern.name().equals(ResourcePattern.WILDCARD_RESOURCE)
                    || (access.pattern() == PatternType.LITERAL
                            && pattern.name().equals(access.name()));
        }
        return access.name().startsWith(pattern.name());
    }

    private static boolean touches(ResourcePattern pattern, String topic) {
        return covers(pattern, new Access(ResourceType.TOPIC, PatternType.LITERAL, topic, Set.of()));
    }

    /** Returns what a binding allows beyond what its principal needs. */
    private List<Finding> superfluous(AclBinding binding) {
        AclOperation operation = binding.entry().operation();
        String principal = binding.entry().principal();
        if (operation == AclOperation.DESCRIBE || operation == AclOperation.DESCRIBE_CONFIGS) {
            return List.of(); // shows names and settings alone
        }
        List<String> beyond = Program.everyTopic(domains).stream()
                .filter(topic -> touches(binding.pattern(), topic) && !needs(principal, topic, operation))
                .toList();
        if (beyond.isEmpty()) {
            return List.of();
        }
        boolean steers = operation != AclOperation.READ && beyond.stream().anyMatch(Program.STEERING::contains);
        return List.of(new Finding(
                "acls",
                steers ? Health.FAILED : Health.WARNING,
                "%s may %s %s, expected %s alone"
                        .formatted(
                                principal,
                                operation,
                                String.join(", ", beyond),
                                beyond.stream()
                                        .flatMap(topic -> entitled(topic, operation).stream())
                                        .distinct()
                                        .sorted()
                                        .collect(Collectors.joining(", ")))));
    }

    private boolean needs(String principal, String topic, AclOperation operation) {
        return entitled(topic, operation).contains(principal);
    }

    /** Returns who needs to do something to a topic. */
    private List<String> entitled(String topic, AclOperation operation) {
        return needs.entrySet().stream()
                .filter(entry -> entry.getValue().stream()
                        .anyMatch(access -> access.type() == ResourceType.TOPIC
                                && access.name().equals(topic)
                                && access.operations().contains(operation)))
                .map(entry -> principal(entry.getKey()))
                .toList();
    }

    /** Returns the ACLs that have to be added. */
    private List<AclBinding> missing(Collection<AclBinding> found) {
        List<AclBinding> missing = new ArrayList<>();
        needs.forEach((program, all) -> all.forEach(access -> access.operations().stream()
                .filter(operation -> !isAllowed(principal(program), access, operation, found))
                .forEach(operation -> missing.add(new AclBinding(
                        new ResourcePattern(access.type(), access.name(), access.pattern()),
                        new AccessControlEntry(principal(program), "*", operation, AclPermissionType.ALLOW))))));
        return missing;
    }
}
