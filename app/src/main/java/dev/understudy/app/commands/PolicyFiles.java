package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicySpec;
import dev.understudy.ingest.DeclaredSource;
import dev.understudy.ingest.IngestException;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.PolicyFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Policies that a user declares in a file, on the command line. */
final class PolicyFiles {
    /** The file. */
    static final Setting<String> FILE = Setting.text(
            "policy.file",
            "",
            "A file that declares a policy, JSON or YAML, and says which columns of logs hold what; in place of --policy"
                    + " (docs/policy-file.md).");

    private PolicyFiles() {}

    /**
     * Reads the file that settings name; empty if they name none.
     *
     * @throws BadSettingsException with everything that is wrong with it
     */
    static Optional<PolicyFile> of(Settings settings) {
        String path = settings.get(FILE);
        if (path.isBlank()) {
            return Optional.empty();
        }
        try {
            return Optional.of(PolicyFile.read(Path.of(path)));
        } catch (IngestException e) {
            throw new BadSettingsException(
                    Arrays.asList(String.valueOf(e.getMessage()).split("\n")));
        }
    }

    /** Returns the policy that a file declares; empty if settings name no file. */
    static Optional<PolicySpec<?>> policy(Settings settings) {
        return of(settings).map(PolicyFile::policy);
    }

    /** Returns what a program works on that is given a file; empty if settings name none. */
    static Optional<Policies<?>> policies(Settings settings) {
        return of(settings).map(file -> Policies.one(file.policy()));
    }

    /** Returns whom a file names as experts; those of a setting if there is no file. */
    static Set<Actor> experts(Settings settings, Setting<TrainCommand.Whose> otherwise) {
        return of(settings).map(file -> file.policy().declaration().experts()).orElseGet(() -> settings.get(otherwise)
                .actors());
    }

    /**
     * Opens the logs that a policy file explains; empty if settings name no file.
     *
     * @throws BadSettingsException if a log is not there, or cannot be read as the file says
     */
    static Optional<InspectedSource> logs(List<Path> files, Settings settings) {
        return of(settings).map(file -> {
            LogFiles.requireExisting(files);
            return InspectedSource.of(LogFiles.opened(() -> new DeclaredSource(file, files)), file);
        });
    }
}
