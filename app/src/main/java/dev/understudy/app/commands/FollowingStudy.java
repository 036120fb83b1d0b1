package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.study.ClosedLoopTable;
import dev.understudy.app.study.Evaluation;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingLawCalibration;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Learner;
import dev.understudy.model.ServedPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Car following: learned from logs of cars, evaluated in closed loop behind their leaders and in open loop. */
record FollowingStudy(PolicySpec<?> spec) implements Study {
    private static final int FAILED = 1;

    @Override
    public Material read(List<Path> files, Settings settings, Console console) {
        Set<Actor> experts = settings.get(TrainCommand.EXPERTS).actors();
        ReadLogs read = ReadLogs.read(LogFiles.open(files, settings.get(LogFiles.MAPPING)), experts);
        read.tellRemarks(console);
        Demonstrations logs = read.logs();
        if (logs.trajectories().isEmpty()) {
            throw new CommandFailedException(
                    "expected steps to learn from in %s, found none: %s".formatted(files, read.counts()));
        }
        console.line("%s, %d trajectories"
                .formatted(read.counts(), logs.trajectories().size()));
        CarFollowingStretches stretches = CarFollowingStretches.of(logs.samples(), experts, any -> true);
        FollowingBaselines calibrated = stretches.count() == 0
                ? FollowingBaselines.none()
                : FollowingBaselines.calibrate(
                        stretches, FollowingLawCalibration.Effort.defaults(), settings.get(TrainCommand.SEED));
        Map<String, String> baselines = calibrated.toMetadata();
        baselines.forEach((name, law) -> console.line("calibrated %s: %s".formatted(name, law)));
        calibrated.remarks().forEach(console::line);
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("samples", read.found().samples());
        told.put("unreadable", logs.unreadable());
        told.put("duplicates", read.found().duplicates());
        told.put("learned", logs.steps().size());
        told.put("rejected", logs.rejected());
        told.put("baselines", baselines);
        told.put("baselineRemarks", calibrated.remarks());
        told.put("remarks", read.found().remarks());
        return new Material(logs.trajectories(), baselines, told);
    }

    @Override
    public Learner learner(String algorithm, int length, Settings settings) {
        return spec.learner(algorithm, length);
    }

    @Override
    public int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console) {
        if (files.isEmpty()) {
            throw new BadSettingsException(List.of("demos: expected a file or folder with logs, found none"));
        }
        Set<Actor> experts = Experts.of(policy.metadata().extra());
        ReadLogs read = ReadLogs.read(LogFiles.open(files, settings.get(LogFiles.MAPPING)), experts);
        read.tellRemarks(console);
        Evaluation evaluation = Evaluation.of(policy);
        Evaluation.ClosedLoop driven = evaluation.closedLoopAndWithoutEnvelope(
                CarFollowingStretches.of(read.logs().samples(), experts, any -> true));
        Map<String, Object> result = result(evaluation, driven, read);
        console.result(result, () -> text(driven, result));
        console.note(read.counts());
        if (driven.stretches().count() > 0) {
            return 0;
        }
        console.note("no stretch to drive in closed loop: it takes %d s of history and %d s behind the same leader,"
                        .formatted(CarFollowingStretches.HISTORY / 10, CarFollowingStretches.DRIVEN / 10)
                + " without a break");
        if (read.logs().steps().isEmpty()) {
            console.note("expected steps or stretches to evaluate on in %s, found none".formatted(files));
            return FAILED;
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

    private static Map<String, Object> result(Evaluation evaluation, Evaluation.ClosedLoop driven, ReadLogs read) {
        Demonstrations logs = read.logs();
        ServedPolicy policy = evaluation.policy();
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
        return logs.steps().stream().map(Step::label).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> runs(Demonstrations logs) {
        return logs.samples().stream()
                .map(sample -> CarFollowingStretches.run(sample.trip(), sample.vehicle()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
