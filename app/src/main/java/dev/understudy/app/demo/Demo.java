package dev.understudy.app.demo;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicFollower;
import dev.understudy.flink.LearningJob;
import dev.understudy.flink.LearningJobConfig;
import dev.understudy.flink.PromotionJob;
import dev.understudy.flink.PromotionJobConfig;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.model.ModelIntake;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One run of the whole loop in this JVM, from an empty directory to a summary; a {@link Scenario} says of what. */
public final class Demo {
    private static final Duration START = Duration.ofMinutes(3);
    private static final int PARTITIONS = 2;

    private final Scenario scenario;
    private final Path directory;
    private final DemoRun run;
    private final Measurements pauses = new Measurements();
    private long swaps;

    /** @param directory where files lie while it runs */
    public Demo(Scenario scenario, Path directory, Console console) {
        this.scenario = scenario;
        this.directory = directory;
        run = new DemoRun(console, scenario.measure());
    }

    /** Asks {@link #run} to come to an end; from any thread. */
    public void stop() {
        run.stop();
    }

    /** Runs the loop and returns the summary, key by key as {@code --json} shows it. */
    public Map<String, @Nullable Object> run() throws Exception {
        CompletableFuture<Void> ready = CompletableFuture.runAsync(() -> scenario.prepare(run));
        stage(ready);
        Map<String, @Nullable Object> summary = scenario.summary(run);
        summary.put("swaps", swaps);
        summary.put("swapMillis", pauses.quantiles());
        summary.put("seconds", run.seconds());
        summary.put("milestones", run.milestones());
        return summary;
    }

    private void stage(CompletableFuture<Void> ready) throws Exception {
        Path folder = Files.createTempDirectory(directory, "understudy-demo-");
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            run.milestone("broker", "broker at " + broker.bootstrapServers());
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, PARTITIONS, scenario.policies().domain());
            ready.get();
            loop(connection, folder);
        } finally {
            EmbeddedBroker.delete(folder);
        }
    }

    private void loop(Connection connection, Path folder) throws Exception {
        String servers = connection.bootstrapServers();
        DemoKeys keys = DemoKeys.make(folder);
        ServingConfig config = ServingConfig.defaults(servers, folder.resolve("serving"))
                .named("demo", "understudy-demo")
                .with(keys.trust());
        DomainTopics topics = DomainTopics.of(scenario.policies().domain());
        Serving serving = new Serving(config, List.of(scenario.policies()), ModelIntake.inThisProcess());
        try (TopicFollower observed = LoopObserver.start(connection, topics, run.account(), run.console());
                LocalFlink flink = LocalFlink.start(folder, 2);
                serving) {
            Scenario.Stage stage = new Scenario.Stage(connection, serving, flink, run);
            serving.start();
            LearningJobConfig learning = new LearningJobConfig(
                    runtime(servers, folder, "learning").with(keys.trainer()), scenario.reading(), scenario.training());
            PromotionJobConfig promotion = new PromotionJobConfig(
                    runtime(servers, folder, "promotion").with(keys.gate()), scenario.reading(), scenario.gate());
            flink.submit("learning", environment -> LearningJob.build(environment, learning, scenario.learners()));
            flink.submit("promotion", environment -> PromotionJob.build(environment, promotion));
            awaitStart(stage);
            run.milestone("started", "learning, promotion and serving run");
            scenario.play(stage);
            if (!observed.isAlive()) {
                throw new CommandFailedException("lost the connection to the broker; the log says why");
            }
            observed.stop(); // what is told from now on would stand in no summary
            serving.metrics().swapPausesMillis().forEach(pauses::add);
            swaps += serving.metrics().snapshot().swaps();
            scenario.examine(stage);
        }
    }

    private static JobRuntime runtime(String servers, Path folder, String job) {
        String checkpoints = folder.resolve("checkpoints-" + job).toUri().toString();
        return JobRuntime.defaults(servers, "understudy-" + job, checkpoints);
    }

    private void awaitStart(Scenario.Stage stage) throws InterruptedException {
        boolean started = run.await(System.nanoTime() + START.toNanos(), stage::isRunning);
        if (!started && !run.isStopped()) {
            throw new CommandFailedException("expected the jobs and serving to run within %d s, found serving %s"
                    .formatted(START.toSeconds(), stage.serving().health().state()));
        }
    }
}
