package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.domain.Actor;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.LogInspection;
import dev.understudy.ingest.SampleSource;
import java.util.Locale;
import java.util.Set;

/**
 * Logs that were read to be learned from or evaluated on, and what {@code inspect} would say of them.
 *
 * @param logs samples and steps
 * @param found what the rows come to
 */
record ReadLogs(Demonstrations logs, LogInspection found) {
    /** Reads a source to its end and closes it. */
    static ReadLogs read(SampleSource source, Set<Actor> experts) {
        InspectedSource inspected =
                new InspectedSource(source, LogReading.defaults().lateness(), experts);
        Demonstrations logs = Demonstrations.read(inspected, experts);
        return new ReadLogs(logs, inspected.inspection());
    }

    /** Prints what a user should know of the logs, a line each. */
    void tellRemarks(Console console) {
        found.remarks().forEach(console::note);
    }

    /** Returns the counts on one line. */
    String counts() {
        return String.format(
                Locale.ROOT,
                "%,d rows: %,d bad, %,d samples; of these %,d duplicates, rejected %s, %,d steps",
                found.rows(),
                logs.unreadable(),
                found.samples(),
                found.duplicates(),
                logs.rejected(),
                logs.steps().size());
    }
}
