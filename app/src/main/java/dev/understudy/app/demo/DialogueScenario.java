package dev.understudy.app.demo;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Versions;
import dev.understudy.app.demo.Visitors.Exchange;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.app.kafka.TurnClient;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.HeldOutPieces;
import dev.understudy.domain.Policies;
import dev.understudy.flink.gate.GateConfig;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.learn.Algorithms;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/**
 * Other people's conversations stream in, window by window, and while they are learned visitors ask: what they say is
 * from conversations that are held out, so nobody learned it.
 *
 * <pre>
 * conversations ──► logs ──► window ──► candidate ──► gate ──► swap
 *                                                               │
 * visitors ───────► observations ──────────────────────────► replies ──► visitors
 * </pre>
 *
 * <p>The first window is there from the beginning. After that event time goes on at a multiple of the wall clock, but
 * no further than two windows ahead of what was learned and judged: a slow machine shows fewer windows, not other ones.
 */
public final class DialogueScenario implements Scenario {
    /** About when the bundled conversations begin. */
    private static final Instant START = Instant.parse("2017-05-07T18:00:00Z");

    /** What the end of a run is given: decisions under way, and the replies that are made again. */
    private static final Duration RESERVE = Duration.ofSeconds(12);

    private static final Duration DRAIN = Duration.ofSeconds(8);

    /** How long a visitor waits for a reply before the next is asked; it may come later and counts. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Most that event time goes on at once: one that leaps further within a conversation would be doubted. */
    private static final long MOST_AT_ONCE_MS = 5_000;

    private static final long BETWEEN_QUESTIONS_NANOS = 250_000_000;
    private static final double SHOWN_EVERY_SECONDS = 5;
    private static final int VISITORS = 4;
    private static final int MOST_CHECKED = 16;
    private static final int MOST_EXCHANGES = 12;

    /**
     * What to run.
     *
     * @param turns of conversations, of which some are held out
     * @param licence of these
     * @param length wall time for everything
     * @param factor event seconds per second
     * @param window length of a learning window in event time
     * @param heldOutPercent share of conversations never learned from
     * @param seed what every draw follows from
     */
    public record Plan(
            List<Turn> turns,
            String licence,
            Duration length,
            double factor,
            Duration window,
            int heldOutPercent,
            long seed) {}

    private final Plan plan;
    private final ResponderSpec spec = new ResponderSpec();
    private final long startMs;
    private final DialogueTimeLine timeLine;
    private final Visitors visitors;
    private long sent;
    /** End of the last window that was learned and judged, event time. */
    private long settledMs;

    private @Nullable ReplyCheck check;
    private String shownSha256 = "";
    private double shownAt = Double.NEGATIVE_INFINITY;

    /** @throws CommandFailedException if there is nobody to learn from, or nobody who asks */
    public DialogueScenario(Plan plan) {
        this.plan = plan;
        long windowMs = plan.window().toMillis();
        startMs = Math.floorDiv(START.toEpochMilli(), windowMs) * windowMs;
        settledMs = startMs;
        List<Conversation> conversations = Conversation.of(plan.turns());
        List<Conversation> heldOut = conversations.stream()
                .filter(each -> HeldOut.isHeldOut(each.episode(), plan.heldOutPercent()))
                .toList();
        visitors = new Visitors(heldOut, VISITORS);
        if (heldOut.isEmpty() || heldOut.size() == conversations.size()) {
            throw new CommandFailedException(
                    "expected conversations to learn from and others that are held out, found %d, of which %d %% leave %d held out"
                            .formatted(conversations.size(), plan.heldOutPercent(), heldOut.size()));
        }
        timeLine = DialogueTimeLine.of(conversations, startMs);
    }

    @Override
    public Policies<?> policies() {
        return Policies.one(spec);
    }

    @Override
    public String measure() {
        return "bits per byte";
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
                defaults.baselines(),
                Versions.own(),
                plan.licence(),
                false);
    }

    /** Returns the defaults with fewer conversations to judge by, so that a verdict takes no longer than learning. */
    @Override
    public GateConfig gate() {
        return GateConfig.defaults(policies()).withHeldOut(new HeldOutPieces(24, 24, 96));
    }

    @Override
    public List<LearningBranch> learners() {
        return LearningBranch.of(Algorithms.CLONING, policies(), 0, 0);
    }

    /** Returns what logs go on after the end of a window, so that it closes and its candidate is judged. */
    private long closingMs() {
        return reading().lateness().plus(reading().inactivity()).plusSeconds(1).toMillis();
    }

    @Override
    public void play(Stage stage) throws Exception {
        Map<String, Object> settings = new HashMap<>(stage.connection().clientSettings());
        settings.put("acks", "all");
        try (KafkaProducer<String, Turn> logs = new KafkaProducer<>(
                        settings,
                        new StringSerializer(),
                        UnderstudySerdes.dialogue().serializer());
                TurnClient client = new TurnClient(stage.connection(), PATIENCE)) {
            long windowMs = plan.window().toMillis();
            long clockMs = startMs + windowMs + closingMs();
            long tickedNanos = System.nanoTime();
            while (!isOver(stage)) {
                stream(stage, logs, clockMs);
                ask(stage, client, clockMs + gate().lead().toMillis() + 1);
                settle(stage);
                stage.run().await(tickedNanos + BETWEEN_QUESTIONS_NANOS, () -> false);
                long passedMs = (long) ((System.nanoTime() - tickedNanos) / 1e6 * plan.factor());
                tickedNanos = System.nanoTime();
                clockMs = Math.max(
                        clockMs,
                        Math.min(
                                clockMs + Math.min(passedMs, MOST_AT_ONCE_MS), settledMs + 2 * windowMs + closingMs()));
            }
            drain(stage);
        }
    }

    /** Sends what was said up to an event time. */
    private void stream(Stage stage, KafkaProducer<String, Turn> logs, long untilMs) {
        List<Turn> turns = timeLine.turns();
        for (; sent < turns.size() && turns.get((int) sent).timeMs() < untilMs; sent++) {
            Turn turn = turns.get((int) sent);
            var unused = logs.send(
                    new ProducerRecord<>(DomainTopics.DIALOGUE.logs(), turn.entity(), turn), (metadata, error) -> {
                        if (error != null) {
                            stage.run().console().note("a turn was not taken: " + Failures.describe(error));
                        }
                    });
        }
    }

    private void ask(Stage stage, TurnClient client, long timeMs) {
        Map<Turn, Decision> decided = client.ask(visitors.next(timeMs));
        List<Exchange> exchanges = new ArrayList<>();
        decided.forEach((turn, decision) -> exchanges.add(visitors.enter(turn, decision)));
        exchanges.stream()
                .filter(exchange -> exchange.decided().kind() == Decision.Kind.POLICY)
                .findFirst()
                .ifPresent(exchange -> show(stage.run(), exchange));
    }

    /** Shows an exchange now and then, and the first of each version. */
    private void show(DemoRun run, Exchange exchange) {
        Decision reply = exchange.decided();
        run.milestone("firstModelInService", "first model in service");
        if (reply.sha256().equals(shownSha256) && run.seconds() - shownAt < SHOWN_EVERY_SECONDS) {
            return;
        }
        shownSha256 = reply.sha256();
        shownAt = run.seconds();
        run.console()
                .line("%5.1f s   visitor: %s%n          epoch %d: %s"
                        .formatted(
                                run.seconds(),
                                Console.onOneLine(exchange.asked().text()),
                                reply.epoch(),
                                Console.onOneLine(String.valueOf(reply.text()))));
    }

    /** Takes note of windows that were learned and judged, and of jobs that failed. */
    private void settle(Stage stage) {
        stage.failIfBroken();
        LoopAccount account = stage.run().account();
        while (account.hasLearned(
                        spec.name(),
                        Algorithms.CLONING,
                        settledMs + plan.window().toMillis())
                && account.allJudged(spec.name())) {
            settledMs += plan.window().toMillis();
        }
        if (account.promoted() > 0) {
            stage.run().milestone("firstPromotion", "first responder promoted");
        }
        stage.run()
                .console()
                .status("%5.1f s  %,d turns sent  %,d asked  %,d log records settled  %d promoted"
                        .formatted(
                                stage.run().seconds(), sent, visitors.asked(), account.settled(), account.promoted()));
    }

    /** Returns whether time is up, or all was said and every window that closed is settled. */
    private boolean isOver(Stage stage) {
        DemoRun run = stage.run();
        long closedMs = timeLine.endMs() - closingMs();
        return run.isStopped()
                || run.seconds() > plan.length().minus(RESERVE).toSeconds()
                || (sent == timeLine.turns().size()
                        && settledMs + plan.window().toMillis() > closedMs
                        && isServed(stage));
    }

    /** Returns whether the version in force has replied. */
    private boolean isServed(Stage stage) {
        return stage.run()
                .account()
                .inForce(spec.name())
                .map(promotion -> promotion.sha256().equals(shownSha256))
                .orElse(true);
    }

    private void drain(Stage stage) throws InterruptedException {
        LoopAccount account = stage.run().account();
        long deadline = System.nanoTime() + DRAIN.toNanos();
        while (account.decided() < visitors.asked() && System.nanoTime() < deadline) {
            stage.failIfBroken();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        stage.run().milestone("drained", "%,d turns sent, %,d asked".formatted(sent, visitors.asked()));
    }

    @Override
    public void examine(Stage stage) {
        TopicReader reader = new TopicReader(stage.connection(), Duration.ofSeconds(10));
        check = ReplyCheck.of(visitors.exchanges(), spec, sha256 -> load(reader, sha256), MOST_CHECKED);
    }

    private ServedPolicy load(TopicReader reader, String sha256) {
        byte[] file = reader.artifact(spec.name(), sha256)
                .orElseThrow(() -> new IllegalStateException("expected the file of " + sha256 + ", found none"));
        return spec.load(ModelFile.read(file));
    }

    @Override
    public Map<String, @Nullable Object> summary(DemoRun run) {
        Map<String, @Nullable Object> summary = run.account().summary(sent, visitors.asked());
        List<Map<String, @Nullable Object>> windows = run.account().bitsPerByte();
        summary.put("prequential", windows);
        summary.put("bitsPerByteFall", fall(windows));
        Map<String, @Nullable Object> replies = new LinkedHashMap<>();
        replies.put("checked", check == null ? 0 : check.checked());
        replies.put("mixed", check == null ? 0 : check.mixed());
        summary.put("replies", replies);
        summary.put("exchanges", exchanges());
        return summary;
    }

    /** Returns by what share bits per byte are lower in the last window than in the first that was predicted. */
    private static @Nullable Double fall(List<Map<String, @Nullable Object>> windows) {
        List<Double> scores = windows.stream()
                .map(window -> window.get("bitsPerByte"))
                .filter(Double.class::isInstance)
                .map(Double.class::cast)
                .toList();
        return scores.size() < 2 ? null : 1 - scores.get(scores.size() - 1) / scores.get(0);
    }

    /** Returns some of the exchanges with models, spread evenly. */
    private List<Map<String, @Nullable Object>> exchanges() {
        List<Exchange> byModels = visitors.exchanges().stream()
                .filter(exchange -> exchange.decided().kind() == Decision.Kind.POLICY)
                .toList();
        List<Map<String, @Nullable Object>> told = new ArrayList<>();
        int count = Math.min(MOST_EXCHANGES, byModels.size());
        for (int i = 0; i < count; i++) {
            Exchange exchange = byModels.get((int) ((long) (i + 1) * byModels.size() / count) - 1);
            Map<String, @Nullable Object> json = new LinkedHashMap<>();
            json.put("said", exchange.asked().text());
            json.put("reply", exchange.decided().text());
            json.put("epoch", exchange.decided().epoch());
            json.put("sha256", exchange.decided().sha256());
            told.add(json);
        }
        return told;
    }

    @Override
    public String text(Map<String, @Nullable Object> summary) {
        return SummaryText.ofDialogue(summary);
    }

    @Override
    public @Nullable String failure(Map<String, @Nullable Object> summary) {
        Map<?, ?> events = summary.get("events") instanceof Map<?, ?> counts ? counts : Map.of();
        long wrong = 0;
        for (Object count :
                new @Nullable Object[] {events.get("lost"), events.get("duplicated"), summary.get("versionMismatches")
                }) {
            wrong += count instanceof Long number ? Math.abs(number) : 1;
        }
        if (wrong > 0 || (check != null && check.mixed() > 0)) {
            return "expected no reply lost, duplicated, of another version or mixed, found %s, mismatches %s, replies %s"
                    .formatted(events, summary.get("versionMismatches"), summary.get("replies"));
        }
        if (visitors.exchanges().stream().noneMatch(each -> each.decided().kind() == Decision.Kind.POLICY)) {
            return "expected a reply by a responder in time, found none: this machine was too slow (--seconds gives it more time)";
        }
        Double fall = (Double) summary.get("bitsPerByteFall");
        return fall == null || fall > 0
                ? null
                : "expected bits per byte to fall, found " + Objects.requireNonNull(summary.get("prequential"));
    }
}
