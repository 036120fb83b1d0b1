package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.DeclaredPolicy;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.PolicyName;
import dev.understudy.domain.PolicySpec;
import dev.understudy.driving.CarFollowing;
import dev.understudy.environment.Environments;
import dev.understudy.ingest.PolicyFile;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.ServedPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What {@code train} and {@code evaluate} do in one domain: how files become demonstrations, and what is told of a
 * policy. One for each run of a command.
 */
interface Study {
    /** A policy of control by the name of its environment. */
    Setting<String> ENVIRONMENT = Setting.text(
            "environment",
            "",
            "Short for --policy control/NAME, of " + String.join(", ", Environments.names())
                    + "; -fixed is the same policy where every episode has the same length.");

    /**
     * What files hold.
     *
     * @param trajectories what is learned from
     * @param metadata what the model file carries of them
     * @param told what the result says of them
     */
    record Material(List<Trajectory> trajectories, Map<String, String> metadata, Map<String, Object> told) {}

    /** Returns the policy that settings name, by {@code policy} or by {@code environment}. */
    static PolicySpec<?> policy(String name, String environment) {
        if (environment.isBlank()) {
            return Pipeline.spec(name);
        }
        PolicySpec<?> spec;
        try {
            spec = ControlPolicySpec.of(environment);
        } catch (IllegalArgumentException e) {
            throw new BadSettingsException(List.of("environment: " + e.getMessage()));
        }
        if (Catalogue.policies(ControlPolicySpec.DOMAIN).contains(name) && !name.equals(spec.name())) {
            throw new BadSettingsException(
                    List.of("environment: expected one of %s, found %s".formatted(name, environment)));
        }
        return spec;
    }

    /** Returns the keys of settings that only studies of other domains have. */
    static Set<String> ofOthers(PolicySpec<?> spec) {
        Map<String, List<Setting<?>>> own = Map.of(
                PolicyName.parse(CarFollowing.POLICY).domain(),
                List.of(LogFiles.MAPPING),
                ControlPolicySpec.DOMAIN.name(),
                Stream.concat(ControlStudy.TRAINING.stream(), ControlStudy.EVALUATION.stream())
                        .toList(),
                Turn.DOMAIN.name(),
                Stream.concat(DialogueStudy.TRAINING.stream(), DialogueStudy.EVALUATION.stream())
                        .toList());
        Set<String> keys = new HashSet<>();
        own.values().forEach(each -> each.forEach(setting -> keys.add(setting.key())));
        if (spec instanceof DeclaredPolicy) {
            keys.add(TrainCommand.EXPERTS.key());
            keys.add(LogFiles.POLICY.key());
            keys.remove(TrainCommand.SEED.key());
            return keys;
        }
        own.getOrDefault(spec.domain().name(), List.of()).forEach(setting -> keys.remove(setting.key()));
        keys.remove(TrainCommand.SEED.key());
        return keys;
    }

    /** Returns the policy that settings name, by a policy file or else by its name. */
    static PolicySpec<?> policy(String name, Settings settings) {
        return PolicyFiles.policy(settings).orElseGet(() -> policy(name, settings.get(ENVIRONMENT)));
    }

    /** Returns the study of a policy. */
    @SuppressWarnings("unchecked") // a policy of the domain of turns is about turns
    static Study of(PolicySpec<?> spec, Settings settings) {
        Optional<PolicyFile> declared = PolicyFiles.of(settings);
        if (declared.isPresent()) {
            return new DeclaredStudy(declared.get());
        }
        if (spec instanceof ControlPolicySpec control) {
            return new ControlStudy(control);
        }
        return spec.domain().equals(Turn.DOMAIN)
                ? new DialogueStudy((PolicySpec<Turn>) spec)
                : new FollowingStudy(spec);
    }

    /**
     * Reads demonstrations, and says on the console what a user should know of them.
     *
     * @throws CommandFailedException if there is nothing to learn from
     */
    Material read(List<Path> files, Settings settings, Console console) throws IOException;

    /**
     * Returns a new learner.
     *
     * @param length steps or iterations by the algorithm's own measure; 0 for its own number
     */
    Learner learner(String algorithm, int length, Settings settings);

    /** Returns what a new learner begins with. */
    default LearnerState begin(Learner learner, long seed, Settings settings) throws IOException {
        return learner.initialState(seed);
    }

    /** Returns what is told of a policy after its training. */
    default Map<String, Object> trained(Learner learner, Update update, ServedPolicy policy, Settings settings) {
        return Map.of();
    }

    /**
     * Evaluates a policy, and writes the result to the console.
     *
     * @param files logs; empty where none were given
     * @return the command's exit code
     */
    int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console);
}
