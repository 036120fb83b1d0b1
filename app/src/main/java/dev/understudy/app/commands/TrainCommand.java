package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Prose;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.console.Versions;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.driving.CarFollowing;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.model.TrainedFigures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs one learner on files, without a cluster, and writes the model file that serving takes. */
@Command(name = "train", description = "Train a policy on logs and write it as an ONNX file.")
public final class TrainCommand implements Tool {
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

    private static final Setting<String> POLICY = Setting.required(
            "policy", CarFollowing.POLICY, "The policy to learn: " + String.join(", ", Catalogue.policies()) + ".");
    private static final Setting<String> DEMONSTRATIONS = Setting.required(
            "demos",
            "",
            "What is learned from. Of car following: files or folders (by comma) with --mapping, or a folder in the OpenACC"
                    + " layout (runs.csv and runs/). Of control: a file of episodes; with --policy-file, files or folders"
                    + " that it explains. Of dialogue: files of conversations. Of mce: a JSON file of a finite problem.");
    private static final Setting<String> OUT = Setting.required("out", "", "The model file to write.");
    static final Setting<Integer> SEED =
            Setting.integer("seed", 7, Integer.MIN_VALUE, Integer.MAX_VALUE, "What every draw follows from.");
    private static final Setting<Integer> STEPS = Setting.integer(
            "steps",
            0,
            0,
            1_000_000,
            "Optimiser steps (bc, and bco of car following), passes (bc of dialogue) or iterations (all others); 0 for the algorithm's own number.");
    private static final Setting<Integer> ITERATIONS =
            Setting.integer("iterations", 0, 0, 1_000_000, "Iterations of all but bc; 0 for what --steps says.");
    static final Setting<Whose> EXPERTS =
            Setting.choice("experts", Whose.BOTH, Whose.class, "Whose driving to learn from: both, human, assistance.");
    private static final Setting<String> LICENCE = Setting.text(
            "licence",
            "",
            "Licence of the logs, which the model file carries; by default that of the bundled logs for them, and"
                    + " unknown for others.");

    /** What has a place of its own in the summary; baselines are long, and were told before. */
    private static final Set<String> TOLD_APART = Set.of(
            "policy",
            "algorithm",
            "seed",
            "model",
            "sha256",
            "bytes",
            "trainSeconds",
            "training",
            "signature",
            "baselines");

    @Parameters(
            paramLabel = "<algorithm>",
            index = "0",
            description =
                    "The learner: bc (behavioural cloning) or gail; from observations alone, of control and car following, bco"
                            + " (behavioural cloning from observation); of control also airl (gail that recovers a reward), dac"
                            + " (gail off-policy, where actions are numbers) and gaifo (state-only gail);"
                            + " mce (maximum causal entropy) recovers the reward of a finite problem: --demos FILE.json --out"
                            + " REWARD.json.")
    private String algorithm = Algorithms.CLONING;

    @Parameters(
            paramLabel = "<file>",
            index = "1..*",
            arity = "0..*",
            description = "More files and folders of logs, with --mapping or --policy-file.")
    private List<Path> moreFiles = List.of();

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(List.of(
                POLICY,
                PolicyFiles.FILE,
                DEMONSTRATIONS,
                LogFiles.MAPPING,
                OUT,
                SEED,
                STEPS,
                ITERATIONS,
                EXPERTS,
                LICENCE));
        settings.addAll(ControlStudy.TRAINING);
        settings.addAll(DialogueStudy.TRAINING);
        settings.add(SigningSettings.SIGN_TRAINER);
        return settings;
    }

    /** A file that has to be there. */
    static Setting<Path> existing(String key, String description) {
        return new Setting<>(key, "", description, text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("expected a path, found none");
            }
            return existingFile(text);
        });
    }

    /** A file that has to be there, if one is given. */
    static Setting<String> existingIfGiven(String key, String description) {
        return new Setting<>(
                key,
                "",
                description,
                text -> text.isBlank() ? "" : existingFile(text).toString());
    }

    private static Path existingFile(String text) {
        Path path = Path.of(text);
        if (!Files.exists(path) || Files.isDirectory(path)) {
            throw new IllegalArgumentException("expected a file, found %s at %s"
                    .formatted(
                            Files.exists(path) ? "a folder" : "nothing",
                            path.toAbsolutePath().normalize()));
        }
        return path;
    }

    @Override
    public Set<String> meaningless(Settings settings) {
        return Study.ofOthers(Study.policy(settings.get(POLICY), settings));
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        if (algorithm.equals(Algorithms.MCE)) {
            int most = settings.get(ITERATIONS) == 0 ? settings.get(STEPS) : settings.get(ITERATIONS);
            return new FiniteStudy(LogFiles.paths(settings.get(DEMONSTRATIONS), moreFiles), out(settings), most)
                    .run(console);
        }
        PolicySpec<?> spec = Study.policy(settings.get(POLICY), settings);
        if (!spec.algorithmsOnFiles().contains(algorithm)) {
            throw new BadSettingsException(List.of("algorithm: expected one of %s of %s, found \"%s\""
                    .formatted(spec.algorithmsOnFiles(), spec.name(), algorithm)));
        }
        Path out = out(settings);
        long seed = settings.get(SEED);
        int iterations = algorithm.equals(Algorithms.CLONING) ? 0 : settings.get(ITERATIONS);
        Study study = Study.of(spec, settings);
        Map<String, Object> result = new LinkedHashMap<>();
        try (Learner learner = study.learner(algorithm, iterations == 0 ? settings.get(STEPS) : iterations, settings)) {
            List<Path> files = LogFiles.paths(settings.get(DEMONSTRATIONS), moreFiles);
            Study.Material material = study.read(files, settings, console);
            long begun = System.nanoTime();
            Update update =
                    learn(learner, study.begin(learner, seed, settings), material.trajectories(), seed, console);
            double seconds = (System.nanoTime() - begun) / 1e9;
            Map<String, Double> figures = update.report().figures();
            String licence = licence(settings, files);
            LearnerState state = update.state();
            ModelFile file = ModelFile.createGolden(
                    learner.export(state),
                    metadata(spec, settings, licence, seed, material, figures).with(learner.metadata(state)),
                    spec::load);
            Optional<byte[]> signature =
                    settings.get(SigningSettings.SIGN_TRAINER).signature(spec.name(), file.bytes());
            Files.write(out, file.bytes());
            Path beside = ExportModel.beside(out);
            Files.deleteIfExists(beside); // that of what was there before
            if (signature.isPresent()) {
                Files.write(beside, signature.get());
                result.put("signature", beside.toString());
            }
            result.put("policy", spec.name());
            result.put("algorithm", algorithm);
            result.put("seed", seed);
            result.put("model", out.toString());
            result.put("sha256", file.sha256());
            result.put("bytes", file.bytes().length);
            result.put("licence", licence);
            result.put("trainSeconds", seconds);
            result.putAll(material.told());
            try (ServedPolicy policy = spec.load(file)) {
                result.putAll(study.trained(learner, update, policy, settings));
            }
            result.put("training", figures);
        }
        console.result(result, () -> summary(result));
        return 0;
    }

    private static Path out(Settings settings) {
        Path out = Path.of(settings.get(OUT)).toAbsolutePath().normalize();
        Path folder = out.getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new BadSettingsException(List.of(
                    "out: expected a path in a folder that exists and can be written, found %s".formatted(out)));
        }
        return out;
    }

    private static String summary(Map<String, Object> result) {
        Map<String, Object> others = new LinkedHashMap<>(result);
        others.keySet().removeAll(TOLD_APART);
        String signature = result.containsKey("signature") ? ", and its signature " + result.get("signature") : "";
        return "Wrote %s (%s bytes, SHA-256 %s)%s: %s, learned by %s in %s s with seed %s.%nOf the logs: %s.%nOf the training: %s."
                .formatted(
                        result.get("model"),
                        result.get("bytes"),
                        result.get("sha256"),
                        signature,
                        result.get("policy"),
                        result.get("algorithm"),
                        Table.figure(result.get("trainSeconds")),
                        result.get("seed"),
                        Prose.listed(others),
                        Prose.listed((Map<?, ?>) Objects.requireNonNull(result.get("training"))));
    }

    private static Update learn(
            Learner learner, LearnerState from, List<Trajectory> trajectories, long seed, Console console) {
        Update update;
        try {
            update = learner.begin(from, trajectories, List.of(), seed);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        while (update.step()) {
            console.status("learning %3.0f %%".formatted(100 * update.progress()));
        }
        Map<String, Double> figures = update.report().figures();
        if (figures.getOrDefault(TrainingReport.DIVERGED, 0.0) != 0) {
            throw new CommandFailedException(
                    "the loss is no longer finite after %s steps; no model written".formatted(figures.get("steps")));
        }
        return update;
    }

    /** Returns the licence of the logs: the one that was given, or what is known of these files. */
    private static String licence(Settings settings, List<Path> files) {
        String given = settings.get(LICENCE);
        return given.isBlank() ? BundledLogs.licence(files) : given;
    }

    private ModelMetadata metadata(
            PolicySpec<?> spec,
            Settings settings,
            String licence,
            long seed,
            Study.Material material,
            Map<String, Double> figures) {
        List<Trajectory> trajectories = material.trajectories();
        Rows golden = TrainedFigures.goldenObservations(trajectories);
        long start = trajectories.stream().mapToLong(Trajectory::startMs).min().orElse(0);
        long end = trajectories.stream()
                .mapToLong(t -> t.startMs() + t.steps() * t.stepMs())
                .max()
                .orElse(0);
        Map<String, String> extra = new TreeMap<>(material.metadata());
        extra.put(ModelMetadata.ALGORITHM, algorithm);
        extra.putIfAbsent(Experts.KEY, Experts.text(settings.get(EXPERTS).actors()));
        return new ModelMetadata(
                spec.name(),
                "",
                start,
                end,
                List.of(),
                seed,
                spec.fingerprint(),
                TrainedFigures.json(figures),
                golden,
                new Matrix(golden.rows(), spec.actionSize(), new float[golden.rows() * spec.actionSize()]),
                Versions.own(),
                licence,
                new TreeMap<>(extra));
    }
}
