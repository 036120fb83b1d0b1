package dev.understudy.benchmarks;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.Envelope;
import dev.understudy.driving.FollowingLaw;
import dev.understudy.driving.FollowingLawCalibration;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Catalogue;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The cloned car-following policy against the Intelligent Driver Model in closed loop, cross-validated over whole runs:
 * every run is held out once, both are fitted to the other runs, and every fold and seed is reported.
 */
final class ClosedLoopBenchmark {
    private static final String SHORT_GAP = "acc-S";
    private static final long CALIBRATION_SEED = 1;
    private static final double MIXED_TARGET = 0.85;
    private static final double SHORT_GAP_TARGET = 1.0;

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

    /**
     * One fold under one seed; spacing errors in metres, root mean square over all steps.
     *
     * @param idmFittedToShortGap the error, on short-gap stretches, of a driver model fitted to short-gap runs alone
     */
    private record Trial(
            int fold,
            int seed,
            ClosedLoopReport policy,
            ClosedLoopReport idm,
            ClosedLoopReport policyShortGap,
            ClosedLoopReport idmShortGap,
            double idmFittedToShortGap,
            double trainSeconds) {
        double ratio() {
            return policy.spacingRmseMeters() / idm.spacingRmseMeters();
        }

        double ratioShortGap() {
            return policyShortGap.spacingRmseMeters() / idmShortGap.spacingRmseMeters();
        }

        double ratioShortGapToItsOwnFit() {
            return policyShortGap.spacingRmseMeters() / idmFittedToShortGap;
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("fold", fold);
            json.put("seed", seed);
            json.put("policy", policy);
            json.put("idm", idm);
            json.put("policyShortGap", policyShortGap);
            json.put("idmShortGap", idmShortGap);
            json.put("idmFittedToShortGapMeters", idmFittedToShortGap);
            json.put("ratio", ratio());
            json.put("ratioShortGap", ratioShortGap());
            json.put("trainSeconds", trainSeconds);
            return json;
        }

        @Override
        public String toString() {
            return "fold %d seed %d: policy %.2f m, IDM %.2f m, ratio %.3f; S alone %.3f (%.3f of an IDM fitted to S); collisions %d; trained in %.1f s"
                    .formatted(
                            fold,
                            seed,
                            policy.spacingRmseMeters(),
                            idm.spacingRmseMeters(),
                            ratio(),
                            ratioShortGap(),
                            ratioShortGapToItsOwnFit(),
                            policy.collisions(),
                            trainSeconds);
        }
    }

    private final Settings settings;
    private final Consumer<String> progress;

    ClosedLoopBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns the figures of every fold and seed, and their spread. */
    Map<String, Object> run() {
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        StretchErrors errors = StretchErrors.to(settings.out());
        List<Trial> trials = new ArrayList<>();
        for (int fold = 0; fold < folds.count(); fold++) {
            trials.addAll(fold(fold, folds.learned(fold), folds.heldOut(fold), errors));
        }
        Spread mixed = spread(trials, Trial::ratio);
        Spread shortGap = spread(trials, Trial::ratioShortGap);
        int collisions =
                trials.stream().mapToInt(trial -> trial.policy().collisions()).sum();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ratio", mixed.toJson());
        figures.put("ratioTarget", MIXED_TARGET);
        figures.put("ratioShortGap", shortGap.toJson());
        figures.put("ratioShortGapTarget", SHORT_GAP_TARGET);
        figures.put(
                "ratioShortGapToIdmFittedToShortGap",
                spread(trials, Trial::ratioShortGapToItsOwnFit).toJson());
        figures.put("collisions", collisions);
        figures.put("trainSeconds", spread(trials, Trial::trainSeconds).toJson());
        figures.put("trials", trials.stream().map(Trial::toJson).toList());
        figures.put("met", collisions == 0 && mixed.median() <= MIXED_TARGET && shortGap.median() <= SHORT_GAP_TARGET);
        progress.accept("ratio of spacing errors, policy over IDM: %s; S alone: %s; collisions %d"
                .formatted(mixed, shortGap, collisions));
        return figures;
    }

    private static Spread spread(List<Trial> trials, ToDoubleFunction<Trial> figure) {
        return Spread.of(trials.stream().mapToDouble(figure).boxed().toList());
    }

    private List<Trial> fold(int fold, Demonstrations learned, Demonstrations heldOut, StretchErrors errors) {
        CarFollowingStretches training = CarFollowingStretches.of(learned.samples());
        CarFollowingStretches trainingShortGap =
                training.where(i -> training.label(i).equals(SHORT_GAP));
        CarFollowingStretches held = CarFollowingStretches.of(heldOut.samples());
        LeaderReplay replay = new LeaderReplay(held);
        IntPredicate shortGap = i -> held.label(i).equals(SHORT_GAP);
        List<Trajectory> trajectories = learned.trajectories();
        LeaderReplay.Drive idm = replay.drive(idm(training), null);
        LeaderReplay.Drive idmFittedToShortGap = replay.drive(idm(trainingShortGap), null);
        LeaderReplay.Drive ctg = replay.drive(
                FollowingLawCalibration.constantTimeGap(
                                training, FollowingLawCalibration.Effort.defaults(), CALIBRATION_SEED)
                        .law(),
                null);
        List<Trial> trials = new ArrayList<>();
        for (int seed = 1; seed <= settings.seeds(); seed++) {
            long begun = System.nanoTime();
            byte[] onnx = cloned(trajectories, seed);
            double trainSeconds = (System.nanoTime() - begun) / 1e9;
            try (LoadedPolicy loaded = load(onnx)) {
                LeaderReplay.Drive policy = replay.drive(loaded, new Envelope());
                errors.add(fold, seed, "policy", held, policy);
                errors.add(fold, seed, "idm", held, idm);
                errors.add(fold, seed, "constantTimeGap", held, ctg);
                Trial trial = new Trial(
                        fold,
                        seed,
                        policy.report(),
                        idm.report(),
                        policy.report(shortGap),
                        idm.report(shortGap),
                        idmFittedToShortGap.report(shortGap).spacingRmseMeters(),
                        trainSeconds);
                progress.accept(trial.toString());
                trials.add(trial);
            }
        }
        return trials;
    }

    static FollowingLaw idm(CarFollowingStretches stretches) {
        return FollowingLawCalibration.intelligentDriverModel(
                        stretches, FollowingLawCalibration.Effort.defaults(), CALIBRATION_SEED)
                .law();
    }

    private static byte[] cloned(List<Trajectory> trajectories, long seed) {
        try (Learner learner = Catalogue.learner(Catalogue.CLONING, CarFollowing.POLICY, 0);
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
