package dev.understudy.app;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.domain.PolicySpec;
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
final class ControlScenario implements Scenario {
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
    private final long seed;
    private final Map<String, Returns> returns = new LinkedHashMap<>();
    private long logged;
    private long observed;

    /**
     * A scenario that ends when all is done.
     *
     * @param length wall time after which it fails; 0 for no bound
     * @param seed what every draw follows from
     */
    ControlScenario(Duration length, long seed) {
        this.length = length;
        this.seed = seed;
    }

    @Override
    public List<PolicySpec<?>> policies() {
        return TASKS.stream()
                .<PolicySpec<?>>map(
                        task -> Catalogue.policy(ControlPolicySpec.of(task).name()))
                .toList();
    }

    @Override
    public LogReading reading() {
        return LogReading.defaults();
    }

    @Override
    public TrainingConfig training(PolicySpec<?> spec) {
        return TrainingConfig.defaults(spec.name())
                .withWindow(WINDOW)
                .withSeed(seed)
                .withOrigin(Versions.own(), "none: a scripted expert");
    }

    @Override
    public GateConfig gate(PolicySpec<?> spec) {
        return GateConfig.defaults(spec.name());
    }

    @Override
    public List<LearningBranch> learners(PolicySpec<?> spec) {
        return LearningBranch.of(Algorithms.CLONING, spec.name(), 0, 0);
    }

    @Override
    public void play(Stage stage) throws Exception {
        String policy = stage.spec().name();
        Returns told = new Returns(policy, stage.run());
        returns.put(policy, told);
        try (ControlPlay play = new ControlPlay(
                stage,
                ControlPolicySpec.of(task(policy)),
                told,
                START,
                gate(stage.spec()).lead(),
                seed)) {
            tell(stage, play.act(COPIES));
            for (int window = 1; window <= WINDOWS && !isOver(stage); window++) {
                long endMs = START.plus(WINDOW.multipliedBy(window)).toEpochMilli();
                play.demonstrate(endMs + CLOSING.toMillis());
                tell(stage, play.act(COPIES));
                await(
                        stage,
                        "window " + window + " of " + policy + " is learned and judged",
                        () -> isSettled(stage, endMs));
            }
            if (!isOver(stage)) {
                Measurements last = play.act(LAST_COPIES);
                tell(stage, last);
                told.afterAll(last);
            }
            logged += play.logged();
            observed += play.observed();
            LoopAccount account = stage.run().account();
            await(stage, "every observation is decided", () -> account.decided() >= observed);
        }
    }

    private static void tell(Stage stage, Measurements played) {
        DemoRun run = stage.run();
        run.console()
                .line("%5.1f s   %s played: mean return %.1f of %d episodes"
                        .formatted(run.seconds(), stage.spec().name(), played.sum() / played.size(), played.size()));
    }

    private static String task(String policy) {
        return policy.substring(policy.indexOf('/') + 1);
    }

    private boolean isOver(Stage stage) {
        DemoRun run = stage.run();
        return run.isStopped() || (!length.isZero() && run.seconds() > length.toSeconds());
    }

    /** Returns whether a window was learned and judged, and what is in force is in service. */
    private static boolean isSettled(Stage stage, long endMs) {
        LoopAccount account = stage.run().account();
        String policy = stage.spec().name();
        return account.hasLearned(policy, Algorithms.CLONING, endMs)
                && account.allJudged(policy)
                && stage.serving()
                        .health()
                        .epoch()
                        .equals(account.inForce(policy).map(Promotion::epoch));
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
