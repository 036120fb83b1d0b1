package dev.understudy.benchmarks;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Reservoir;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.HeldOutPieces;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingEnvelope;
import dev.understudy.driving.FollowingExamination;
import dev.understudy.driving.LeaderReplay;
import dev.understudy.evaluate.ErrorBudget;
import dev.understudy.evaluate.Evidence;
import dev.understudy.evaluate.PromotionRule;
import dev.understudy.evaluate.Verdict;
import dev.understudy.flink.GateConfig;
import dev.understudy.flink.LogReading;
import dev.understudy.flink.TrainingConfig;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.policy.Policy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The learning curve of the stream: logs in order, window after window, the learner, rehearsal and gate of the jobs;
 * every candidate and every promoted model is tried on whole runs that neither learner nor gate ever saw, beside batch
 * training on everything so far, the first model kept for ever, and calibrated laws.
 *
 * <p>Runs come by expert: {@link #ORDER}, so that the expert changes while the stream goes on. The gate's held-out
 * trips are those of the jobs.
 */
final class StreamBenchmark {
    static final List<String> ORDER = List.of("acc-S", "acc-L", "acc-SL", "acc-M", "human");

    private static final String SHORT_GAP = "acc-S";
    private static final String LONG_GAP = "acc-L";
    private static final int GATE_STRETCHES = 256;
    /** Windows after a change of expert in which the new one has to be learned. */
    private static final int CATCH_UP = 4;

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param folds shares that the runs are dealt to
     * @param seeds seeds of each fold, from 1 up
     * @param window event time of a window
     * @param steps optimiser steps of a window
     * @param batchEvery windows between two batch trainings on everything so far
     * @param out file for every point of every curve; null for none
     * @param picture file for the curves as SVG; null for none
     */
    record Settings(
            Path logs,
            int folds,
            int seeds,
            Duration window,
            int steps,
            int batchEvery,
            @Nullable Path out,
            @Nullable Path picture) {}

    /** Errors on unseen runs, root mean square over all steps, m; {@code median} is that over stretches. */
    private record Unseen(double all, double median, double shortGap, double longGap) {}

    /**
     * One window.
     *
     * @param label expert of its first step
     * @param candidate errors of its candidate
     * @param promoted whether the gate let it into service
     * @param inService errors of the model in service after it; null before the first
     * @param batch errors of batch training on everything so far; null where that was not done
     * @param reason the gate's
     */
    private record Point(
            int window,
            String label,
            Unseen candidate,
            boolean promoted,
            @Nullable Unseen inService,
            @Nullable Unseen batch,
            String reason) {}

    /** The curve of one fold under one seed. */
    private record Curve(int fold, int seed, List<Point> points, Unseen shortAndLong, Map<String, Double> laws) {
        Point last() {
            return points.get(points.size() - 1);
        }

        /** Returns the largest ratio of a candidate to the best candidate before it. */
        double worstOverBestBefore() {
            double worst = 0;
            double best = Double.POSITIVE_INFINITY;
            for (Point point : points) {
                worst = Math.max(worst, point.candidate.all / best);
                best = Math.min(best, point.candidate.all);
            }
            return worst;
        }

        double lastOverBatch() {
            Unseen batch = last().batch;
            return batch == null ? Double.NaN : last().candidate.all / batch.all;
        }

        double lastOverFirst() {
            return last().candidate.all / points.get(0).candidate.all;
        }

        double lastInServiceOverFirstInService() {
            double first = Double.NaN;
            for (Point point : points) {
                if (Double.isNaN(first) && point.inService != null) {
                    first = point.inService.all;
                }
            }
            Unseen inService = last().inService;
            return inService == null ? Double.NaN : inService.all / first;
        }

        /** Returns, for each promotion but the first, the error of what came into service over that of what left it. */
        List<Double> promotions() {
            List<Double> ratios = new ArrayList<>();
            Unseen before = null;
            for (Point point : points) {
                if (point.promoted && before != null) {
                    ratios.add(point.candidate.all / before.all);
                }
                before = point.inService;
            }
            return ratios;
        }

        private int change() {
            for (Point point : points) {
                if (point.label.equals(LONG_GAP)) {
                    return point.window;
                }
            }
            return -1;
        }

        /**
         * Returns the least error on the new expert within four windows of the change over that of learning both at
         * once.
         */
        double caughtUp() {
            int change = change();
            double best = Double.POSITIVE_INFINITY;
            for (int w = change; change >= 0 && w < Math.min(points.size(), change + CATCH_UP); w++) {
                best = Math.min(best, points.get(w).candidate.longGap);
            }
            return change < 0 ? Double.NaN : best / shortAndLong.longGap;
        }

        /** Returns the largest error on the old expert while the new one drives, over that before the change. */
        double forgotten() {
            int change = change();
            double worst = 0;
            for (Point point : points) {
                if (point.label.equals(LONG_GAP)) {
                    worst = Math.max(worst, point.candidate.shortGap);
                }
            }
            return change < 1 ? Double.NaN : worst / points.get(change - 1).candidate.shortGap;
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("fold", fold);
            json.put("seed", seed);
            json.put("windows", points.size());
            json.put("firstMeters", points.get(0).candidate.all);
            json.put("lastMeters", last().candidate.all);
            json.put("worstOverBestBefore", worstOverBestBefore());
            json.put("lastOverBatch", lastOverBatch());
            json.put("lastOverFirst", lastOverFirst());
            json.put("lastInServiceOverFirstInService", lastInServiceOverFirstInService());
            json.put("promotionRatios", promotions());
            json.put("longGapCaughtUp", caughtUp());
            json.put("shortGapForgotten", forgotten());
            json.put("lawsMeters", laws);
            return json;
        }

        @Override
        public String toString() {
            return "fold %d seed %d: %d windows, %.2f m first, %.2f m last; worst over best before %.3f, last over batch %.3f, over first %.3f; L caught up %.3f, S forgotten %.3f; promotions %s"
                    .formatted(
                            fold,
                            seed,
                            points.size(),
                            points.get(0).candidate.all,
                            last().candidate.all,
                            worstOverBestBefore(),
                            lastOverBatch(),
                            lastOverFirst(),
                            caughtUp(),
                            forgotten(),
                            promotions().stream().map("%.3f"::formatted).toList());
        }
    }

    /**
     * The logs of one fold as the jobs cut them.
     *
     * @param windows what is learned, window by window
     * @param endsMs end of each window in event time
     * @param labels expert of the first step of each
     * @param heldOut what the gate judges by, in order of time
     */
    private record Logs(List<List<Trajectory>> windows, List<Long> endsMs, List<String> labels, List<Step> heldOut) {}

    private final Settings settings;
    private final Consumer<String> progress;

    StreamBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns the figures of every fold and seed, and their medians. */
    Map<String, Object> run() {
        RunFolds folds = RunFolds.of(settings.logs(), settings.folds());
        List<Future<Curve>> running = new ArrayList<>();
        List<Curve> curves = new ArrayList<>();
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            for (int fold = 0; fold < folds.count(); fold++) {
                Demonstrations learned = folds.learnedInOrder(fold, ORDER);
                Logs logs = logs(learned);
                CarFollowingStretches unseen =
                        CarFollowingStretches.of(folds.heldOut(fold).samples());
                FollowingBaselines laws = ClosedLoopBenchmark.baselines(CarFollowingStretches.of(learned.samples()));
                int number = fold;
                for (int seed = 1; seed <= settings.seeds(); seed++) {
                    Stream stream = new Stream(logs, new LeaderReplay(unseen), laws, seed);
                    running.add(pool.submit(() -> stream.curve(number)));
                }
            }
            for (Future<Curve> each : running) {
                Curve curve = each.get();
                progress.accept(curve.toString());
                curves.add(curve);
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("a stream failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } finally {
            pool.shutdownNow();
        }
        write(curves);
        return figures(curves);
    }

    private Map<String, Object> figures(List<Curve> curves) {
        List<Double> promotions =
                curves.stream().flatMap(curve -> curve.promotions().stream()).toList();
        Map<String, Object> figures = new LinkedHashMap<>();
        Spread worst = spread(curves, Curve::worstOverBestBefore);
        Spread batch = spread(curves, Curve::lastOverBatch);
        Spread first = spread(curves, Curve::lastOverFirst);
        Spread caughtUp = spread(curves, Curve::caughtUp);
        Spread forgotten = spread(curves, Curve::forgotten);
        long worse3 = promotions.stream().filter(ratio -> ratio > 1.03).count();
        long worse10 = promotions.stream().filter(ratio -> ratio > 1.10).count();
        figures.put("worstOverBestBefore", target(worst, 1.10));
        figures.put("lastOverBatch", target(batch, 1.03));
        figures.put("lastOverFirst", target(first, 0.88));
        figures.put("longGapCaughtUp", target(caughtUp, 1.05));
        figures.put("shortGapForgotten", target(forgotten, 1.05));
        figures.put("promotions", promotions.size());
        figures.put(
                "firstPromotions",
                curves.stream().filter(curve -> curve.last().inService != null).count());
        figures.put("promotionsWorseBy3Percent", worse3);
        figures.put("promotionsWorseBy10Percent", worse10);
        figures.put(
                "lastInServiceOverFirstInService",
                spread(curves, Curve::lastInServiceOverFirstInService).toJson());
        figures.put("curves", curves.stream().map(Curve::toJson).toList());
        boolean met = worst.median() <= 1.10
                && batch.median() <= 1.03
                && first.median() <= 0.88
                && caughtUp.median() <= 1.05
                && forgotten.median() <= 1.05
                && worse10 == 0
                && 10 * worse3 <= promotions.size();
        figures.put("met", met);
        progress.accept(
                "worst over best before %s, last over batch %s, last over first %s, L caught up %s, S forgotten %s; %d promotions, worse by 3 %%: %d, by 10 %%: %d"
                        .formatted(worst, batch, first, caughtUp, forgotten, promotions.size(), worse3, worse10));
        return figures;
    }

    private static Map<String, Object> target(Spread spread, double target) {
        Map<String, Object> json = spread.toJson();
        json.put("target", target);
        return json;
    }

    private static Spread spread(List<Curve> curves, ToDoubleFunction<Curve> figure) {
        return Spread.of(curves.stream().mapToDouble(figure).boxed().toList());
    }

    private Logs logs(Demonstrations learned) {
        int percent = LogReading.defaults().heldOutPercent();
        long lengthMs = settings.window().toMillis();
        TreeMap<Long, List<Step>> windows = new TreeMap<>();
        for (Step step : steps(learned, trip -> !HeldOut.isHeldOut(trip, percent))) {
            windows.computeIfAbsent(step.timeMs() / lengthMs, any -> new ArrayList<>())
                    .add(step);
        }
        List<List<Trajectory>> trajectories = new ArrayList<>();
        List<Long> endsMs = new ArrayList<>();
        List<String> labels = new ArrayList<>();
        windows.forEach((number, steps) -> {
            trajectories.add(Steps.trajectories(steps, CarFollowing.STEP_MS));
            endsMs.add((number + 1) * lengthMs);
            labels.add(steps.get(0).label());
        });
        return new Logs(trajectories, endsMs, labels, steps(learned, trip -> HeldOut.isHeldOut(trip, percent)));
    }

    /** Returns the steps of some trips as a job sees them: without those of the others. */
    private static List<Step> steps(Demonstrations logs, Predicate<String> wanted) {
        return Demonstrations.of(
                        logs.samples().stream()
                                .filter(sample -> wanted.test(sample.trip()))
                                .toList(),
                        LogReading.defaults().experts(),
                        0)
                .steps();
    }

    /** One stream through learner and gate. */
    private final class Stream {
        private final Logs logs;
        private final LeaderReplay unseen;
        private final FollowingBaselines laws;
        private final long seed;

        /** Creates a stream; the replay is its own. */
        Stream(Logs logs, LeaderReplay unseen, FollowingBaselines laws, long seed) {
            this.logs = logs;
            this.unseen = unseen;
            this.laws = laws;
            this.seed = seed;
        }

        Curve curve(int fold) {
            TrainingConfig training = TrainingConfig.defaults(CarFollowing.POLICY);
            Reservoir reservoir =
                    new Reservoir(training.replayPieces(), training.replayPieceSteps(), training.replayRecency(), seed);
            List<Point> points = new ArrayList<>();
            Judge judge = new Judge();
            try (Learner learner =
                            Catalogue.policy(CarFollowing.POLICY).onStreams(Algorithms.CLONING, settings.steps());
                    judge) {
                LearnerState state = learner.initialState(seed);
                for (int w = 0; w < logs.windows().size(); w++) {
                    List<Trajectory> window = logs.windows().get(w);
                    try (Update update = learner.begin(state, window, reservoir.pieces(), 1000 * seed + w)) {
                        boolean more = true;
                        while (more) {
                            more = update.step();
                        }
                        state = update.state();
                    } catch (IllegalArgumentException e) {
                        progress.accept("window %d is not learned: %s".formatted(w, e.getMessage()));
                        continue;
                    }
                    window.forEach(reservoir::offer);
                    byte[] candidate = learner.export(state);
                    Unseen errors = errors(candidate);
                    Verdict verdict =
                            judge.judge(candidate, errors, logs.endsMs().get(w));
                    boolean last = w == logs.windows().size() - 1;
                    points.add(new Point(
                            points.size(),
                            logs.labels().get(w),
                            errors,
                            verdict.promoted(),
                            judge.inServiceErrors,
                            last || w % settings.batchEvery() == settings.batchEvery() - 1 ? batch(w) : null,
                            verdict.reason()));
                }
            }
            Map<String, Double> lawErrors = new LinkedHashMap<>();
            laws.drivers()
                    .forEach((name, law) -> lawErrors.put(name, errors(law.driving(unseen.stretches()), null).all));
            return new Curve(fold, (int) seed, points, shortAndLong(), lawErrors);
        }

        private Unseen batch(int lastWindow) {
            return errors(trained(window -> window <= lastWindow));
        }

        /** Returns the errors of batch training on everything of the two first experts. */
        private Unseen shortAndLong() {
            return errors(trained(window -> logs.labels().get(window).equals(SHORT_GAP)
                    || logs.labels().get(window).equals(LONG_GAP)));
        }

        private byte[] trained(IntPredicate wanted) {
            List<Trajectory> trajectories = new ArrayList<>();
            for (int w = 0; w < logs.windows().size(); w++) {
                if (wanted.test(w)) {
                    trajectories.addAll(logs.windows().get(w));
                }
            }
            return ClosedLoopBenchmark.cloned(trajectories, seed);
        }

        private Unseen errors(byte[] onnx) {
            try (LoadedPolicy policy = ClosedLoopBenchmark.load(onnx)) {
                return errors(policy, new FollowingEnvelope());
            }
        }

        private Unseen errors(Policy policy, @Nullable FollowingEnvelope envelope) {
            LeaderReplay.Drive drive = unseen.drive(policy, envelope);
            return new Unseen(
                    drive.report().spacingRmseMeters(),
                    drive.report().spacingRmseMedianMeters(),
                    of(drive, SHORT_GAP),
                    of(drive, LONG_GAP));
        }

        private double of(LeaderReplay.Drive drive, String label) {
            return drive.report(i -> unseen.stretches().label(i).equals(label)).spacingRmseMeters();
        }

        /** The gate, and what it let into service. */
        private final class Judge implements AutoCloseable {
            private final PromotionRule rule =
                    GateConfig.defaults(CarFollowing.POLICY).rule();
            private ErrorBudget budget = ErrorBudget.full();
            private final List<LoadedPolicy> opened = new ArrayList<>();
            private @Nullable LoadedPolicy inService;
            private @Nullable LoadedPolicy best;
            private @Nullable Unseen inServiceErrors;

            Verdict judge(byte[] onnx, Unseen errors, long endMs) {
                LoadedPolicy candidate = ClosedLoopBenchmark.load(onnx);
                opened.add(candidate);
                FollowingExamination examination =
                        FollowingExamination.of(HeldOutPieces.defaults().select(logs.heldOut(), endMs), GATE_STRETCHES);
                Verdict verdict = rule.judge(
                        new Evidence(
                                examination.scores(candidate),
                                inService == null ? null : examination.scores(inService),
                                best == null || best == inService ? null : examination.scores(best),
                                examination.scores((Policy)
                                        Objects.requireNonNull(laws.laws().get(FollowingBaselines.IDM))),
                                Evidence.Likelihood.SPEAKS,
                                null),
                        budget);
                budget = verdict.budget();
                if (verdict.promoted()) {
                    inService = candidate;
                    inServiceErrors = errors;
                    if (verdict.best()) {
                        best = candidate;
                    }
                }
                return verdict;
            }

            @Override
            public void close() {
                opened.forEach(LoadedPolicy::close);
            }
        }
    }

    private void write(List<Curve> curves) {
        try {
            if (settings.out() != null) {
                List<String> lines = new ArrayList<>();
                lines.add(
                        "fold,seed,window,expert,candidateMeters,candidateMedianMeters,candidateShortGapMeters,candidateLongGapMeters,promoted,inServiceMeters,batchMeters");
                for (Curve curve : curves) {
                    for (Point point : curve.points) {
                        lines.add("%d,%d,%d,%s,%.4f,%.4f,%.4f,%.4f,%b,%s,%s"
                                .formatted(
                                        curve.fold,
                                        curve.seed,
                                        point.window,
                                        point.label,
                                        point.candidate.all,
                                        point.candidate.median,
                                        point.candidate.shortGap,
                                        point.candidate.longGap,
                                        point.promoted,
                                        point.inService == null ? "" : "%.4f".formatted(point.inService.all),
                                        point.batch == null ? "" : "%.4f".formatted(point.batch.all)));
                    }
                }
                Files.write(settings.out(), lines);
            }
            if (settings.picture() != null) {
                Files.writeString(settings.picture(), picture(curves));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Draws, for each fold, the errors over the windows: a band over seeds. */
    private static String picture(List<Curve> curves) {
        Map<Integer, List<Curve>> folds = new TreeMap<>();
        curves.forEach(curve ->
                folds.computeIfAbsent(curve.fold, any -> new ArrayList<>()).add(curve));
        List<ReturnCurves.Panel> panels = new ArrayList<>();
        double high = 0;
        for (Map.Entry<Integer, List<Curve>> fold : folds.entrySet()) {
            int windows = fold.getValue().get(0).points.size();
            double[] x = new double[windows];
            Arrays.setAll(x, w -> w + 1);
            List<double[]> runs = new ArrayList<>();
            for (Curve curve : fold.getValue()) {
                double[] run = new double[windows];
                Arrays.setAll(run, w -> curve.points.get(w).candidate.all);
                runs.add(run);
                high = Math.max(high, Arrays.stream(run).max().orElse(0));
            }
            panels.add(new ReturnCurves.Panel("fold " + fold.getKey(), x, runs));
        }
        double batch = curves.stream()
                .map(curve -> curve.last().batch)
                .filter(Objects::nonNull)
                .mapToDouble(Unseen::all)
                .average()
                .orElse(Double.NaN);
        double law = curves.stream()
                .flatMapToDouble(curve -> curve.laws.values().stream().mapToDouble(Double::doubleValue))
                .min()
                .orElse(Double.NaN);
        return new ReturnCurves(
                        "windows learned",
                        List.of(
                                new ReturnCurves.Level("batch training, mean over folds", batch),
                                new ReturnCurves.Level("best law of any fold", law)),
                        0,
                        Math.ceil(high))
                .svg("spacing error of each window's candidate on unseen runs, m", panels);
    }
}
