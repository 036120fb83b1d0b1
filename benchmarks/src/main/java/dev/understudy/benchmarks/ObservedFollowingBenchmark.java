package dev.understudy.benchmarks;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.ClosedLoopReport;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingLearners;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.Update;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.model.LoadedPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Car following whose actions are hidden beside cloning with them, in closed loop behind the leaders of held-out runs.
 * The actions of the former's demonstrations are NaN.
 */
final class ObservedFollowingBenchmark {
    private static final double TARGET = 1.10;

    /** What is compared. */
    enum Cloned {
        /** By likelihood and by drives, as {@code train} does; the drives read no action in either. */
        WITH_DRIVES,
        /** By likelihood alone. */
        STEP_BY_STEP
    }

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param folds shares that the runs are dealt to
     * @param seeds seeds tried on each fold
     * @param firstSeed the first of them
     * @param cloned what is compared
     */
    record Settings(Path logs, int folds, int seeds, int firstSeed, Cloned cloned) {}

    private final Settings settings;
    private final Consumer<String> progress;

    ObservedFollowingBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns the figures of every fold and seed, and their spread. */
    Map<String, Object> run() {
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        List<Object> trials = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        List<Double> hidden = new ArrayList<>();
        List<Double> shown = new ArrayList<>();
        int collisions = 0;
        for (int fold = 0; fold < folds.count(); fold++) {
            Demonstrations learned = folds.learned(fold);
            LeaderReplay replay = new LeaderReplay(
                    CarFollowingStretches.of(folds.heldOut(fold).samples()));
            for (int seed = settings.firstSeed(); seed < settings.firstSeed() + settings.seeds(); seed++) {
                Map<String, Object> trial = new LinkedHashMap<>();
                ClosedLoopReport cloned = drive(Algorithms.CLONING, learned.trajectories(), seed, replay, trial);
                ClosedLoopReport observed = drive(Algorithms.BCO, hidden(learned.trajectories()), seed, replay, trial);
                double ratio = observed.spacingRmseMeters() / cloned.spacingRmseMeters();
                trial.put("fold", fold);
                trial.put("seed", seed);
                trial.put("ratio", ratio);
                trials.add(trial);
                ratios.add(ratio);
                hidden.add(observed.spacingRmseMeters());
                shown.add(cloned.spacingRmseMeters());
                collisions += observed.collisions();
                progress.accept("fold %d seed %d: %.3f m hidden, %.3f m with actions, ratio %.3f; %s"
                        .formatted(fold, seed, observed.spacingRmseMeters(), cloned.spacingRmseMeters(), ratio, trial));
            }
        }
        Spread ratio = Spread.of(ratios);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("ratio", ratio.toJson());
        figures.put("ratioTarget", TARGET);
        figures.put("spacingRmseMetersHidden", Spread.of(hidden).toJson());
        figures.put("spacingRmseMetersWithActions", Spread.of(shown).toJson());
        figures.put("collisions", collisions);
        figures.put("trials", trials);
        figures.put("met", ratio.median() <= TARGET && collisions == 0);
        return figures;
    }

    private static List<Trajectory> hidden(List<Trajectory> trajectories) {
        return trajectories.stream()
                .map(each -> {
                    float[] actions = new float[each.steps()];
                    Arrays.fill(actions, Float.NaN);
                    return new Trajectory(
                            each.trip(),
                            each.entity(),
                            each.startMs(),
                            each.stepMs(),
                            each.observations(),
                            new Matrix(each.steps(), 1, actions));
                })
                .toList();
    }

    private ClosedLoopReport drive(
            String algorithm,
            List<Trajectory> trajectories,
            long seed,
            LeaderReplay replay,
            Map<String, Object> trial) {
        long begun = System.nanoTime();
        try (Learner learner = learner(algorithm);
                Update update = learner.begin(learner.initialState(seed), trajectories, List.of(), seed)) {
            boolean more = true;
            while (more) {
                more = update.step();
            }
            Map<String, Double> report = update.report().figures();
            if (algorithm.equals(Algorithms.BCO)) {
                trial.put("dynamicsLoss", Objects.requireNonNull(report.get("dynamicsLoss")));
            }
            trial.put(algorithm + "Seconds", (System.nanoTime() - begun) / 1e9);
            try (LoadedPolicy policy = ClosedLoopBenchmark.load(learner.export(update.state()))) {
                ClosedLoopReport driven =
                        replay.drive(policy, new FollowingEnvelope()).report();
                trial.put(algorithm, driven);
                return driven;
            }
        }
    }

    private Learner learner(String algorithm) {
        if (settings.cloned() == Cloned.WITH_DRIVES) {
            return Catalogue.policy(CarFollowing.POLICY).learner(algorithm, 0);
        }
        BehaviouralCloningConfig config = BehaviouralCloningConfig.driven().withHorizon(0);
        return algorithm.equals(Algorithms.CLONING)
                ? FollowingLearners.cloning(config)
                : FollowingLearners.fromObservations(
                        FollowingLearners.cloning(config), FollowingLearners.observedConfig());
    }
}
