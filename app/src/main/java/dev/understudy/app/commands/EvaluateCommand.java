package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Holds a model file against what its domain knows of good policies, without a cluster. */
@Command(
        name = "evaluate",
        description = {
            "Evaluate a model file: car following on logs, in closed loop behind logged leaders and in open loop; control by",
            "playing whole episodes; a policy of a policy file one step ahead on logs; dialogue by how well it predicts",
            "conversations."
        })
public final class EvaluateCommand implements Tool {
    private static final Setting<Path> MODEL =
            TrainCommand.existing("model", "The model file, as train writes it or models export writes it.");
    private static final Setting<String> POLICY =
            Setting.text("policy", "", "The policy that the model is of; the one that the file names by default.");
    private static final Setting<String> DEMONSTRATIONS = Setting.text(
            "demos",
            "",
            "What is evaluated on. Of car following: files or folders (by comma) with --mapping, or a folder in the"
                    + " OpenACC layout (runs.csv and runs/). Of dialogue: files of conversations.");

    @Parameters(paramLabel = "<file>", arity = "0..*", description = "More files and folders of logs, with --mapping.")
    private List<Path> moreFiles = List.of();

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings =
                new ArrayList<>(List.of(MODEL, POLICY, PolicyFiles.FILE, DEMONSTRATIONS, LogFiles.MAPPING));
        settings.addAll(ControlStudy.EVALUATION);
        settings.addAll(DialogueStudy.EVALUATION);
        return settings;
    }

    @Override
    public Set<String> meaningless(Settings settings) throws IOException {
        Set<String> keys = Study.ofOthers(spec(settings));
        keys.remove(MODEL.key());
        return keys;
    }

    private static PolicySpec<?> spec(Settings settings) throws IOException {
        Optional<PolicySpec<?>> declared = PolicyFiles.policy(settings);
        if (declared.isPresent()) {
            return declared.get();
        }
        String name = settings.get(POLICY);
        String environment = settings.get(Study.ENVIRONMENT);
        return Study.policy(name.isBlank() && environment.isBlank() ? named(settings.get(MODEL)) : name, environment);
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Path path = settings.get(MODEL);
        PolicySpec<?> spec = spec(settings);
        try (ServedPolicy policy = accepted(path, spec)) {
            return Study.of(spec, settings)
                    .evaluate(policy, LogFiles.paths(settings.get(DEMONSTRATIONS), moreFiles), settings, console);
        }
    }

    /** Returns the policy of a model file, once it has passed the check that serving makes. */
    static ServedPolicy accepted(Path path, PolicySpec<?> spec) throws IOException {
        byte[] model = Files.readAllBytes(path);
        return spec.intakeCheck(IntakeLimits.defaults())
                .check(model, ModelFile.sha256(model))
                .fold(IntakeOutcome.Accepted::policy, rejected -> {
                    throw new CommandFailedException(
                            "model %s is none of %s: %s".formatted(path, spec.name(), rejected.reason()));
                });
    }

    /** Returns the policy that a model file names. */
    static String named(Path path) throws IOException {
        try {
            return ModelFile.read(Files.readAllBytes(path)).metadata().policy();
        } catch (InvalidModelException e) {
            throw new CommandFailedException(
                    "expected a model file, as train or models export writes it, found %s at %s: %s"
                            .formatted(FileKinds.found(path), path, e.getMessage()));
        }
    }
}
