package dev.understudy.benchmarks;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingLaw;
import dev.understudy.driving.FollowingLawCalibration;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The cloned car-following policy against calibrated laws in closed loop, cross-validated over whole runs: every run is
 * held out once, all are fitted to the other runs, and every fold and seed is reported.
 */
final class ClosedLoopBenchmark {
    private static final String SHORT_GAP = "acc-S";
    private static final String POLICY = "policy";
    private static final String IDM = FollowingBaselines.IDM;
    private static final String WITH_ENVELOPE = "WithEnvelope";
    private static final long CALIBRATION_SEED = 1;
    private static final double IDM_TARGET = 0.85;
    private static final double IDM_SHORT_GAP_TARGET = 1.0;
    private static final double BEST_TARGET = 0.85;
    private static final double BEST_SHORT_GAP_TARGET = 0.95;

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param folds shares that the runs are dealt to
     * @param seeds seeds tried on each fold, from 1 up
     * @param out file for the errors of single stretches, or null
     */
    record Settings(
            Path logs, int folds, int seeds, @Nullable Path out) {}

    /** What is measured: how a policy comes from logs. */
    interface Training {
        /** Returns the graph of the policy learned from these logs under a seed. */
        byte[] learn(Demonstrations logs, long seed);

        /** Returns the training of {@code train bc}. */
        static Training cloning() {
            return (logs, seed) -> cloned(logs.trajectories(), seed);
        }
    }

    /**
     * What one driver did on a fold.
     *
     * @param all over all held-out stretches
     * @param shortGap over those of the short-gap setting
     */
    private record Figures(ClosedLoopReport all, ClosedLoopReport shortGap) {
        static Figures of(LeaderReplay.Drive drive, IntPredicate shortGap) {
            return new Figures(drive.report(), drive.report(shortGap));
        }
    }

    /**
     * One fold under one seed; spacing errors in metres, root mean square over all steps.
     *
     * @param drivers policy and baselines by name
     * @param idmFittedToShortGap the error, on short-gap stretches, of a driver model fitted to short-gap runs alone
     */
    private record Trial(
            int fold, int seed, Map<String, Figures> drivers, double idmFittedToShortGap, double trainSeconds) {
        Figures of(String driver) {
            Figures figures = drivers.get(driver);
            if (figures == null) {
                throw new IllegalStateException("expected figures of %s, got %s".formatted(driver, drivers.keySet()));
            }
            return figures;
        }

        double ratioTo(String driver) {
            return of(POLICY).all().spacingRmseMeters() / of(driver).all().spacingRmseMeters();
        }

        double ratioShortGapTo(String driver) {
            return of(POLICY).shortGap().spacingRmseMeters()
                    / of(driver).shortGap().spacingRmseMeters();
        }

        double ratioShortGapToItsOwnFit() {
            return of(POLICY).shortGap().spacingRmseMeters() / idmFittedToShortGap;
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("fold", fold);
            json.put("seed", seed);
            drivers.forEach((name, figures) -> {
                json.put(name, figures.all());
                json.put(name + "ShortGap", figures.shortGap());
            });
            json.put("idmFittedToShortGapMeters", idmFittedToShortGap);
            json.put("ratio", ratioTo(IDM));
            json.put("ratioShortGap", ratioShortGapTo(IDM));
            json.put("trainSeconds", trainSeconds);
            return json;
        }
    }

    private final Settings settings;
    private final Training training;
    private final Consumer<String> progress;

    ClosedLoopBenchmark(Settings settings, Training training, Consumer<String> progress) {
        this.settings = settings;
        this.training = training;
        this.progress = progress;
    }

    /** Returns the figures of every fold and seed, and their spread. */
    Map<String, Object> run() {
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        StretchErrors errors = StretchErrors.to(settings.out());
        List<Trial> trials = new ArrayList<>();
        List<Object> calibrations = new ArrayList<>();
        for (int fold = 0; fold < folds.count(); fold++) {
            trials.addAll(fold(fold, folds.learned(fold), folds.heldOut(fold), errors, calibrations));
        }
        List<String> baselines = trials.get(0).drivers().keySet().stream()
                .filter(name -> !name.equals(POLICY))
                .toList();
        String best = best(baselines, trials, Figures::all);
        String bestShortGap = best(baselines, trials, Figures::shortGap);
        Spread mixed = spread(trials, trial -> trial.ratioTo(IDM));
        Spread shortGap = spread(trials, trial -> trial.ratioShortGapTo(IDM));
        Spread toBest = spread(trials, trial -> trial.ratioTo(best));
        Spread shortGapToBest = spread(trials, trial -> trial.ratioShortGapTo(bestShortGap));
        int collisions = trials.stream()
                .mapToInt(trial -> trial.of(POLICY).all().collisions())
                .sum();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ratio", mixed.toJson());
        figures.put("ratioTarget", IDM_TARGET);
        figures.put("ratioShortGap", shortGap.toJson());
        figures.put("ratioShortGapTarget", IDM_SHORT_GAP_TARGET);
        figures.put(
                "ratioShortGapToIdmFittedToShortGap",
                spread(trials, Trial::ratioShortGapToItsOwnFit).toJson());
        figures.put("bestBaseline", best);
        figures.put("ratioToBest", toBest.toJson());
        figures.put("ratioToBestTarget", BEST_TARGET);
        figures.put("bestBaselineShortGap", bestShortGap);
        figures.put("ratioShortGapToBest", shortGapToBest.toJson());
        figures.put("ratioShortGapToBestTarget", BEST_SHORT_GAP_TARGET);
        Map<String, Object> ratios = new LinkedHashMap<>();
        Map<String, Object> ratiosShortGap = new LinkedHashMap<>();
        for (String name : baselines) {
            ratios.put(name, spread(trials, trial -> trial.ratioTo(name)).toJson());
            ratiosShortGap.put(
                    name, spread(trials, trial -> trial.ratioShortGapTo(name)).toJson());
        }
        figures.put("ratioTo", ratios);
        figures.put("ratioShortGapTo", ratiosShortGap);
        Map<String, Object> drivers = new LinkedHashMap<>();
        Map<String, Object> driversShortGap = new LinkedHashMap<>();
        for (String name : trials.get(0).drivers().keySet()) {
            drivers.put(name, summary(trials, trial -> trial.of(name).all()));
            driversShortGap.put(name, summary(trials, trial -> trial.of(name).shortGap()));
        }
        figures.put("drivers", drivers);
        figures.put("driversShortGap", driversShortGap);
        figures.put("calibrations", calibrations);
        figures.put("collisions", collisions);
        figures.put("trainSeconds", spread(trials, Trial::trainSeconds).toJson());
        figures.put("trials", trials.stream().map(Trial::toJson).toList());
        figures.put(
                "met",
                collisions == 0
                        && mixed.median() <= IDM_TARGET
                        && shortGap.median() <= IDM_SHORT_GAP_TARGET
                        && toBest.median() <= BEST_TARGET
                        && shortGapToBest.median() <= BEST_SHORT_GAP_TARGET);
        for (String name : trials.get(0).drivers().keySet()) {
            progress.accept("%s, medians over folds and seeds: %s; S alone: %s"
                    .formatted(name, drivers.get(name), driversShortGap.get(name)));
        }
        progress.accept(
                "ratio of spacing errors, policy over the best baseline, %s: %s; S alone, over %s: %s; over IDM: %s; S alone: %s; collisions %d"
                        .formatted(best, toBest, bestShortGap, shortGapToBest, mixed, shortGap, collisions));
        return figures;
    }

    /** Returns the one baseline with the smallest squared error over all folds, each stretch counting alike. */
    private static String best(List<String> baselines, List<Trial> trials, Function<Figures, ClosedLoopReport> part) {
        return Collections.min(baselines, Comparator.comparingDouble(name -> trials.stream()
                .map(trial -> part.apply(trial.of(name)))
                .filter(report -> report.stretches() > 0)
                .mapToDouble(report -> report.spacingRmseMeters() * report.spacingRmseMeters() * report.stretches())
                .sum()));
    }

    private static Map<String, Object> summary(List<Trial> trials, Function<Trial, ClosedLoopReport> report) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("spacingRmseMeters", median(trials, report, ClosedLoopReport::spacingRmseMeters));
        json.put("spacingRmseMedianMeters", median(trials, report, ClosedLoopReport::spacingRmseMedianMeters));
        json.put(
                "spacingRmseMeanOverRunsMeters",
                median(trials, report, ClosedLoopReport::spacingRmseMeanOverRunsMeters));
        json.put(
                "worstTenthShareOfSquaredError",
                median(trials, report, ClosedLoopReport::worstTenthShareOfSquaredError));
        json.put(
                "collisions",
                trials.stream()
                        .mapToInt(trial -> report.apply(trial).collisions())
                        .sum());
        return json;
    }

    private static double median(
            List<Trial> trials, Function<Trial, ClosedLoopReport> report, ToDoubleFunction<ClosedLoopReport> figure) {
        return spread(trials, trial -> figure.applyAsDouble(report.apply(trial)))
                .median();
    }

    private static Spread spread(List<Trial> trials, ToDoubleFunction<Trial> figure) {
        return Spread.of(trials.stream().mapToDouble(figure).boxed().toList());
    }

    private List<Trial> fold(
            int fold, Demonstrations learned, Demonstrations heldOut, StretchErrors errors, List<Object> calibrations) {
        CarFollowingStretches fitted = CarFollowingStretches.of(learned.samples());
        CarFollowingStretches held = CarFollowingStretches.of(heldOut.samples());
        LeaderReplay replay = new LeaderReplay(held);
        IntPredicate shortGap = i -> held.label(i).equals(SHORT_GAP);
        FollowingBaselines baselines = baselines(fitted);
        baselines.remarks().forEach(progress);
        Map<String, Object> calibration = new LinkedHashMap<>();
        calibration.put("fold", fold);
        calibration.put("parameters", baselines.toMetadata());
        calibration.put("remarks", baselines.remarks());
        calibrations.add(calibration);
        Map<String, LeaderReplay.Drive> lawful = drive(baselines, replay);
        lawful.forEach((name, drive) -> progress.accept("fold %d %s".formatted(fold, text(name, drive, shortGap))));
        double idmFittedToShortGap = replay.drive(
                        idm(fitted.where(i -> fitted.label(i).equals(SHORT_GAP))), null)
                .report(shortGap)
                .spacingRmseMeters();
        List<Trial> trials = new ArrayList<>();
        for (int seed = 1; seed <= settings.seeds(); seed++) {
            long begun = System.nanoTime();
            byte[] onnx = training.learn(learned, seed);
            double trainSeconds = (System.nanoTime() - begun) / 1e9;
            try (LoadedPolicy loaded = load(onnx)) {
                Map<String, LeaderReplay.Drive> drives = new LinkedHashMap<>();
                LeaderReplay.Drive policy = replay.drive(loaded, new FollowingEnvelope());
                drives.put(POLICY, policy);
                drives.putAll(lawful);
                Map<String, Figures> figures = new LinkedHashMap<>();
                for (Map.Entry<String, LeaderReplay.Drive> each : drives.entrySet()) {
                    errors.add(fold, seed, each.getKey(), held, each.getValue());
                    figures.put(each.getKey(), Figures.of(each.getValue(), shortGap));
                }
                trials.add(new Trial(fold, seed, figures, idmFittedToShortGap, trainSeconds));
                progress.accept("fold %d seed %d %s; trained in %.1f s"
                        .formatted(fold, seed, text(POLICY, policy, shortGap), trainSeconds));
            }
        }
        return trials;
    }

    private static String text(String name, LeaderReplay.Drive drive, IntPredicate shortGap) {
        ClosedLoopReport all = drive.report();
        return "%s: %.2f m, median %.2f m, mean over %d runs %.2f m (%.2f to %.2f), worst tenth %.0f %%; S alone %.2f m; collisions %d"
                .formatted(
                        name,
                        all.spacingRmseMeters(),
                        all.spacingRmseMedianMeters(),
                        all.runs(),
                        all.spacingRmseMeanOverRunsMeters(),
                        all.spacingRmseMeanOverRunsLowMeters(),
                        all.spacingRmseMeanOverRunsHighMeters(),
                        100 * all.worstTenthShareOfSquaredError(),
                        drive.report(shortGap).spacingRmseMeters(),
                        all.collisions());
    }

    /** Fits the baselines to stretches. */
    static FollowingBaselines baselines(CarFollowingStretches stretches) {
        return FollowingBaselines.calibrate(stretches, FollowingLawCalibration.Effort.defaults(), CALIBRATION_SEED);
    }

    /** Lets each of the laws drive the stretches, plainly and with the envelope. */
    private static Map<String, LeaderReplay.Drive> drive(FollowingBaselines baselines, LeaderReplay replay) {
        Map<String, LeaderReplay.Drive> drives = new LinkedHashMap<>();
        baselines.drivers().forEach((name, law) -> {
            drives.put(name, replay.drive(law.driving(replay.stretches()), null));
            drives.put(name + WITH_ENVELOPE, replay.drive(law.driving(replay.stretches()), new FollowingEnvelope()));
        });
        return drives;
    }

    private static FollowingLaw idm(CarFollowingStretches stretches) {
        return FollowingLawCalibration.intelligentDriverModel(
                        stretches, FollowingLawCalibration.Effort.defaults(), CALIBRATION_SEED)
                .law();
    }

    /** Returns the graph of the policy that {@code train bc} learns from these trajectories. */
    static byte[] cloned(List<Trajectory> trajectories, long seed) {
        try (Learner learner = Catalogue.policy(CarFollowing.POLICY).learner(Algorithms.CLONING, 0);
                Update update = learner.begin(learner.initialState(seed), trajectories, List.of(), seed)) {
            boolean more = true;
            while (more) {
                more = update.step();
            }
            return learner.export(update.state());
        }
    }

    static LoadedPolicy load(byte[] onnx) {
        int n = CarFollowing.observationSize();
        ModelMetadata metadata = new ModelMetadata(
                CarFollowing.POLICY,
                "",
                0,
                0,
                List.of(),
                0,
                CarFollowing.fingerprint(),
                "{}",
                new Matrix(1, n, new float[n]),
                new Matrix(1, CarFollowing.ACTION_SIZE, new float[CarFollowing.ACTION_SIZE]),
                "benchmark",
                "",
                new TreeMap<>());
        return LoadedPolicy.load(ModelFile.createGolden(onnx, metadata), n, CarFollowing.ACTION_SIZE);
    }
}
