package dev.understudy.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a folder in the layout of the bundled OpenACC data: {@code runs.csv} and {@code runs/<run>.csv.gz}.
 *
 * <p>Each car but the first of a run gives one {@link dev.understudy.driving.FollowingSample} per row it has; the
 * leader's speed is that of the car in front at the same time, NaN where it was not measured. The vehicle is the car's
 * name, the trip is {@code run/vehicle}, the sequence counts steps of 0.1 s from the run's first row.
 */
public final class OpenAccReader {
    private static final List<String> COLUMNS =
            List.of("run", "date", "driver", "acc_gap_setting", "seconds", "vehicle_order");

    private final Path folder;
    private final Map<String, OpenAccRun> runs;

    private OpenAccReader(Path folder, Map<String, OpenAccRun> runs) {
        this.folder = folder;
        this.runs = runs;
    }

    /**
     * Reads the list of runs.
     *
     * @throws IngestException if the folder has no such layout; all problems are in one message
     */
    public static OpenAccReader open(Path folder) {
        Path list = folder.resolve("runs.csv");
        if (!Files.isRegularFile(list)) {
            throw new IngestException("expected a folder with runs.csv and runs/, found no file " + list);
        }
        Map<String, OpenAccRun> runs = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        try (Lines lines = new Lines(list)) {
            String first = lines.next();
            List<String> header = first == null ? List.of() : Lines.cells(first, ',');
            if (!header.containsAll(COLUMNS)) {
                throw new IngestException(list + ":1: expected the columns " + COLUMNS + ", found " + header);
            }
            for (String line = lines.next(); line != null; line = lines.next()) {
                if (line.isBlank()) {
                    continue;
                }
                try {
                    OpenAccRun run = run(folder, header, Lines.cells(line, ','));
                    if (runs.put(run.name(), run) != null) {
                        throw new IllegalArgumentException("expected each run once, found " + run.name() + " again");
                    }
                } catch (IllegalArgumentException | DateTimeException e) {
                    problems.add(list + ":" + lines.number() + ": " + e.getMessage());
                }
            }
        } catch (IOException e) {
            throw new IngestException("expected to read " + list + ", found " + Lines.describe(e), e);
        }
        if (runs.isEmpty() && problems.isEmpty()) {
            problems.add(list + ": expected at least one run, found none");
        }
        if (!problems.isEmpty()) {
            throw new IngestException(String.join("; ", problems));
        }
        return new OpenAccReader(folder, runs);
    }

    /** Every run in the order of {@code runs.csv}. */
    public List<OpenAccRun> runs() {
        return List.copyOf(runs.values());
    }

    /** The runs of these experts ({@link OpenAccRun#label}), in the order of the labels, then of {@code runs.csv}. */
    public List<OpenAccRun> labelled(String... labels) {
        return Arrays.stream(labels)
                .flatMap(label ->
                        runs.values().stream().filter(run -> run.label().equals(label)))
                .toList();
    }

    /**
     * The runs of these names, in this order.
     *
     * @throws IngestException if there is no such run
     */
    public List<OpenAccRun> named(Collection<String> names) {
        List<OpenAccRun> chosen = new ArrayList<>();
        for (String name : names) {
            OpenAccRun run = runs.get(name);
            if (run == null) {
                throw new IngestException(
                        "expected one of the runs " + runs.keySet() + " of " + folder + ", found " + name);
            }
            chosen.add(run);
        }
        return chosen;
    }

    /**
     * Reads runs one after another at the times they were driven: midnight (UTC) of the run's date plus the day's
     * common clock. Several runs share stretches of that clock.
     */
    public SampleSource read(List<OpenAccRun> chosen) {
        return new OpenAccSource(folder, chosen, null, Duration.ZERO);
    }

    /**
     * Reads runs one after another on one time line, without overlap and in rising time.
     *
     * @param start event time of the first step of the first run
     * @param pause from the last step of a run to the first of the next
     */
    public SampleSource readSequentially(List<OpenAccRun> chosen, Instant start, Duration pause) {
        return new OpenAccSource(folder, chosen, start, pause);
    }

    private static OpenAccRun run(Path folder, List<String> header, List<String> cells) {
        if (cells.size() != header.size()) {
            throw new IllegalArgumentException("expected " + header.size() + " columns, found " + cells.size());
        }
        String name = cells.get(header.indexOf("run"));
        String driver = cells.get(header.indexOf("driver"));
        String setting = cells.get(header.indexOf("acc_gap_setting"));
        if (!name.matches("[A-Za-z0-9._-]+")) {
            throw new IllegalArgumentException("expected the name of a run, found '" + name + "'");
        }
        if (!driver.equals("human") && !(driver.equals("acc") && !setting.isEmpty())) {
            throw new IllegalArgumentException("expected driver human, or acc with an acc_gap_setting, found '" + driver
                    + "' with '" + setting + "' for " + name);
        }
        List<String> vehicles =
                Arrays.asList(cells.get(header.indexOf("vehicle_order")).split(" +"));
        Path packed = folder.resolve("runs").resolve(name + ".csv.gz");
        Path plain = folder.resolve("runs").resolve(name + ".csv");
        if (!Files.isRegularFile(packed) && !Files.isRegularFile(plain)) {
            throw new IllegalArgumentException("expected a file " + packed + ", found none");
        }
        String seconds = cells.get(header.indexOf("seconds"));
        try {
            return new OpenAccRun(
                    name,
                    LocalDate.parse(cells.get(header.indexOf("date"))),
                    driver,
                    setting,
                    vehicles,
                    Double.parseDouble(seconds),
                    Files.isRegularFile(packed) ? packed : plain);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "expected a number of seconds for " + name + ", found '" + seconds + "'", e);
        }
    }
}
