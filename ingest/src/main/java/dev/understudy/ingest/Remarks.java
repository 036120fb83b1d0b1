package dev.understudy.ingest;

import dev.understudy.domain.GeneralRefusal;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.StepGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a user should know of a log that was read, in plain words. */
final class Remarks {
    private final List<String> remarks;

    /** Begins with what was known before the log was read. */
    Remarks(List<String> notes) {
        remarks = new ArrayList<>(notes);
    }

    static String text(String format, @Nullable Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    /** Returns a count with its noun: {@code 1 sample}, {@code 2 samples}. */
    static String count(long count, String noun) {
        return count(count, noun, noun + "s");
    }

    /** Returns a count with what follows it, for one and for several. */
    static String count(long count, String one, String several) {
        return text("%,d %s", count, count == 1 ? one : several);
    }

    void add(String format, @Nullable Object... values) {
        remarks.add(text(format, values));
    }

    /** Says where the rates of the trips do not fit the steps, or each other. */
    void rates(Rates rates, Map<String, Long> rejected, long between) {
        if (rates.slowestHz() < 0.8 * rates.fastestHz()) {
            add("trips have from %.1f to %.1f samples a second", rates.slowestHz(), rates.fastestHz());
        }
        long tooLow = rejected.getOrDefault(RejectReason.RATE_TOO_LOW.name(), 0L);
        if (tooLow > 0) {
            add(
                    "%s too far from the one before: steps of 0.1 s need a sample each %d ms at least (%.1f Hz), the"
                            + " slowest trip has %.2f Hz",
                    count(tooLow, "sample is", "samples are"),
                    StepGrid.SLOWEST_MS,
                    1000.0 / StepGrid.SLOWEST_MS,
                    rates.slowestHz());
        }
        long resampled = rejected.getOrDefault(GeneralRefusal.RESAMPLED.name(), 0L);
        if (resampled > 0 || between > 0) {
            add(
                    "the log has %.1f Hz and was laid on steps of 0.1 s: %s between steps, %s between samples",
                    rates.medianHz(),
                    count(resampled, "sample lies", "samples lie"),
                    count(between, "step lies", "steps lie"));
        }
    }

    /** Says where more was read than is kept. */
    void bounds(long samples, long trips, long forgottenTrips) {
        if (samples > InspectedLog.MOST_SAMPLES) {
            add(
                    "repeated samples were looked for among at least the last %,d, not among all",
                    InspectedLog.MOST_SAMPLES);
        }
        if (trips > InspectedLog.MOST_TRIPS) {
            add("a trip that came back may be counted again, as there are more than %,d", InspectedLog.MOST_TRIPS);
        }
        if (forgottenTrips > 0) {
            add(
                    "%s a trip went on after %,d other vehicles, when it was forgotten here: the learning job"
                            + " would make more steps of it",
                    count(forgottenTrips, "time"), InspectedLog.MOST_VEHICLES);
        }
    }

    List<String> list() {
        return List.copyOf(remarks);
    }
}
