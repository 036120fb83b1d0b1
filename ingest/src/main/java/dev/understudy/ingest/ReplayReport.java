package dev.understudy.ingest;

import dev.understudy.ingest.Row.Problem;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How far a replay has got; the last one is its result.
 *
 * @param rows rows read by this call
 * @param skipped rows that an earlier call had sent
 * @param logs records sent to the logs of the domain, such as {@code driving.logs.v1}
 * @param observations records sent to its observations
 * @param bad rows that could not be read, by kind of problem; each is a record of {@code dead-letters.v1}
 * @param eventTimeMs event time of the last sample; 0 before the first
 * @param seconds since the start of this call
 * @param finished whether the source has no more rows, or the limit is reached
 */
public record ReplayReport(
        long rows,
        long skipped,
        long logs,
        long observations,
        SortedMap<Problem, Long> bad,
        long eventTimeMs,
        double seconds,
        boolean finished) {
    public ReplayReport {
        bad = Collections.unmodifiableSortedMap(new TreeMap<>(bad));
    }

    /** All bad rows. */
    public long badRows() {
        return bad.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Rows per second since the start of this call. */
    public double rowsPerSecond() {
        return seconds <= 0 ? 0 : rows / seconds;
    }
}
