package dev.understudy.app;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingLawCalibration;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.TrainedFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs one learner on files, without a cluster, and writes the model file that serving takes. */
@Command(name = "train", description = "Train a policy on logs and write it as an ONNX file.")
final class TrainCommand implements Tool {
    /** Whose driving is learned from. */
    enum Whose {
        BOTH,
        HUMAN,
        ASSISTANCE;

        Set<Actor> actors() {
            return switch (this) {
                case BOTH -> Experts.DEFAULT;
                case HUMAN -> EnumSet.of(Actor.HUMAN);
                case ASSISTANCE -> EnumSet.of(Actor.ASSISTANCE);
            };
        }
    }

    private static final Setting<String> POLICY =
            Setting.required("policy", CarFollowing.POLICY, "The policy to learn: " + ofLogs() + ".");
    private static final Setting<String> DEMONSTRATIONS = Setting.required(
            "demos",
            "",
            "The logs: files or folders (by comma) with --mapping, or a folder in the OpenACC layout (runs.csv and runs/);"
                    + " with --environment a file of episodes.");
    private static final Setting<String> OUT = Setting.required("out", "", "The model file to write.");
    private static final Setting<Integer> SEED =
            Setting.integer("seed", 7, Integer.MIN_VALUE, Integer.MAX_VALUE, "What every draw follows from.");
    static final Setting<Integer> STEPS = Setting.integer(
            "steps",
            0,
            0,
            1_000_000,
            "Optimiser steps (bc) or iterations (gail) on driving; 0 for the algorithm's own number.");
    private static final Setting<Whose> EXPERTS =
            Setting.choice("experts", Whose.BOTH, Whose.class, "Whose driving to learn from: both, human, assistance.");
    private static final Setting<String> LICENCE = Setting.text(
            "licence",
            "",
            "Licence of the logs, which the model file carries; by default that of the bundled logs for them, and"
                    + " unknown for others.");

    @Parameters(
            paramLabel = "<algorithm>",
            index = "0",
            description = "The learner: bc (behavioural cloning) or gail, each of driving or with --environment.")
    private String algorithm = Algorithms.CLONING;

    @Parameters(
            paramLabel = "<file>",
            index = "1..*",
            arity = "0..*",
            description = "More files and folders of logs, with --mapping.")
    private List<Path> moreFiles = List.of();

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings =
                new ArrayList<>(List.of(POLICY, DEMONSTRATIONS, LogFiles.MAPPING, OUT, SEED, STEPS, EXPERTS, LICENCE));
        settings.addAll(ControlTraining.SETTINGS);
        return settings;
    }

    /** A file or folder that has to be there. */
    static Setting<Path> existing(String key, String description) {
        return new Setting<>(key, "", description, text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("expected a path, found none");
            }
            Path path = Path.of(text);
            if (!Files.exists(path)) {
                throw new IllegalArgumentException("expected a file or folder, found nothing at "
                        + path.toAbsolutePath().normalize());
            }
            return path;
        });
    }

    /** Returns the licence of the logs: the one that was given, or what is known of these files. */
    static String licence(Settings settings, List<Path> files) {
        String given = settings.get(LICENCE);
        return given.isBlank() ? BundledLogs.licence(files) : given;
    }

    /** Returns the names of the policies that are learned and evaluated from logs of driving. */
    static List<String> ofLogs() {
        return Catalogue.policies(new CarFollowingPolicy().domain());
    }

    /** Fails where no such policy is learned from logs. */
    static void requirePolicy(String policy) {
        if (!ofLogs().contains(policy)) {
            throw new BadSettingsException(
                    List.of("policy: expected one of %s, found \"%s\"".formatted(ofLogs(), policy)));
        }
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        requirePolicy(settings.get(POLICY));
        if (!Catalogue.algorithms().contains(algorithm)) {
            throw new BadSettingsException(List.of(
                    "algorithm: expected one of %s, found \"%s\"".formatted(Catalogue.algorithms(), algorithm)));
        }
        boolean control = !settings.get(ControlTraining.ENVIRONMENT).isBlank();
        Path out = Path.of(settings.get(OUT)).toAbsolutePath().normalize();
        Path folder = out.getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new BadSettingsException(List.of(
                    "out: expected a path in a folder that exists and can be written, found %s".formatted(out)));
        }
        long seed = settings.get(SEED);
        if (control) {
            Path episodes = Path.of(settings.get(DEMONSTRATIONS));
            LogFiles.requireExisting(List.of(episodes));
            return ControlTraining.run(settings, algorithm, episodes, out, seed, console);
        }
        List<Path> files = LogFiles.paths(settings.get(DEMONSTRATIONS), moreFiles);
        ReadLogs read = ReadLogs.read(
                LogFiles.open(files, settings.get(LogFiles.MAPPING)),
                settings.get(EXPERTS).actors());
        read.tellRemarks(console);
        Demonstrations logs = read.logs();
        List<Trajectory> trajectories = logs.trajectories();
        if (trajectories.isEmpty()) {
            throw new CommandFailedException(
                    "expected steps to learn from in %s, found none: %s".formatted(files, read.counts()));
        }
        console.line("%s, %d trajectories".formatted(read.counts(), trajectories.size()));

        CarFollowingStretches stretches =
                CarFollowingStretches.of(logs.samples(), settings.get(EXPERTS).actors(), any -> true);
        FollowingBaselines calibrated = stretches.count() == 0
                ? FollowingBaselines.none()
                : FollowingBaselines.calibrate(stretches, FollowingLawCalibration.Effort.defaults(), seed);
        Map<String, String> baselines = calibrated.toMetadata();
        if (stretches.count() > 0) {
            baselines.forEach((name, law) -> console.line("calibrated %s: %s".formatted(name, law)));
        }
        calibrated.remarks().forEach(console::line);

        Map<String, Object> result = new LinkedHashMap<>();
        try (Learner learner = Catalogue.policy(settings.get(POLICY)).learner(algorithm, settings.get(STEPS))) {
            long begun = System.nanoTime();
            Update update = begin(learner, trajectories, seed);
            while (update.step()) {
                console.status("learning %3.0f %%".formatted(100 * update.progress()));
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            Map<String, Double> figures = update.report().figures();
            if (figures.getOrDefault("diverged", 0.0) != 0) {
                throw new CommandFailedException("the loss is no longer finite after %s steps; no model written"
                        .formatted(figures.get("steps")));
            }
            ModelFile file = ModelFile.createGolden(
                    learner.export(update.state()), metadata(settings, files, seed, trajectories, figures, baselines));
            Files.write(out, file.bytes());
            result.put("policy", settings.get(POLICY));
            result.put("algorithm", algorithm);
            result.put("seed", seed);
            result.put("model", out.toString());
            result.put("sha256", file.sha256());
            result.put("bytes", file.bytes().length);
            result.put("licence", licence(settings, files));
            result.put("samples", read.found().samples());
            result.put("unreadable", logs.unreadable());
            result.put("duplicates", read.found().duplicates());
            result.put("learned", logs.steps().size());
            result.put("rejected", logs.rejected());
            result.put("trainSeconds", seconds);
            result.put("training", figures);
            result.put("baselines", baselines);
            result.put("baselineRemarks", calibrated.remarks());
            result.put("remarks", read.found().remarks());
        }
        Map<String, Object> shown = new LinkedHashMap<>(result);
        shown.remove("baselines"); // told above
        console.result(result, () -> "wrote %s%n%n%s".formatted(out, Table.ofFigures(shown)));
        return 0;
    }

    private static Update begin(Learner learner, List<Trajectory> trajectories, long seed) {
        try {
            return learner.begin(learner.initialState(seed), trajectories, List.of(), seed);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
    }

    private ModelMetadata metadata(
            Settings settings,
            List<Path> files,
            long seed,
            List<Trajectory> trajectories,
            Map<String, Double> figures,
            Map<String, String> baselines) {
        Rows golden = TrainedFigures.goldenObservations(trajectories);
        long start = trajectories.stream().mapToLong(Trajectory::startMs).min().orElse(0);
        long end = trajectories.stream()
                .mapToLong(t -> t.startMs() + t.steps() * t.stepMs())
                .max()
                .orElse(0);
        Map<String, String> extra = new TreeMap<>(baselines);
        extra.put(ModelMetadata.ALGORITHM, algorithm);
        extra.put(Experts.KEY, Experts.text(settings.get(EXPERTS).actors()));
        return new ModelMetadata(
                settings.get(POLICY),
                "",
                start,
                end,
                List.of(),
                seed,
                CarFollowing.fingerprint(),
                TrainedFigures.json(figures),
                golden,
                new Matrix(golden.rows(), CarFollowing.ACTION_SIZE, new float[golden.rows()]),
                Versions.own(),
                licence(settings, files),
                new TreeMap<>(extra));
    }
}
