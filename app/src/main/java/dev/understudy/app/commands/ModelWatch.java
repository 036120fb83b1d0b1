package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.ModelLines;
import dev.understudy.app.kafka.TopicFollower;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Policies;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Prints a line for each window, candidate and verdict that a job publishes, as the demonstration does, and a warning
 * where learning is slower than windows come.
 */
final class ModelWatch implements TopicFollower.Reader {
    private static final Duration POLL = Duration.ofMillis(500);
    /**
     * Least time that a window waits for its turn before anybody is warned, ms: shorter ones are the pace of a start.
     */
    private static final long LEAST_WAIT_MS = 2_000;

    private final Policies<?> policies;
    private final Console console;
    private final Deserializer<Candidate> candidates =
            UnderstudySerdes.candidate().deserializer();
    private final Deserializer<Promotion> verdicts =
            UnderstudySerdes.promotion().deserializer();
    private final Deserializer<TrainingRecord> reports =
            UnderstudySerdes.trainingRecord().deserializer();
    private final Set<String> told = new HashSet<>();
    private final Map<String, Candidate> last = new HashMap<>();

    ModelWatch(Policies<?> policies, Console console) {
        this.policies = policies;
        this.console = console;
    }

    /** Starts to watch what is published in some topics from now on, until the process ends. */
    @SuppressWarnings("resource") // it reads as long as the process lives
    static void start(Connection connection, Policies<?> policies, List<String> topics, Console console) {
        TopicFollower.start(
                connection, "models", topics, TopicFollower.From.NOW, POLL, new ModelWatch(policies, console));
    }

    @Override
    public void read(String topic, byte[] value) throws UndecodableException {
        switch (topic) {
            case Topics.CANDIDATES -> candidate(candidates.deserialize(topic, value));
            case Topics.HISTORY -> verdict(verdicts.deserialize(topic, value));
            case Topics.REPORTS -> report(reports.deserialize(topic, value));
            default -> throw new IllegalStateException("expected a topic that is watched, got " + topic);
        }
    }

    private void candidate(Candidate candidate) {
        if (policies.has(candidate.policy()) && told.add(candidate.id())) {
            console.line(ModelLines.of(candidate));
            String warning = slow(last.put(candidate.policy() + "|" + candidate.algorithm(), candidate), candidate);
            if (warning != null) {
                console.line(warning);
            }
        }
    }

    /**
     * Returns a warning if a window waited for its turn because those before it take longer to learn than windows take
     * to come; null if not.
     *
     * @param before the candidate before it of the same policy and algorithm, null if there was none
     */
    static @Nullable String slow(@Nullable Candidate before, Candidate candidate) {
        long waitedMs = waitedMs(candidate);
        if (before == null || waitedMs < LEAST_WAIT_MS) {
            return null;
        }
        long betweenMs = candidate.windowClosedAtMs() - before.windowClosedAtMs();
        if (candidate.trainMillis() <= betweenMs || waitedMs <= waitedMs(before)) {
            return null;
        }
        return "slow      learning a window of %s by %s takes %.1f s, and windows come every %.1f s; this one waited %.0f s, about %d wait: fewer --steps or --iterations, or longer --window-seconds"
                .formatted(
                        candidate.policy(),
                        candidate.algorithm(),
                        candidate.trainMillis() / 1000.0,
                        betweenMs / 1000.0,
                        waitedMs / 1000.0,
                        Math.max(1, Math.round(waitedMs / (double) Math.max(1, betweenMs))));
    }

    /** Returns how long the window of a candidate waited between closing and being learned. */
    private static long waitedMs(Candidate candidate) {
        return candidate.createdAtMs() - candidate.windowClosedAtMs() - candidate.trainMillis();
    }

    private void verdict(Promotion verdict) {
        if (policies.has(verdict.policy())
                && told.add(verdict.candidateId() + "@" + verdict.epoch() + verdict.promoted() + verdict.sha256())) {
            console.line(ModelLines.of(verdict));
        }
    }

    private void report(TrainingRecord report) {
        if (report.kind() == TrainingRecord.Kind.PREQUENTIAL
                && policies.has(report.policy())
                && told.add(report.policy() + "@" + report.windowStartMs())) {
            console.line(
                    ModelLines.ofWindow(report, policies.domain().equals(Turn.DOMAIN) ? "bits per byte" : "error"));
        }
    }
}
