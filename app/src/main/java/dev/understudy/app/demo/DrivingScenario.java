package dev.understudy.app.demo;

import dev.understudy.app.console.Versions;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.app.study.Evaluation;
import dev.understudy.domain.Policies;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingLawCalibration.Effort;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.ingest.Replay;
import dev.understudy.ingest.ReplayReport;
import dev.understudy.ingest.ReplaySettings;
import dev.understudy.ingest.SampleSource;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Promotion;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;

/**
 * Car following on bundled logs, replayed faster than real time.
 *
 * <p>Its time is divided so that what is left at the end suffices to let the loop finish what it has begun, and to try
 * the policy in service on the held-out trips.
 */
public final class DrivingScenario implements Scenario {
    /** What the end of a run is given: decisions and verdicts still under way, and the closed loop. */
    private static final Duration RESERVE = Duration.ofSeconds(12);

    private static final Duration DRAIN = Duration.ofSeconds(8);
    /** How long, by the wall clock, a promotion is known before it takes effect. */
    private static final Duration LEAD = Duration.ofMillis(250);

    private static final long CALIBRATION_SEED = 1;

    /**
     * What to run.
     *
     * @param logs folder in the OpenACC layout
     * @param length wall time for everything
     * @param factor event seconds per second
     * @param window length of a learning window in event time
     * @param learners what learns each window
     * @param heldOutPercent share of trips never learned from
     * @param seed what every draw follows from
     */
    public record Plan(
            Path logs,
            Duration length,
            double factor,
            Duration window,
            List<LearningBranch> learners,
            int heldOutPercent,
            long seed) {}

    private record Baselines(BundledLogs.Shares shares, FollowingBaselines calibrated) {}

    private final Plan plan;
    private final BundledLogs logs;
    private @Nullable Baselines prepared;
    private @Nullable ReplayReport sent;
    private final Map<String, @Nullable Object> closedLoop = new LinkedHashMap<>();

    public DrivingScenario(Plan plan) {
        this.plan = plan;
        logs = BundledLogs.open(plan.logs(), "acc-S", "acc-L");
    }

    @Override
    public Policies<?> policies() {
        return Policies.one(new CarFollowingPolicy());
    }

    @Override
    public void prepare(DemoRun run) {
        BundledLogs.Shares shares = logs.shares(plan.heldOutPercent());
        FollowingBaselines calibrated =
                FollowingBaselines.calibrate(shares.training(), Effort.defaults(), CALIBRATION_SEED);
        calibrated.remarks().forEach(run.console()::line);
        prepared = new Baselines(shares, calibrated);
    }

    private Baselines baselines() {
        return Objects.requireNonNull(prepared, "expected to be prepared first");
    }

    private ReplayReport sent() {
        return Objects.requireNonNull(sent, "expected to have played first");
    }

    @Override
    public LogReading reading() {
        return LogReading.defaults().withHeldOutPercent(plan.heldOutPercent());
    }

    @Override
    public TrainingConfig training() {
        TrainingConfig defaults = TrainingConfig.defaults(policies());
        return new TrainingConfig(
                defaults.policies(),
                plan.window(),
                plan.window(),
                defaults.slice(),
                plan.seed(),
                defaults.replayPieces(),
                defaults.replayPieceSteps(),
                defaults.replayRecency(),
                baselines().calibrated().toMetadata(),
                Versions.own(),
                BundledLogs.licence(List.of(plan.logs())),
                false);
    }

    @Override
    public GateConfig gate() {
        return GateConfig.defaults(policies()).inThisProcess().withLead(Duration.ofMillis((long)
                (LEAD.toMillis() * plan.factor())));
    }

    @Override
    public List<LearningBranch> learners() {
        return plan.learners();
    }

    @Override
    public void play(Stage stage) throws Exception {
        ReplayReport report = replay(stage);
        sent = report;
        drain(report, stage);
    }

    private ReplayReport replay(Stage stage) throws Exception {
        ReplaySettings settings = ReplaySettings.defaults(stage.connection().bootstrapServers())
                .withFactor(plan.factor())
                .withRoute(ReplaySettings.Route.BOTH);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producerProperties());
                SampleSource source = logs.source()) {
            Replay replay = new Replay(settings, producer);
            CompletableFuture<ReplayReport> sending =
                    CompletableFuture.supplyAsync(() -> replay.run(source, report -> {}, bad -> {}));
            double until = plan.length().minus(RESERVE).toMillis() / 1000.0;
            stage.run().await(stage.run().nanosAt(until), () -> sending.isDone() || show(stage));
            replay.stop();
            return sending.get(30, TimeUnit.SECONDS);
        }
    }

    /** Shows the rate on a terminal, and the first model in service. Returns whether there is no point in going on. */
    private static boolean show(Stage stage) {
        stage.failIfBroken();
        DemoRun run = stage.run();
        Optional<Long> epoch = stage.serving().health().epoch();
        if (epoch.isPresent()) {
            run.milestone("firstModelInService", "first model in service");
        }
        LoopAccount account = run.account();
        run.console()
                .status("%5.1f s  %,d decided  %,d log records settled  %d promoted  epoch %s"
                        .formatted(
                                run.seconds(),
                                account.decided(),
                                account.settled(),
                                account.promoted(),
                                epoch.map(String::valueOf).orElse("-")));
        return false;
    }

    /** Returns the end of the last window that closes by what was sent; where none does, it is before the replay. */
    private long lastClosedMs(ReplayReport report) {
        LogReading reading = reading();
        long windowMs = plan.window().toMillis();
        long watermarkMs = report.eventTimeMs() - reading.lateness().toMillis() - 1;
        return Math.floorDiv(watermarkMs - reading.inactivity().toMillis() + 1, windowMs) * windowMs;
    }

    private boolean isLearned(long closedMs, LoopAccount account) {
        return closedMs <= BundledLogs.START.toEpochMilli()
                || plan.learners().stream()
                        .allMatch(learner -> account.hasLearned(CarFollowing.POLICY, learner.algorithm(), closedMs));
    }

    /** Returns the closed windows behind the last one that an algorithm learned. */
    private List<String> notLearned(String algorithm, long closedMs, LoopAccount account) {
        long windowMs = plan.window().toMillis();
        List<String> missing = new ArrayList<>();
        for (long endMs = closedMs;
                endMs > BundledLogs.START.toEpochMilli() && !account.hasLearned(CarFollowing.POLICY, algorithm, endMs);
                endMs -= windowMs) {
            missing.add(0, "%s to %s".formatted(Instant.ofEpochMilli(endMs - windowMs), Instant.ofEpochMilli(endMs)));
        }
        return missing;
    }

    /** Says which windows the summary lacks, and why. */
    private List<String> remarks(DemoRun run) {
        long closedMs = lastClosedMs(sent());
        List<String> remarks = new ArrayList<>();
        for (LearningBranch learner : plan.learners()) {
            List<String> missing = notLearned(learner.algorithm(), closedMs, run.account());
            if (!missing.isEmpty()) {
                remarks.add(
                        "windows that closed and that %s did not learn before the run ended: %s; their records are pending: %s"
                                .formatted(
                                        learner.algorithm(),
                                        String.join(", ", missing),
                                        run.isStopped()
                                                ? "the run was stopped"
                                                : "this machine was too slow for them (--seconds gives it more time,"
                                                        + " a smaller --factor less to do)"));
            }
        }
        if (sent().logs() > 0) {
            long openMs = Math.max(closedMs, BundledLogs.START.toEpochMilli());
            remarks.add("the replay ended before the window after %s closed: its records are pending"
                    .formatted(Instant.ofEpochMilli(openMs)));
        }
        return remarks;
    }

    /**
     * Lets decisions, windows that closed, and verdicts that are under way come out; who was asked to stop waits for
     * decisions alone.
     */
    private void drain(ReplayReport report, Stage stage) throws InterruptedException {
        long closedMs = lastClosedMs(report);
        LoopAccount account = stage.run().account();
        long deadline = System.nanoTime() + DRAIN.toNanos();
        while (System.nanoTime() < deadline
                && !(account.decided() >= report.observations()
                        && (stage.run().isStopped()
                                || (isLearned(closedMs, account) && account.allJudged(CarFollowing.POLICY))))) {
            stage.failIfBroken();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        stage.run().milestone("drained", "replay of %,d records ended".formatted(report.logs()));
    }

    @Override
    public void examine(Stage stage) throws Exception {
        LoopAccount account = stage.run().account();
        Optional<Promotion> inForce = account.inForce(CarFollowing.POLICY);
        if (inForce.isEmpty()) {
            closedLoop.put("policy", null);
            closedLoop.putAll(Evaluation.closedLoop(
                            baselines().shares().heldOut(),
                            baselines().calibrated().drivers())
                    .figures());
            return;
        }
        String sha256 = inForce.get().sha256();
        byte[] file = new TopicReader(stage.connection(), Duration.ofSeconds(10))
                .artifact(CarFollowing.POLICY, sha256)
                .orElseThrow(() -> new IllegalStateException("expected the file of " + sha256 + ", found none"));
        try (LoadedPolicy policy =
                LoadedPolicy.load(ModelFile.read(file), CarFollowing.observationSize(), CarFollowing.ACTION_SIZE)) {
            Map<String, Map<String, Object>> driven = new Evaluation(
                            policy, baselines().calibrated())
                    .closedLoop(baselines().shares().heldOut())
                    .figures();
            Optional.ofNullable(account.algorithm(sha256))
                    .ifPresent(algorithm ->
                            Objects.requireNonNull(driven.get("policy")).put("algorithm", algorithm));
            closedLoop.putAll(driven);
        }
    }

    @Override
    public Map<String, @Nullable Object> summary(DemoRun run) {
        Map<String, @Nullable Object> summary = run.account().summary(sent().logs(), sent().observations());
        summary.put(
                "prequential",
                run.account().prequential(window -> logs.experts(window.windowStartMs(), window.windowEndMs())));
        summary.put("closedLoop", closedLoop);
        summary.put("remarks", remarks(run));
        return summary;
    }

    @Override
    public String text(Map<String, @Nullable Object> summary) {
        return SummaryText.ofDriving(summary);
    }

    @Override
    public @Nullable String failure(Map<String, @Nullable Object> summary) {
        return LoopAccount.learned(summary) > 0
                ? null
                : "expected records to be learned, found none: " + summary.get("events") + ", rejected "
                        + summary.get("rejectedByReason");
    }
}
