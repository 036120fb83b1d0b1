package dev.understudy.app.demo;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Versions;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyMapping;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import dev.understudy.schemas.Promotion;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Three tasks of control. A scripted expert plays, window by window; while each window is learned, copies of the task
 * act by the decisions of serving, so that every swap falls into the middle of their play.
 *
 * <pre>
 * expert ──► logs ──► window ──► candidate ──► gate ──► swap
 *                                                        │
 * copies ──► observations ─────────────────────────► decisions ──► copies
 * </pre>
 */
public final class ControlScenario implements Scenario {
    private static final List<String> TASKS = List.of("cartpole-v1", "mountaincar-v0", "acrobot-v1");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int WINDOWS = 4;

    /** What the logs go on after the end of a window, so that it closes and its candidate is judged. */
    private static final Duration CLOSING = LogReading.defaults()
            .lateness()
            .plus(LogReading.defaults().inactivity())
            .plusSeconds(1);

    /** Copies that play while a window is learned, and after the last. */
    private static final int COPIES = 10;

    private static final int LAST_COPIES = 20;

    /** Least time that anything is waited for; a slow machine may have it. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Duration length;
    private final String learner;
    private final long seed;
    private final Map<String, Returns> returns = new LinkedHashMap<>();
    private long logged;
    private long observed;

    /**
     * A scenario that ends when all is done.
     *
     * @param length wall time after which it fails; 0 for no bound
     * @param learner {@code bc}; or {@code bco}, and what the experts do is not in the logs
     * @param seed what every draw follows from
     */
    public ControlScenario(Duration length, String learner, long seed) {
        this.length = length;
        this.learner = learner;
        this.seed = seed;
    }

    @Override
    public Policies<?> policies() {
        return Catalogue.chosenOfOneDomain(
                TASKS.stream().map(task -> ControlPolicySpec.of(task).name()).toList(), PolicyMapping.LABEL);
    }

    @Override
    public LogReading reading() {
        return LogReading.defaults();
    }

    @Override
    public TrainingConfig training() {
        TrainingConfig defaults = TrainingConfig.defaults(policies());
        return new TrainingConfig(
                defaults.policies(),
                WINDOW,
                WINDOW,
                defaults.slice(),
                seed,
                defaults.replayPieces(),
                defaults.replayPieceSteps(),
                defaults.replayRecency(),
                defaults.baselines(),
                Versions.own(),
                "none: a scripted expert",
                false);
    }

    @Override
    public GateConfig gate() {
        return GateConfig.defaults(policies()).inThisProcess();
    }

    @Override
    public List<LearningBranch> learners() {
        return LearningBranch.of(learner, policies(), 0, 0);
    }

    @Override
    public void play(Stage stage) throws Exception {
        Map<String, ControlPlay> plays = new LinkedHashMap<>();
        try {
            LoggedPlay.Actions actions = Algorithms.OF_OBSERVATIONS.contains(learner)
                    ? LoggedPlay.Actions.HIDDEN
                    : LoggedPlay.Actions.WRITTEN;
            for (String task : TASKS) {
                ControlPolicySpec spec = ControlPolicySpec.of(task);
                Returns told = new Returns(spec.name(), stage.run());
                returns.put(spec.name(), told);
                plays.put(spec.name(), new ControlPlay(stage, spec, told, START, gate().lead(), actions, seed));
            }
            play(stage, plays);
        } finally {
            plays.values().forEach(ControlPlay::close);
        }
    }

    private void play(Stage stage, Map<String, ControlPlay> plays) throws InterruptedException {
        plays.forEach((policy, play) -> act(stage, policy, play, COPIES));
        for (int window = 1; window <= WINDOWS && !isOver(stage); window++) {
            long endMs = START.plus(WINDOW.multipliedBy(window)).toEpochMilli();
            demonstrate(plays, endMs - WINDOW.toMillis(), endMs + CLOSING.toMillis());
            plays.forEach((policy, play) -> act(stage, policy, play, COPIES));
            for (String policy : plays.keySet()) {
                await(
                        stage,
                        "window " + window + " of " + policy + " is learned and judged",
                        () -> isSettled(stage, policy, endMs));
            }
        }
        for (Map.Entry<String, ControlPlay> each : plays.entrySet()) {
            if (!isOver(stage)) {
                Returns told = Objects.requireNonNull(returns.get(each.getKey()));
                told.afterAll(act(stage, each.getKey(), each.getValue(), LAST_COPIES));
            }
            logged += each.getValue().logged();
            observed += each.getValue().observed();
        }
        LoopAccount account = stage.run().account();
        await(stage, "every observation is decided", () -> account.decided() >= observed);
    }

    /** Lets the experts play side by side: none is more than a second of event time ahead of another. */
    private static void demonstrate(Map<String, ControlPlay> plays, long fromMs, long untilMs) {
        for (long ms = fromMs; ms < untilMs; ms += 1000) {
            long nextMs = Math.min(untilMs, ms + 1000);
            plays.values().forEach(play -> play.demonstrate(nextMs));
        }
    }

    private static Measurements act(Stage stage, String policy, ControlPlay play, int copies) {
        Measurements played = play.act(copies);
        DemoRun run = stage.run();
        run.console()
                .line("%5.1f s   %s played: mean return %.1f of %d episodes"
                        .formatted(run.seconds(), policy, played.sum() / played.size(), played.size()));
        return played;
    }

    private boolean isOver(Stage stage) {
        DemoRun run = stage.run();
        return run.isStopped() || (!length.isZero() && run.seconds() > length.toSeconds());
    }

    /** Returns whether a window was learned and judged, and what is in force is in service. */
    private boolean isSettled(Stage stage, String policy, long endMs) {
        LoopAccount account = stage.run().account();
        Optional<Long> inService =
                Optional.ofNullable(stage.serving().health().epochs().get(policy));
        return account.hasLearned(policy, learner, endMs)
                && account.allJudged(policy)
                && inService.equals(account.inForce(policy).map(Promotion::epoch));
    }

    private void await(Stage stage, String what, BooleanSupplier holds) throws InterruptedException {
        DemoRun run = stage.run();
        boolean came = run.await(System.nanoTime() + PATIENCE.toNanos(), () -> {
            stage.failIfBroken();
            return isOver(stage) || holds.getAsBoolean();
        });
        if (!came && !run.isStopped()) {
            throw new CommandFailedException(
                    "expected that %s within %d s, found that it is not".formatted(what, PATIENCE.toSeconds()));
        }
    }

    @Override
    public Map<String, @Nullable Object> summary(DemoRun run) {
        Map<String, @Nullable Object> summary = run.account().summary(logged, observed);
        summary.put("returns", returns.values().stream().map(Returns::json).toList());
        return summary;
    }

    @Override
    public String text(Map<String, @Nullable Object> summary) {
        return SummaryText.ofControl(summary);
    }

    @Override
    public @Nullable String failure(Map<String, @Nullable Object> summary) {
        Optional<String> failure = returns.size() < TASKS.size()
                ? Optional.of("expected to play %s, found time for %s".formatted(TASKS, returns.keySet()))
                : returns.values().stream()
                        .flatMap(told -> told.failure().stream())
                        .findFirst();
        if (failure.isPresent()) {
            return failure.get();
        }
        Map<?, ?> events = summary.get("events") instanceof Map<?, ?> counts ? counts : Map.of();
        for (Object wrong :
                new @Nullable Object[] {events.get("lost"), events.get("duplicated"), summary.get("versionMismatches")
                }) {
            if (!Long.valueOf(0).equals(wrong)) {
                return "expected no decision lost, duplicated or of another version, found %s, mismatches %s"
                        .formatted(events, summary.get("versionMismatches"));
            }
        }
        return null;
    }
}
