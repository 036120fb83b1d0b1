package dev.understudy.benchmarks;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingLearners;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.policy.Policy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Adversarial imitation of car following beside cloning and calibrated laws, in closed loop, cross-validated over whole
 * runs: how far each strays from the expert, and how far the frequencies of its speeds, accelerations, jerks and
 * inverse times to collision are from the expert's.
 */
final class FollowingBenchmark {
    private static final String IDM = "idm";
    private static final String CLONING = "bc";
    private static final String ONE_STEP = "bcOneStep";
    private static final String GAIL = "gail";
    private static final String WITH_ENVELOPE = "WithEnvelope";
    private static final List<String> LAWS =
            List.of(IDM, FollowingBaselines.CONSTANT_TIME_GAP, FollowingBaselines.CONSTANT_TIME_GAP_PER_ENTITY);
    private static final List<String> DRIVERS = Stream.concat(
                    LAWS.stream().flatMap(law -> Stream.of(law, law + WITH_ENVELOPE)),
                    Stream.of(ONE_STEP, CLONING, GAIL))
            .toList();
    private static final List<String> COMPARED = List.of("acceleration", "jerk", "inverseTimeToCollision", "speed");
    private static final double SPACING_TARGET = 0.9;

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param folds shares that the runs are dealt to
     * @param seeds seeds tried on each fold, from {@code firstSeed} up
     * @param firstSeed the first of them
     */
    record Settings(Path logs, int folds, int seeds, int firstSeed) {}

    /**
     * What one driver did on a fold under a seed.
     *
     * @param divergences KL(expert || driver) by quantity, nats
     */
    private record Figures(ClosedLoopReport report, Map<String, Double> divergences) {}

    private record Trial(int fold, int seed, Map<String, Figures> drivers, double trainSeconds) {
        Figures of(String driver) {
            Figures figures = drivers.get(driver);
            if (figures == null) {
                throw new IllegalStateException("expected figures of %s, got %s".formatted(driver, drivers.keySet()));
            }
            return figures;
        }

        double spacing(String driver) {
            return of(driver).report().spacingRmseMeters();
        }

        double divergence(String driver, String quantity) {
            return of(driver).divergences().getOrDefault(quantity, Double.NaN);
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("fold", fold);
            json.put("seed", seed);
            json.put("trainSeconds", trainSeconds);
            drivers.forEach((name, figures) ->
                    json.put(name, Map.of("report", figures.report(), "divergence", figures.divergences())));
            return json;
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder("fold %d seed %d".formatted(fold, seed));
            drivers.forEach((name, figures) -> {
                text.append(
                        "; %s %.2f m, median %.2f m, mean over runs %.2f m (%.2f to %.2f), worst tenth %.0f %%, %d collisions, KL"
                                .formatted(
                                        name,
                                        figures.report().spacingRmseMeters(),
                                        figures.report().spacingRmseMedianMeters(),
                                        figures.report().spacingRmseMeanOverRunsMeters(),
                                        figures.report().spacingRmseMeanOverRunsLowMeters(),
                                        figures.report().spacingRmseMeanOverRunsHighMeters(),
                                        100 * figures.report().worstTenthShareOfSquaredError(),
                                        figures.report().collisions()));
                COMPARED.forEach(quantity -> text.append(" %.4f".formatted(divergence(name, quantity))));
            });
            return text.toString();
        }
    }

    private final Settings settings;
    private final Consumer<String> progress;

    FollowingBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns the figures of every fold and seed, and their spread. */
    Map<String, Object> run() {
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        List<Trial> trials = new ArrayList<>();
        progress.accept("KL of " + COMPARED);
        for (int fold = 0; fold < folds.count(); fold++) {
            trials.addAll(fold(fold, folds.learned(fold), folds.heldOut(fold)));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        Spread spacing = spread(trials, trial -> trial.spacing(GAIL) / trial.spacing(CLONING));
        figures.put("spacingGailToBc", spacing.toJson());
        figures.put("spacingTarget", SPACING_TARGET);
        int collisions = trials.stream()
                .mapToInt(trial -> trial.of(GAIL).report().collisions())
                .sum();
        boolean met = spacing.median() <= SPACING_TARGET && collisions == 0;
        Map<String, Object> closer = new LinkedHashMap<>();
        for (String quantity : COMPARED) {
            Spread ratio =
                    spread(trials, trial -> trial.divergence(GAIL, quantity) / trial.divergence(CLONING, quantity));
            closer.put(quantity, ratio.toJson());
            met &= ratio.median() < 1;
        }
        figures.put("divergenceGailToBc", closer);
        Map<String, Object> drivers = new LinkedHashMap<>();
        for (String driver : DRIVERS) {
            drivers.put(driver, summary(driver, trials));
        }
        figures.put("drivers", drivers);
        figures.put("trainSecondsGail", spread(trials, Trial::trainSeconds).toJson());
        figures.put("trials", trials.stream().map(Trial::toJson).toList());
        figures.put("met", met);
        progress.accept("spacing error, GAIL over cloning: %s; divergences: %s; collisions %d"
                .formatted(spacing, closer, collisions));
        return figures;
    }

    private static Map<String, Object> summary(String driver, List<Trial> trials) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(
                "spacingRmseMeters",
                spread(trials, trial -> trial.spacing(driver)).toJson());
        json.put("spacingRmseMedianMeters", of(trials, driver, ClosedLoopReport::spacingRmseMedianMeters));
        json.put("spacingRmseMeanOverRunsMeters", of(trials, driver, ClosedLoopReport::spacingRmseMeanOverRunsMeters));
        json.put("worstTenthShareOfSquaredError", of(trials, driver, ClosedLoopReport::worstTenthShareOfSquaredError));
        json.put(
                "spacingToIdm",
                spread(trials, trial -> trial.spacing(driver) / trial.spacing(IDM))
                        .toJson());
        Map<String, Object> divergences = new LinkedHashMap<>();
        for (String quantity : COMPARED) {
            divergences.put(
                    quantity,
                    spread(trials, trial -> trial.divergence(driver, quantity)).toJson());
        }
        json.put("divergence", divergences);
        json.put(
                "collisions",
                trials.stream()
                        .mapToInt(trial -> trial.of(driver).report().collisions())
                        .sum());
        return json;
    }

    private static Map<String, Object> of(
            List<Trial> trials, String driver, ToDoubleFunction<ClosedLoopReport> figure) {
        return spread(trials, trial -> figure.applyAsDouble(trial.of(driver).report()))
                .toJson();
    }

    private static Spread spread(List<Trial> trials, ToDoubleFunction<Trial> figure) {
        return Spread.of(trials.stream().mapToDouble(figure).boxed().toList());
    }

    private List<Trial> fold(int fold, Demonstrations learned, Demonstrations heldOut) {
        CarFollowingStretches held = CarFollowingStretches.of(heldOut.samples());
        LeaderReplay replay = new LeaderReplay(held);
        DriveDistributions expert = DriveDistributions.ofExpert(held);
        List<Trajectory> trajectories = learned.trajectories();
        FollowingBaselines baselines = ClosedLoopBenchmark.baselines(CarFollowingStretches.of(learned.samples()));
        Map<String, Figures> lawful = new LinkedHashMap<>();
        baselines.drivers().forEach((name, law) -> {
            lawful.put(name, drive(replay, expert, law.driving(held), null));
            lawful.put(name + WITH_ENVELOPE, drive(replay, expert, law.driving(held), new FollowingEnvelope()));
        });
        List<Trial> trials = new ArrayList<>();
        for (int i = 0; i < settings.seeds(); i++) {
            int seed = settings.firstSeed() + i;
            Map<String, Figures> drivers = new LinkedHashMap<>(lawful);
            drivers.put(ONE_STEP, drive(replay, expert, oneStep(trajectories, seed)));
            long begun = System.nanoTime();
            adversarial(trajectories, seed).forEach((name, onnx) -> drivers.put(name, drive(replay, expert, onnx)));
            Trial trial = new Trial(fold, seed, drivers, (System.nanoTime() - begun) / 1e9);
            progress.accept(trial.toString());
            trials.add(trial);
        }
        return trials;
    }

    private static byte[] oneStep(List<Trajectory> trajectories, long seed) {
        try (Learner learner = new BehaviouralCloning(FollowingLearners.policy(), BehaviouralCloningConfig.defaults());
                Update update = learner.begin(learner.initialState(seed), trajectories, List.of(), seed)) {
            boolean more = true;
            while (more) {
                more = update.step();
            }
            return learner.export(update.state());
        }
    }

    /** Returns GAIL's policy, and what it was before the first practice: cloning's, of the same seed and settings. */
    private static Map<String, byte[]> adversarial(List<Trajectory> trajectories, long seed) {
        Map<String, byte[]> models = new LinkedHashMap<>();
        try (Learner learner = Catalogue.policy(CarFollowing.POLICY).learner(Algorithms.GAIL, 0);
                Update update = learner.begin(learner.initialState(seed), trajectories, List.of(), seed)) {
            boolean more = true;
            while (more) {
                more = update.step();
                if (models.isEmpty() && update.report().figures().containsKey("cloning.steps")) {
                    models.put(CLONING, learner.export(update.state()));
                }
            }
            models.put(GAIL, learner.export(update.state()));
        }
        return models;
    }

    private static Figures drive(LeaderReplay replay, DriveDistributions expert, byte[] onnx) {
        try (LoadedPolicy policy = ClosedLoopBenchmark.load(onnx)) {
            return drive(replay, expert, policy, new FollowingEnvelope());
        }
    }

    private static Figures drive(
            LeaderReplay replay, DriveDistributions expert, Policy policy, @Nullable FollowingEnvelope envelope) {
        DriveDistributions.Driven driven = DriveDistributions.drive(replay, policy, envelope);
        return new Figures(driven.drive().report(), expert.divergences(driven.distributions()));
    }
}
