package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingLaw;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.IntelligentDriverModel;
import dev.understudy.model.LoadedPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Takeovers as demonstrations, in car following: a driver corrects a policy behind logged leaders, and each window is
 * learned before the next. After every window the policy drives behind leaders of runs that are never learned.
 */
final class FollowingDaggerBenchmark {
    /** Nobody ever takes over. */
    private static final CorrectedDrives.Patience ENDLESS =
            new CorrectedDrives.Patience(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

    /** What becomes of the corrections. */
    enum Corrections {
        LEARNED,
        /** The driver's own minutes alone are learned. */
        LEFT_OUT
    }

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param folds shares that the runs are dealt to, of which one is never learned
     * @param fold which, from 0
     * @param seed what order of trips and learning follow from
     * @param firstTrips trips that the driver drives alone, before the policy does
     * @param windows in which the policy drives
     * @param updates optimiser steps of a window
     * @param patience when the driver takes over
     * @param memory what is rehearsed
     */
    record Settings(
            Path logs,
            int folds,
            int fold,
            long seed,
            int firstTrips,
            int windows,
            int updates,
            CorrectedDrives.Patience patience,
            StreamedLearner.Memory memory) {}

    /**
     * The policy after a window, on unseen runs.
     *
     * @param learnedSteps steps learned so far
     * @param takeovers in 1,000 s
     * @param corrected share of the time in which the driver drove
     * @param spacingMeters distance from where the driver would be, root mean square, where nobody takes over
     */
    private record Point(int learnedSteps, double takeovers, double corrected, double spacingMeters) {
        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("learnedSteps", learnedSteps);
            json.put("takeoversPer1000Seconds", takeovers);
            json.put("correctedShare", corrected);
            json.put("spacingMeters", spacingMeters);
            return json;
        }

        @Override
        public String toString() {
            return "%d steps learned; on unseen runs %.1f takeovers in 1,000 s (%.1f %% corrected), %.2f m alone"
                    .formatted(learnedSteps, takeovers, 100 * corrected, spacingMeters);
        }
    }

    private final Settings settings;
    private final Consumer<String> progress;
    private final FollowingLaw driver = IntelligentDriverModel.published();
    private final List<CorrectedDrives.Trip> first;
    private final List<CorrectedDrives> windows = new ArrayList<>();
    private final CorrectedDrives unseen;
    private final CorrectedDrives alone;

    FollowingDaggerBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        List<CorrectedDrives.Trip> heldOut =
                CorrectedDrives.trips(folds.heldOut(settings.fold()).samples());
        unseen = new CorrectedDrives(heldOut, driver, settings.patience());
        alone = new CorrectedDrives(heldOut, driver, ENDLESS);
        List<CorrectedDrives.Trip> trips =
                CorrectedDrives.trips(folds.learned(settings.fold()).samples());
        Collections.shuffle(trips, new Random(settings.seed()));
        first = trips.subList(0, settings.firstTrips());
        List<CorrectedDrives.Trip> rest = trips.subList(settings.firstTrips(), trips.size());
        for (int window = 0; window < settings.windows(); window++) {
            windows.add(new CorrectedDrives(
                    rest.subList(
                            window * rest.size() / settings.windows(), (window + 1) * rest.size() / settings.windows()),
                    driver,
                    settings.patience()));
        }
    }

    /** Returns the figures; met if corrections leave fewer takeovers and a smaller distance than their absence. */
    Map<String, Object> run() {
        progress.accept("driver %s; unseen runs of %.0f s, windows of %.0f s"
                .formatted(driver.toText(), unseen.seconds(), windows.get(0).seconds()));
        Map<Corrections, Point> last = new EnumMap<>(Corrections.class);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("driver", driver.toText());
        for (Corrections corrections : Corrections.values()) {
            List<Point> curve = curve(corrections);
            last.put(corrections, curve.get(curve.size() - 1));
            figures.put(corrections.name(), curve.stream().map(Point::toJson).toList());
        }
        Point with = last.get(Corrections.LEARNED);
        Point without = last.get(Corrections.LEFT_OUT);
        figures.put(
                "met",
                with != null
                        && without != null
                        && with.takeovers() < without.takeovers()
                        && with.spacingMeters() < without.spacingMeters());
        return figures;
    }

    private List<Point> curve(Corrections corrections) {
        List<Point> points = new ArrayList<>();
        try (StreamedLearner<FollowingSample> learner = new StreamedLearner<>(
                new CarFollowingPolicy(), settings.updates(), settings.memory(), settings.seed())) {
            learner.learn(new CorrectedDrives(first, driver, settings.patience())
                    .drive(null)
                    .logs());
            points.add(point(corrections, 0, learner));
            for (CorrectedDrives window : windows) {
                List<FollowingSample> logs;
                try (LoadedPolicy policy = learner.policy()) {
                    logs = window.drive(policy).logs();
                }
                learner.learn(
                        corrections == Corrections.LEARNED
                                ? logs
                                : logs.stream()
                                        .filter(sample -> !sample.engaged())
                                        .toList());
                points.add(point(corrections, points.size(), learner));
            }
        }
        return points;
    }

    private Point point(Corrections corrections, int window, StreamedLearner<FollowingSample> learner) {
        try (LoadedPolicy policy = learner.policy()) {
            CorrectedDrives.Account account = unseen.drive(policy);
            Point point = new Point(
                    learner.steps(),
                    account.takeoversPer1000Seconds(),
                    account.correctedShare(),
                    alone.drive(policy).spacingMeters());
            progress.accept("corrections %s, after window %d: %s".formatted(corrections, window, point));
            return point;
        }
    }
}
