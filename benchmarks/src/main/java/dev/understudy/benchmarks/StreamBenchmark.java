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
import dev.understudy.evaluate.Rule;
import dev.understudy.evaluate.Verdict;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.TrainingConfig;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

    private static final int GATE_STRETCHES = 256;

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
        List<Future<StreamCurve>> running = new ArrayList<>();
        List<StreamCurve> curves = new ArrayList<>();
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
            for (Future<StreamCurve> each : running) {
                StreamCurve curve = each.get();
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

    private Map<String, Object> figures(List<StreamCurve> curves) {
        List<Double> promotions =
                curves.stream().flatMap(curve -> curve.promotions().stream()).toList();
        Map<String, Object> figures = new LinkedHashMap<>();
        Spread worst = spread(curves, StreamCurve::worstOverBestBefore);
        Spread batch = spread(curves, StreamCurve::lastOverBatch);
        Spread first = spread(curves, StreamCurve::lastOverFirst);
        Spread caughtUp = spread(curves, StreamCurve::caughtUp);
        Spread forgotten = spread(curves, StreamCurve::forgotten);
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
                curves.stream()
                        .filter(curve -> curve.last().inService() != null)
                        .count());
        figures.put("promotionsWorseBy3Percent", worse3);
        figures.put("promotionsWorseBy10Percent", worse10);
        figures.put(
                "lastInServiceOverFirstInService",
                spread(curves, StreamCurve::lastInServiceOverFirstInService).toJson());
        figures.put("curves", curves.stream().map(StreamCurve::toJson).toList());
        List<String> lines = List.of(
                "%-58s %7s  %-24s %s".formatted("figure (median, smallest to largest)", "target", "measured", "result"),
                line("worst candidate over the best before it", 1.10, worst),
                line("last candidate over batch training on the same logs", 1.03, batch),
                line("last candidate over the first", 0.88, first),
                line("error on the long gap after the change, over one of both", 1.05, caughtUp),
                line("error on the short gap meanwhile, over that before", 1.05, forgotten),
                line("promotions worse by more than 3 %", promotions.size() / 10, worse3, promotions.size()),
                line("promotions worse by more than 10 %", 0, worse10, promotions.size()));
        boolean met = worst.median() <= 1.10
                && batch.median() <= 1.03
                && first.median() <= 0.88
                && caughtUp.median() <= 1.05
                && forgotten.median() <= 1.05
                && worse10 == 0
                && 10 * worse3 <= promotions.size();
        figures.put("met", met);
        lines.forEach(progress);
        return figures;
    }

    private static String line(String figure, double target, Spread spread) {
        return String.format(
                Locale.ROOT,
                "%-58s %7.2f  %-24s %s",
                figure,
                target,
                String.format(Locale.ROOT, "%.3f (%.3f to %.3f)", spread.median(), spread.smallest(), spread.largest()),
                spread.median() <= target ? "met" : "missed");
    }

    private static String line(String figure, long most, long measured, int promotions) {
        return "%-58s %7d  %-24s %s"
                .formatted(figure, most, measured + " of " + promotions, measured <= most ? "met" : "missed");
    }

    private static Map<String, Object> target(Spread spread, double target) {
        Map<String, Object> json = spread.toJson();
        json.put("target", target);
        return json;
    }

    private static Spread spread(List<StreamCurve> curves, ToDoubleFunction<StreamCurve> figure) {
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

        StreamCurve curve(int fold) {
            TrainingConfig training = TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY));
            Reservoir reservoir =
                    new Reservoir(training.replayPieces(), training.replayPieceSteps(), training.replayRecency(), seed);
            List<StreamCurve.Point> points = new ArrayList<>();
            Judge judge = new Judge();
            try (Learner learner =
                            Catalogue.policy(CarFollowing.POLICY).onStreams(Algorithms.CLONING, settings.steps());
                    judge) {
                LearnerState state = learner.initialState(seed);
                for (int w = 0; w < logs.windows().size(); w++) {
                    List<Trajectory> window = logs.windows().get(w);
                    try (Update update = learner.begin(state, window, reservoir.trajectories(), 1000 * seed + w)) {
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
                    StreamCurve.Unseen errors = errors(candidate);
                    Verdict verdict =
                            judge.judge(candidate, errors, logs.endsMs().get(w));
                    boolean last = w == logs.windows().size() - 1;
                    points.add(new StreamCurve.Point(
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
                    .forEach((name, law) -> lawErrors.put(
                            name, errors(law.driving(unseen.stretches()), null).all()));
            return new StreamCurve(fold, (int) seed, points, shortAndLong(), lawErrors);
        }

        private StreamCurve.Unseen batch(int lastWindow) {
            return errors(trained(window -> window <= lastWindow));
        }

        /** Returns the errors of batch training on everything of the two first experts. */
        private StreamCurve.Unseen shortAndLong() {
            return errors(trained(window -> logs.labels().get(window).equals(StreamCurve.SHORT_GAP)
                    || logs.labels().get(window).equals(StreamCurve.LONG_GAP)));
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

        private StreamCurve.Unseen errors(byte[] onnx) {
            try (LoadedPolicy policy = ClosedLoopBenchmark.load(onnx)) {
                return errors(policy, new FollowingEnvelope());
            }
        }

        private StreamCurve.Unseen errors(Policy policy, @Nullable FollowingEnvelope envelope) {
            LeaderReplay.Drive drive = unseen.drive(policy, envelope);
            return new StreamCurve.Unseen(
                    drive.report().spacingRmseMeters(),
                    drive.report().spacingRmseMedianMeters(),
                    of(drive, StreamCurve.SHORT_GAP),
                    of(drive, StreamCurve.LONG_GAP));
        }

        private double of(LeaderReplay.Drive drive, String label) {
            return drive.report(i -> unseen.stretches().label(i).equals(label)).spacingRmseMeters();
        }

        /** The gate, and what it let into service. */
        private final class Judge implements AutoCloseable {
            private final Rule rule = Catalogue.policy(CarFollowing.POLICY).rule();
            private ErrorBudget budget = ErrorBudget.full();
            private final List<LoadedPolicy> opened = new ArrayList<>();
            private @Nullable LoadedPolicy inService;
            private @Nullable LoadedPolicy best;
            private StreamCurve.@Nullable Unseen inServiceErrors;

            Verdict judge(byte[] onnx, StreamCurve.Unseen errors, long endMs) {
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
                                Evidence.Likelihood.DECIDES,
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

    private void write(List<StreamCurve> curves) {
        try {
            if (settings.out() != null) {
                List<String> lines = new ArrayList<>(List.of(StreamCurve.CSV_HEADER));
                curves.forEach(curve -> lines.addAll(curve.toCsv()));
                Files.write(settings.out(), lines);
            }
            if (settings.picture() != null) {
                Files.writeString(settings.picture(), StreamPicture.svg(curves));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
