package dev.understudy.app;

import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingBaselines;
import dev.understudy.driving.FollowingLawCalibration.Effort;
import dev.understudy.flink.LearningJob;
import dev.understudy.flink.LearningJobConfig;
import dev.understudy.flink.PromotionJob;
import dev.understudy.flink.PromotionJobConfig;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.kafka.JobRuntime;
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
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;

/**
 * One run of the whole loop in this JVM, from an empty directory to a summary.
 *
 * <p>Its time is divided so that what is left at the end suffices to let the loop finish what it has begun, and to try
 * the policy in service on the held-out trips.
 */
final class Demo {
    /** What the end of a run is given: decisions and verdicts still under way, and the closed loop. */
    private static final Duration RESERVE = Duration.ofSeconds(12);

    private static final Duration DRAIN = Duration.ofSeconds(8);
    private static final Duration TICK = Duration.ofMillis(250);
    /** How long, by the wall clock, a promotion is known before it takes effect. */
    private static final Duration LEAD = Duration.ofMillis(250);

    private static final int PARTITIONS = 2;
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
     * @param directory where files lie while it runs
     */
    record Plan(
            Path logs,
            Duration length,
            double factor,
            Duration window,
            List<LearningBranch> learners,
            int heldOutPercent,
            long seed,
            Path directory) {}

    private record Baselines(BundledLogs.Shares shares, FollowingBaselines calibrated) {}

    private final Plan plan;
    private final Console console;
    private final long startedNanos = System.nanoTime();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final LoopAccount account = new LoopAccount();
    private final Map<String, Double> milestones = new LinkedHashMap<>();

    Demo(Plan plan, Console console) {
        this.plan = plan;
        this.console = console;
    }

    /** Asks {@link #run} to come to an end; from any thread. */
    void stop() {
        stop.countDown();
    }

    /** Runs the loop and returns the summary, key by key as {@code --json} shows it. */
    Map<String, @Nullable Object> run() throws Exception {
        BundledLogs logs = BundledLogs.open(plan.logs(), "acc-S", "acc-L");
        CompletableFuture<Baselines> baselines = CompletableFuture.supplyAsync(() -> calibrate(logs));
        Path directory = Files.createTempDirectory(plan.directory(), "understudy-demo-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(directory)) {
            milestone("broker", "broker at " + broker.bootstrapServers());
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, PARTITIONS);
            return loop(logs, baselines.get(), connection, directory);
        } finally {
            EmbeddedBroker.delete(directory);
        }
    }

    private Baselines calibrate(BundledLogs logs) {
        BundledLogs.Shares shares = logs.shares(plan.heldOutPercent());
        FollowingBaselines calibrated =
                FollowingBaselines.calibrate(shares.training(), Effort.defaults(), CALIBRATION_SEED);
        calibrated.remarks().forEach(console::line);
        return new Baselines(shares, calibrated);
    }

    private Map<String, @Nullable Object> loop(
            BundledLogs logs, Baselines baselines, Connection connection, Path directory) throws Exception {
        String servers = connection.bootstrapServers();
        Serving serving = new Serving(
                ServingConfig.defaults(servers, directory.resolve("serving")).named("demo", "understudy-demo"),
                new CarFollowingPolicy());
        try (TopicFollower observed = LoopObserver.start(connection, account, console);
                LocalFlink flink = LocalFlink.start(directory, 2);
                serving) {
            serving.start();
            flink.submit(
                    "learning",
                    environment ->
                            LearningJob.build(environment, learning(servers, directory, baselines), plan.learners()));
            flink.submit("promotion", environment -> PromotionJob.build(environment, promotion(servers, directory)));
            awaitStart(serving, flink);
            milestone("started", "learning, promotion and serving run");
            ReplayReport sent = replay(logs, connection, serving, flink);
            long closedMs = lastClosedMs(sent);
            drain(sent, closedMs, flink);
            if (!observed.isAlive()) {
                throw new CommandFailedException("lost the connection to the broker; the log says why");
            }
            observed.stop(); // what is told from now on would stand in no summary
            Map<String, @Nullable Object> summary = account.summary(
                    sent.logs(),
                    sent.observations(),
                    window -> logs.experts(window.windowStartMs(), window.windowEndMs()));
            addServing(summary, serving);
            summary.put("closedLoop", closedLoop(connection, baselines));
            summary.put("seconds", seconds());
            summary.put("milestones", milestones);
            summary.put("remarks", remarks(sent, closedMs));
            return summary;
        }
    }

    private LogReading reading() {
        LogReading defaults = LogReading.defaults();
        return new LogReading(
                defaults.lateness(),
                defaults.idleness(),
                defaults.futureTolerance(),
                defaults.inactivity(),
                plan.heldOutPercent(),
                defaults.experts());
    }

    private LearningJobConfig learning(String servers, Path directory, Baselines baselines) {
        TrainingConfig defaults = TrainingConfig.defaults(CarFollowing.POLICY);
        return new LearningJobConfig(
                JobRuntime.defaults(servers, "understudy-learning", checkpoints(directory, "learning")),
                reading(),
                new TrainingConfig(
                        defaults.policies(),
                        plan.window(),
                        plan.window(),
                        defaults.slice(),
                        plan.seed(),
                        defaults.replayPieces(),
                        defaults.replayPieceSteps(),
                        defaults.replayRecency(),
                        baselines.calibrated().toMetadata(),
                        Versions.own(),
                        BundledLogs.licence(List.of(plan.logs()))));
    }

    private PromotionJobConfig promotion(String servers, Path directory) {
        return new PromotionJobConfig(
                JobRuntime.defaults(servers, "understudy-promotion", checkpoints(directory, "promotion")),
                reading(),
                GateConfig.defaults(CarFollowing.POLICY)
                        .withLead(Duration.ofMillis((long) (LEAD.toMillis() * plan.factor()))));
    }

    private static String checkpoints(Path directory, String job) {
        return directory.resolve("checkpoints-" + job).toUri().toString();
    }

    private void awaitStart(Serving serving, LocalFlink flink) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!(serving.health().answering() && flink.isRunning())) {
            failIfBroken(flink);
            if (System.nanoTime() > deadline) {
                throw new CommandFailedException("expected the jobs and serving to run within 60 s, found serving %s"
                        .formatted(serving.health().state()));
            }
            if (stop.await(50, TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    private static void failIfBroken(LocalFlink flink) throws Exception {
        Optional<String> failure = flink.failure();
        if (failure.isPresent()) {
            throw new CommandFailedException(failure.get());
        }
    }

    private ReplayReport replay(BundledLogs logs, Connection connection, Serving serving, LocalFlink flink)
            throws Exception {
        ReplaySettings settings = ReplaySettings.defaults(connection.bootstrapServers())
                .withFactor(plan.factor())
                .withRoute(ReplaySettings.Route.BOTH);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producerProperties());
                SampleSource source = logs.source()) {
            Replay replay = new Replay(settings, producer);
            CompletableFuture<ReplayReport> sending =
                    CompletableFuture.supplyAsync(() -> replay.run(source, report -> {}, bad -> {}));
            long until = startedNanos + plan.length().minus(RESERVE).toNanos();
            awaitUntil(until, () -> sending.isDone() || show(serving, flink));
            replay.stop();
            return sending.get(30, TimeUnit.SECONDS);
        }
    }

    /** Waits until a time, until something holds, or until the run is to stop. */
    private void awaitUntil(long nanos, BooleanSupplier done) throws InterruptedException {
        while (System.nanoTime() < nanos && !done.getAsBoolean()) {
            if (stop.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
    }

    /** Shows the rate on a terminal, and the first model in service. Returns whether there is no point in going on. */
    private boolean show(Serving serving, LocalFlink flink) {
        try {
            failIfBroken(flink);
        } catch (CommandFailedException e) {
            throw e;
        } catch (Exception e) {
            throw new CommandFailedException("lost the jobs: " + Failures.describe(e), e);
        }
        long decided = account.decided();
        if (serving.health().epoch().isPresent() && !milestones.containsKey("firstModelInService")) {
            milestone("firstModelInService", "first model in service");
        }
        console.status("%5.1f s  %,d decided  %,d log records settled  %d promoted  epoch %s"
                .formatted(
                        seconds(),
                        decided,
                        account.settled(),
                        account.promoted(),
                        serving.health().epoch().map(String::valueOf).orElse("-")));
        return false;
    }

    /** Returns the end of the last window that closes by what was sent; where none does, it is before the replay. */
    private long lastClosedMs(ReplayReport sent) {
        LogReading reading = reading();
        long windowMs = plan.window().toMillis();
        long watermarkMs = sent.eventTimeMs() - reading.lateness().toMillis() - 1;
        return Math.floorDiv(watermarkMs - reading.inactivity().toMillis() + 1, windowMs) * windowMs;
    }

    private boolean isLearned(long closedMs) {
        return closedMs <= BundledLogs.START.toEpochMilli()
                || plan.learners().stream().allMatch(learner -> account.hasLearned(learner.algorithm(), closedMs));
    }

    /** Returns the closed windows behind the last one that an algorithm learned. */
    private List<String> notLearned(String algorithm, long closedMs) {
        long windowMs = plan.window().toMillis();
        List<String> missing = new ArrayList<>();
        for (long endMs = closedMs;
                endMs > BundledLogs.START.toEpochMilli() && !account.hasLearned(algorithm, endMs);
                endMs -= windowMs) {
            missing.add(0, "%s to %s".formatted(Instant.ofEpochMilli(endMs - windowMs), Instant.ofEpochMilli(endMs)));
        }
        return missing;
    }

    /** Says which windows the summary lacks, and why. */
    private List<String> remarks(ReplayReport sent, long closedMs) {
        List<String> remarks = new ArrayList<>();
        for (LearningBranch learner : plan.learners()) {
            List<String> missing = notLearned(learner.algorithm(), closedMs);
            if (!missing.isEmpty()) {
                remarks.add(
                        "windows that closed and that %s did not learn before the run ended: %s; their records are pending: %s"
                                .formatted(
                                        learner.algorithm(),
                                        String.join(", ", missing),
                                        isStopped()
                                                ? "the run was stopped"
                                                : "this machine was too slow for them (--seconds gives it more time,"
                                                        + " a smaller --factor less to do)"));
            }
        }
        if (sent.logs() > 0) {
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
    private void drain(ReplayReport sent, long closedMs, LocalFlink flink) throws Exception {
        long deadline = System.nanoTime() + DRAIN.toNanos();
        while (System.nanoTime() < deadline
                && !(account.decided() >= sent.observations()
                        && (isStopped() || (isLearned(closedMs) && account.allJudged())))) {
            failIfBroken(flink);
            TimeUnit.MILLISECONDS.sleep(50);
        }
        milestone("drained", "replay of %,d records ended".formatted(sent.logs()));
    }

    private boolean isStopped() {
        return stop.getCount() == 0;
    }

    private static void addServing(Map<String, @Nullable Object> summary, Serving serving) {
        Measurements pauses = new Measurements();
        serving.metrics().swapPausesMillis().forEach(pauses::add);
        summary.put("swaps", serving.metrics().snapshot().swaps());
        summary.put("swapMillis", pauses.quantiles());
    }

    private Map<String, @Nullable Object> closedLoop(Connection connection, Baselines baselines) throws Exception {
        Optional<Promotion> inForce = account.inForce();
        Map<String, @Nullable Object> figures = new LinkedHashMap<>();
        if (inForce.isEmpty()) {
            figures.put("policy", null);
            figures.putAll(Evaluation.closedLoop(
                            baselines.shares().heldOut(), baselines.calibrated().drivers())
                    .figures());
            return figures;
        }
        String sha256 = inForce.get().sha256();
        byte[] file = new TopicReader(connection, Duration.ofSeconds(10))
                .artifact(CarFollowing.POLICY, sha256)
                .orElseThrow(() -> new IllegalStateException("expected the file of " + sha256 + ", found none"));
        try (LoadedPolicy policy =
                LoadedPolicy.load(ModelFile.read(file), CarFollowing.observationSize(), CarFollowing.ACTION_SIZE)) {
            Map<String, Map<String, Object>> driven = new Evaluation(policy, baselines.calibrated())
                    .closedLoop(baselines.shares().heldOut())
                    .figures();
            Optional.ofNullable(account.algorithm(sha256))
                    .ifPresent(algorithm ->
                            Objects.requireNonNull(driven.get("policy")).put("algorithm", algorithm));
            figures.putAll(driven);
        }
        return figures;
    }

    private double seconds() {
        return (System.nanoTime() - startedNanos) / 1e9;
    }

    private void milestone(String name, String text) {
        milestones.put(name, seconds());
        console.line("%5.1f s   %s".formatted(seconds(), text));
    }
}
