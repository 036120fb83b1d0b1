package dev.understudy.app;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.ingest.SampleSource;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Holds a model file against the expert and against its baselines, on logs, without a cluster. */
@Command(
        name = "evaluate",
        description =
                "Evaluate a model file: on logs, in closed loop behind logged leaders and in open loop; or in an environment.")
final class EvaluateCommand implements Tool {
    private static final int FAILED = 1;

    private static final Setting<Path> MODEL =
            TrainCommand.existing("model", "The model file, as train writes it or models show saves it.");
    private static final Setting<String> POLICY = Setting.required(
            "policy", CarFollowing.POLICY, "The policy that the model is of: " + TrainCommand.ofLogs() + ".");
    private static final Setting<String> DEMONSTRATIONS = Setting.text(
            "demos",
            "",
            "The logs: files or folders (by comma) with --mapping, or a folder in the OpenACC layout (runs.csv and runs/);"
                    + " not with --environment.");

    @Parameters(paramLabel = "<file>", arity = "0..*", description = "More files and folders of logs, with --mapping.")
    private List<Path> moreFiles = List.of();

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(List.of(MODEL, POLICY, DEMONSTRATIONS, LogFiles.MAPPING));
        settings.addAll(ControlEvaluation.SETTINGS);
        return settings;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Path path = settings.get(MODEL);
        if (!settings.get(ControlTraining.ENVIRONMENT).isBlank()) {
            return ControlEvaluation.run(settings, path, console);
        }
        TrainCommand.requirePolicy(settings.get(POLICY));
        List<Path> files = LogFiles.paths(settings.get(DEMONSTRATIONS), moreFiles);
        if (files.isEmpty()) {
            throw new BadSettingsException(List.of("demos: expected a file or folder with logs, found none"));
        }
        try (SampleSource source = LogFiles.open(files, settings.get(LogFiles.MAPPING));
                LoadedPolicy policy = load(path)) {
            Set<Actor> experts = Experts.of(policy.metadata().extra());
            ReadLogs read = ReadLogs.read(source, experts);
            read.tellRemarks(console);
            Demonstrations logs = read.logs();
            Evaluation evaluation = Evaluation.of(policy);
            Evaluation.ClosedLoop driven = evaluation.closedLoopAndWithoutEnvelope(
                    CarFollowingStretches.of(logs.samples(), experts, any -> true));
            Map<String, Object> result = result(evaluation, driven, read);
            console.result(result, () -> text(driven, result));
            console.note(read.counts());
            if (driven.stretches().count() == 0) {
                console.note(
                        "no stretch to drive in closed loop: it takes %d s of history and %d s behind the same leader,"
                                        .formatted(
                                                CarFollowingStretches.HISTORY / 10, CarFollowingStretches.DRIVEN / 10)
                                + " without a break");
                if (logs.steps().isEmpty()) {
                    console.note("expected steps or stretches to evaluate on in %s, found none".formatted(files));
                    return FAILED;
                }
            }
        }
        return 0;
    }

    private static String text(Evaluation.ClosedLoop driven, Map<String, Object> result) {
        Map<?, ?> openLoop = (Map<?, ?>) Objects.requireNonNull(result.get("openLoop"));
        Table table = new Table("open loop: next acceleration, m/s² and nats", "value");
        openLoop.forEach((name, value) -> table.row(name, Table.figure(value)));
        String gap = System.lineSeparator().repeat(2);
        return (driven.stretches().count() == 0 ? "" : ClosedLoopTable.of("closed loop", driven.figures()) + gap)
                + table;
    }

    /** Loads a model of car following after the intake check that serving makes. */
    private static LoadedPolicy load(Path path) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        IntakeCheck check = new CarFollowingPolicy().intakeCheck(IntakeLimits.defaults());
        IntakeOutcome outcome = check.check(bytes, ModelFile.sha256(bytes));
        if (outcome instanceof IntakeOutcome.Accepted accepted) {
            return accepted.policy();
        }
        throw new CommandFailedException("model %s: %s".formatted(path, ((IntakeOutcome.Rejected) outcome).reason()));
    }

    private static Map<String, Object> result(Evaluation evaluation, Evaluation.ClosedLoop driven, ReadLogs read) {
        Demonstrations logs = read.logs();
        LoadedPolicy policy = evaluation.policy();
        CarFollowingStretches stretches = driven.stretches();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        result.put("samples", read.found().samples());
        result.put("unreadable", logs.unreadable());
        result.put("duplicates", read.found().duplicates());
        result.put("steps", logs.steps().size());
        result.put("rejected", logs.rejected());
        result.put("remarks", read.found().remarks());
        result.put("closedLoop", driven.figures());
        result.put("openLoop", evaluation.openLoop(logs.steps(), step -> true));
        Map<String, Object> byLabel = new LinkedHashMap<>();
        for (String label : labels(logs)) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("closedLoop", driven.figures(i -> stretches.label(i).equals(label)));
            figures.put("openLoop", evaluation.openLoop(logs.steps(), step -> step.label()
                    .equals(label)));
            byLabel.put(label, figures);
        }
        result.put("byExpert", byLabel);
        List<Map<String, Object>> runs = new ArrayList<>();
        for (String run : runs(logs)) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("run", run);
            figures.put("closedLoop", driven.figures(i -> stretches.run(i).equals(run)));
            figures.put("openLoop", evaluation.openLoop(logs.steps(), step -> CarFollowingStretches.run(
                            step.episode(), step.entity())
                    .equals(run)));
            runs.add(figures);
        }
        result.put("runs", runs);
        return result;
    }

    private static Set<String> labels(Demonstrations logs) {
        return logs.steps().stream().map(Step::label).collect(Collectors.toCollection(java.util.TreeSet::new));
    }

    private static Set<String> runs(Demonstrations logs) {
        return logs.samples().stream()
                .map(sample -> CarFollowingStretches.run(sample.trip(), sample.vehicle()))
                .collect(Collectors.toCollection(java.util.LinkedHashSet::new));
    }
}
