package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.LeaderReplay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A file of comma-separated values with the spacing error of every driver on every held-out stretch, so that two
 * variants of a policy can be compared stretch by stretch: {@code fold, seed, driver, run, trip, label, stretch,
 * spacingRmseMeters}. Stretches are numbered from 0 within their fold and come out the same for the same logs and
 * folds.
 */
final class StretchErrors {
    private static final String HEADER = "fold,seed,driver,run,trip,label,stretch,spacingRmseMeters";

    private final @Nullable Path file;

    private StretchErrors(@Nullable Path file) {
        this.file = file;
    }

    /**
     * Begins a file anew.
     *
     * @param file null to write nothing
     * @throws UncheckedIOException if it cannot be written
     */
    static StretchErrors to(@Nullable Path file) {
        StretchErrors errors = new StretchErrors(file);
        errors.write(List.of(HEADER));
        return errors;
    }

    /** Adds what one driver did on the held-out stretches of a fold. */
    void add(int fold, int seed, String driver, CarFollowingStretches held, LeaderReplay.Drive drive) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < held.count(); i++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%d,%d,%s,%s,%s,%s,%d,%.6f",
                    fold,
                    seed,
                    driver,
                    quoted(held.run(i)),
                    quoted(held.trip(i)),
                    quoted(held.label(i)),
                    i,
                    Math.sqrt(drive.spacingMeanSquare(i))));
        }
        write(lines);
    }

    private static String quoted(String text) {
        return text.matches("[^\",\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    private void write(List<String> lines) {
        if (file == null) {
            return;
        }
        try {
            if (lines.size() == 1 && lines.get(0).equals(HEADER)) {
                Files.write(file, lines);
            } else {
                Files.write(file, lines, StandardOpenOption.APPEND);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file.toAbsolutePath(), e);
        }
    }
}
