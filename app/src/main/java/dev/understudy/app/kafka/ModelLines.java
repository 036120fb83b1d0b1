package dev.understudy.app.kafka;

import dev.understudy.app.console.Table;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.TrainingRecord;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.stream.Collectors;

/** What became of windows and models, a line each, as everything that watches the pipeline prints it. */
public final class ModelLines {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final String STEPS = "steps";
    private static final int SHORT_HASH = 12;

    private ModelLines() {}

    /** Returns a line on a candidate. */
    public static String of(Candidate candidate) {
        return "candidate %s  of %s, learned by %s from window %s: %.1f KiB, trained in %.2f s"
                .formatted(
                        shortened(candidate.sha256()),
                        candidate.policy(),
                        candidate.algorithm(),
                        span(candidate.windowStartMs(), candidate.windowEndMs()),
                        candidate.sizeBytes() / 1024.0,
                        candidate.trainMillis() / 1000.0);
    }

    /** Returns a line on a verdict. */
    public static String of(Promotion verdict) {
        if (!verdict.promoted()) {
            return "refused   %s  of %s: %s".formatted(shortened(verdict.sha256()), verdict.policy(), verdict.reason());
        }
        return "promoted  %s  of %s as epoch %d, from event time %s: %s"
                .formatted(
                        shortened(verdict.sha256()),
                        verdict.policy(),
                        verdict.epoch(),
                        CLOCK.format(Instant.ofEpochMilli(verdict.effectiveFromMs())),
                        verdict.reason());
    }

    /**
     * Returns a line on a window, by its report from before it was learned.
     *
     * @param measure what its figures are, such as "error"
     */
    public static String ofWindow(TrainingRecord report, String measure) {
        Double steps = report.figures().get(STEPS);
        return "window    %s  %s of %s; %s before learning: %s"
                .formatted(
                        span(report.windowStartMs(), report.windowEndMs()),
                        steps == null ? "steps" : "%.0f steps".formatted(steps),
                        report.policy(),
                        measure,
                        report.figures().isEmpty() ? "no policy yet" : errors(report));
    }

    /** Returns errors by what made them, that of the policy first. */
    private static String errors(TrainingRecord report) {
        return report.figures().entrySet().stream()
                .filter(figure -> !figure.getKey().equals(STEPS))
                .sorted(Comparator.comparing(figure -> !figure.getKey().equals("policy")))
                .map(figure -> figure.getKey() + " " + Table.figure(figure.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Returns a span of event time. */
    public static String span(long startMs, long endMs) {
        return CLOCK.format(Instant.ofEpochMilli(startMs)) + "-" + CLOCK.format(Instant.ofEpochMilli(endMs));
    }

    /** Returns the beginning of a hash. */
    public static String shortened(String sha256) {
        return sha256.substring(0, Math.min(SHORT_HASH, sha256.length()));
    }
}
