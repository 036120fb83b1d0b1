package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What logs come to, read as {@code ingest} and the learning job would, without either. Every row is bad or a sample;
 * every sample is a duplicate, rejected for a reason, or a step. Late samples are learned like others and counted
 * besides, and so are steps that are interpolated between samples. Of conversations, a sample is a turn, a trip a
 * conversation and a step a turn that a reply to be learned follows; one that none follows is not rejected for it, only
 * told of in a remark.
 *
 * <p>Memory is bounded, however long the logs: repeated samples are found among the last three million at least, and a
 * vehicle is forgotten once 30,000 others came after it. Counts are exact as long as no trip goes on after that; else a
 * remark says so.
 *
 * @param rows rows read
 * @param badByReason rows that are no samples, by kind of problem
 * @param samples rows that are
 * @param trips distinct trips of samples
 * @param rateHz samples a second of the usual trip; NaN where no trip has two
 * @param steps steps that would be learned, before any trip is held out
 * @param rejectedByReason samples that would not be, by reason
 * @param late samples that come more than the bound on lateness after a later one
 * @param duplicates samples whose trip and sequence were there before
 * @param action accelerations of the steps, m/s^2; of control the first number of their actions, or the choice; NaN of
 *     replies, which are texts
 * @param remarks what a user should know, in plain words
 */
public record LogInspection(
        long rows,
        SortedMap<Problem, Long> badByReason,
        long samples,
        long trips,
        double rateHz,
        long steps,
        SortedMap<String, Long> rejectedByReason,
        long late,
        long duplicates,
        Action action,
        List<String> remarks) {
    /**
     * Actions; all NaN where there are none.
     *
     * @param mean their mean
     * @param min the lowest
     * @param max the highest
     */
    public record Action(double mean, double min, double max) {}

    public LogInspection {
        badByReason = Collections.unmodifiableSortedMap(new TreeMap<>(badByReason));
        rejectedByReason = Collections.unmodifiableSortedMap(new TreeMap<>(rejectedByReason));
        remarks = List.copyOf(remarks);
    }

    /** All bad rows. */
    public long bad() {
        return badByReason.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Reads a source to its end and closes it.
     *
     * @param lateness how far out of order samples may come, event time
     * @param experts whose driving is learned
     */
    public static LogInspection of(SampleSource source, Duration lateness, Set<Actor> experts) {
        return of(new InspectedSource(source, lateness, experts));
    }

    /** Reads a source to its end and closes it. */
    public static LogInspection of(InspectedSource inspected) {
        try (inspected) {
            inspected.forEachRemaining(row -> {});
            return inspected.inspection();
        }
    }
}
