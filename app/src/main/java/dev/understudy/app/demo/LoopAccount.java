package dev.understudy.app.demo;

import dev.understudy.app.kafka.ModelLines;
import dev.understudy.flink.count.Tally;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TrainingRecord;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The books of the whole loop, kept from what its programs publish. Records may come twice, as publishing is at least
 * once. May be used by several threads.
 */
final class LoopAccount {
    private static final String TRAINED = "trained";
    private static final String REJECTED = "rejected.";
    private static final String INTERPOLATED = "interpolated";
    /** What is counted besides the fates of records. */
    private static final Set<String> NO_FATES = Set.of("ingested", INTERPOLATED);

    private final String measure;
    private final DecisionLedger decisions = new DecisionLedger();
    private final Map<String, Candidate> candidates = new LinkedHashMap<>();
    private final Map<String, Promotion> verdicts = new LinkedHashMap<>();
    private final Map<String, TrainingRecord> windows = new LinkedHashMap<>();
    /** Running totals by policy. */
    private final Map<String, SortedMap<String, Long>> totals = new LinkedHashMap<>();

    private final Map<String, Acknowledgement> loaded = new LinkedHashMap<>();
    private long deadLetters;
    private long promoted;

    /** Opens the books of actions in numbers. */
    LoopAccount() {
        this("error");
    }

    /** @param measure what windows are scored by, in the words of their lines */
    LoopAccount(String measure) {
        this.measure = measure;
    }

    /** Enters a decision. */
    synchronized void decision(Decision decision) {
        decisions.decided(decision);
    }

    /** Enters a candidate; returns a line on it if it is new. */
    synchronized Optional<String> candidate(Candidate candidate) {
        if (candidates.putIfAbsent(candidate.id(), candidate) != null) {
            return Optional.empty();
        }
        return Optional.of(ModelLines.of(candidate));
    }

    /** Enters a verdict; returns a line on it if it is new. */
    synchronized Optional<String> verdict(Promotion verdict) {
        String id = verdict.candidateId() + '@' + (verdict.promoted() ? verdict.epoch() : "refused");
        if (verdicts.putIfAbsent(id, verdict) != null) {
            return Optional.empty();
        }
        decisions.promoted(verdict);
        if (verdict.promoted()) {
            promoted++;
        }
        return Optional.of(ModelLines.of(verdict));
    }

    /** Enters a report; returns a line on a window if it is new. */
    synchronized Optional<String> report(TrainingRecord report) {
        switch (report.kind()) {
            case PREQUENTIAL -> {
                if (windows.putIfAbsent(report.policy() + '@' + report.windowStartMs(), report) == null) {
                    return Optional.of(ModelLines.ofWindow(report, measure));
                }
            }
            case TRAINING -> {
                SortedMap<String, Long> ofPolicy = totals.computeIfAbsent(report.policy(), any -> new TreeMap<>());
                report.counts().forEach((name, count) -> ofPolicy.merge(name, count, Math::max));
            }
            case EVALUATION -> {
                // its figures stand in the verdict too
            }
        }
        return Optional.empty();
    }

    /** Enters an acknowledgement; returns a line on it if it is new. */
    synchronized Optional<String> acknowledgement(Acknowledgement acknowledgement) {
        String id = acknowledgement.key() + '@' + acknowledgement.epoch() + acknowledgement.accepted();
        if (loaded.putIfAbsent(id, acknowledgement) != null) {
            return Optional.empty();
        }
        return Optional.of(
                acknowledgement.accepted()
                        ? "swap      %s  of %s, epoch %d at %s, loaded in %.1f ms"
                                .formatted(
                                        ModelLines.shortened(acknowledgement.sha256()),
                                        acknowledgement.policy(),
                                        acknowledgement.epoch(),
                                        acknowledgement.instance(),
                                        acknowledgement.loadMillis())
                        : "kept      the model in use at %s: %s"
                                .formatted(acknowledgement.instance(), acknowledgement.reason()));
    }

    /** Counts a dead letter. */
    synchronized void deadLetter() {
        deadLetters++;
    }

    /** Returns the number of dead letters of every program. */
    synchronized long deadLetters() {
        return deadLetters;
    }

    /** Returns the number of observations decided. */
    synchronized long decided() {
        return decisions.distinct();
    }

    /** Returns the number of promotions. */
    synchronized long promoted() {
        return promoted;
    }

    /** Returns the number of log records, and of steps interpolated between them, whose fate is known. */
    synchronized long settled() {
        return totals().entrySet().stream()
                .filter(entry ->
                        !NO_FATES.contains(entry.getKey()) && !entry.getKey().startsWith(Tally.QUEUED))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Returns the totals of all policies. */
    private SortedMap<String, Long> totals() {
        SortedMap<String, Long> sums = new TreeMap<>();
        totals.values().forEach(each -> each.forEach((name, count) -> sums.merge(name, count, Long::sum)));
        return sums;
    }

    /** Returns whether an algorithm made a candidate of a policy from a window that ends at a time, or later. */
    synchronized boolean hasLearned(String policy, String algorithm, long windowEndMs) {
        return candidates.values().stream()
                .anyMatch(candidate -> candidate.policy().equals(policy)
                        && candidate.algorithm().equals(algorithm)
                        && candidate.windowEndMs() >= windowEndMs);
    }

    /** Returns whether each candidate of a policy was judged. */
    synchronized boolean allJudged(String policy) {
        return candidates.values().stream()
                .filter(candidate -> candidate.policy().equals(policy))
                .allMatch(candidate -> verdicts.values().stream()
                        .anyMatch(verdict -> verdict.candidateId().equals(candidate.id())));
    }

    /** Returns the promotion of a policy that is in force, empty before the first. */
    synchronized Optional<Promotion> inForce(String policy) {
        return Precedence.inForce(verdicts.values().stream()
                .filter(verdict -> verdict.policy().equals(policy))
                .toList());
    }

    /**
     * Returns the summary's part that follows from what was published.
     *
     * @param ingested log records sent
     * @param observed observations sent
     */
    synchronized Map<String, @Nullable Object> summary(long ingested, long observed) {
        Map<String, @Nullable Object> summary = new LinkedHashMap<>();
        summary.put("events", events(ingested, observed));
        summary.put("windows", windows.size());
        summary.put("candidates", candidates.size());
        summary.put("promoted", promoted);
        summary.put("refused", verdicts.size() - promoted);
        summary.put("algorithms", algorithms());
        summary.put("promotions", promotions());
        summary.put("versionMismatches", decisions.versionMismatches());
        summary.put("decisionLatencyMillis", decisions.latencyMillis().quantiles());
        summary.put("freshnessSeconds", freshness().quantiles());
        summary.put("decisionsPerSecond", decisions.perSecond());
        Measurements training = new Measurements();
        candidates.values().forEach(candidate -> training.add(candidate.trainMillis() / 1000.0));
        summary.put("trainSeconds", training.quantile(0.99));
        summary.put("trainSecondsTotal", training.sum());
        Map<String, Long> kinds = new TreeMap<>();
        decisions.byKind().forEach((kind, count) -> kinds.put(kind.name(), count));
        summary.put("decisionsByKind", kinds);
        Map<String, Long> rejected = new TreeMap<>();
        totals().forEach((name, count) -> {
            if (name.startsWith(REJECTED)) {
                rejected.put(name.substring(REJECTED.length()), count);
            }
        });
        summary.put("rejectedByReason", rejected);
        return summary;
    }

    /**
     * Returns how each window was predicted before it was learned, in order of time.
     *
     * @param expert names the expert who drove in a window
     */
    synchronized List<Map<String, @Nullable Object>> prequential(Function<TrainingRecord, String> expert) {
        return windows.values().stream()
                .sorted(Comparator.comparingLong(TrainingRecord::windowStartMs))
                .map(window -> prequential(window, expert.apply(window)))
                .toList();
    }

    /** Returns how well each window's texts were predicted before it was learned, in order of time. */
    synchronized List<Map<String, @Nullable Object>> bitsPerByte() {
        return windows.values().stream()
                .sorted(Comparator.comparingLong(TrainingRecord::windowStartMs))
                .map(window -> {
                    Map<String, @Nullable Object> json = new LinkedHashMap<>();
                    json.put(
                            "windowStart",
                            Instant.ofEpochMilli(window.windowStartMs()).toString());
                    json.put(
                            "windowEnd",
                            Instant.ofEpochMilli(window.windowEndMs()).toString());
                    json.put("bitsPerByte", window.figures().get("policy"));
                    json.put("replies", window.figures().get("steps"));
                    return json;
                })
                .toList();
    }

    /** Returns how many candidates of each algorithm there were, and how many of them were promoted. */
    private Map<String, Map<String, Long>> algorithms() {
        Map<String, Map<String, Long>> algorithms = new TreeMap<>();
        for (Candidate candidate : candidates.values()) {
            Map<String, Long> counts = algorithms.computeIfAbsent(
                    candidate.algorithm(), any -> new TreeMap<>(Map.of("candidates", 0L, "promoted", 0L)));
            counts.merge("candidates", 1L, Long::sum);
            boolean won = verdicts.values().stream()
                    .anyMatch(verdict ->
                            verdict.promoted() && verdict.candidateId().equals(candidate.id()));
            counts.merge("promoted", won ? 1L : 0L, Long::sum);
        }
        return algorithms;
    }

    private List<Map<String, @Nullable Object>> promotions() {
        return verdicts.values().stream()
                .filter(Promotion::promoted)
                .map(promotion -> {
                    Map<String, @Nullable Object> json = new LinkedHashMap<>();
                    json.put("policy", promotion.policy());
                    json.put("epoch", promotion.epoch());
                    json.put("sha256", promotion.sha256());
                    json.put("algorithm", algorithm(promotion.sha256()));
                    json.put("reason", promotion.reason());
                    return json;
                })
                .toList();
    }

    /** Returns what learned a model, null if no candidate of it was seen. */
    synchronized @Nullable String algorithm(String sha256) {
        return candidates.values().stream()
                .filter(candidate -> candidate.sha256().equals(sha256))
                .map(Candidate::algorithm)
                .findFirst()
                .orElse(null);
    }

    private Map<String, Long> events(long ingested, long observed) {
        Map<String, Long> events = new LinkedHashMap<>();
        SortedMap<String, Long> sums = totals();
        events.put("ingested", ingested);
        long lateLearned = sums.getOrDefault("lateLearned", 0L);
        events.put("learned", sums.getOrDefault(TRAINED, 0L) + lateLearned);
        events.put("lateLearned", lateLearned);
        events.put("late", sums.getOrDefault("late", 0L));
        events.put("deadLettered", sums.getOrDefault("deadLettered", 0L));
        events.put("observed", observed);
        events.put("decided", decisions.distinct());
        events.put("duplicated", decisions.duplicated());
        events.put("lost", observed - decisions.distinct());
        events.put("heldOut", sums.getOrDefault("heldOut", 0L));
        events.put(
                "rejected",
                sums.entrySet().stream()
                        .filter(entry -> entry.getKey().startsWith(REJECTED))
                        .mapToLong(Map.Entry::getValue)
                        .sum());
        events.put("repeated", sums.getOrDefault("duplicates", 0L));
        long interpolated = sums.getOrDefault(INTERPOLATED, 0L);
        if (interpolated > 0) {
            events.put(INTERPOLATED, interpolated);
        }
        events.put("pending", ingested + interpolated - settled());
        return events;
    }

    /** Returns how many records a summary says were learned. */
    static long learned(Map<String, @Nullable Object> summary) {
        return summary.get("events") instanceof Map<?, ?> events && events.get("learned") instanceof Long learned
                ? learned
                : 0;
    }

    /** Returns seconds from the close of a window to the first decision by the model that learned it. */
    private Measurements freshness() {
        Map<String, Long> first = decisions.firstDecisionBySha();
        Measurements freshness = new Measurements();
        for (Candidate candidate : candidates.values()) {
            Long decidedAtMs = first.get(candidate.sha256());
            if (decidedAtMs != null) {
                freshness.add((decidedAtMs - candidate.windowClosedAtMs()) / 1000.0);
            }
        }
        return freshness;
    }

    private static Map<String, @Nullable Object> prequential(TrainingRecord window, String expert) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("windowStart", Instant.ofEpochMilli(window.windowStartMs()).toString());
        json.put("windowEnd", Instant.ofEpochMilli(window.windowEndMs()).toString());
        json.put("policy", window.figures().get("policy"));
        json.put("persistence", window.figures().get("persistence"));
        json.put("idm", window.figures().get("idm"));
        json.put("steps", window.figures().get("steps"));
        json.put("expert", expert);
        return json;
    }
}
