package dev.understudy.app.study;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.domain.HeldOut;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.ingest.OpenAccRun;
import dev.understudy.ingest.SampleSource;
import dev.understudy.model.ModelMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Runs of car following laid one after another on one time line: first those with the short gap setting, then those
 * with the long one, so that the expert changes in between.
 */
public final class BundledLogs {
    /** Where the bundled logs lie below the project's root. */
    private static final Path FOLDER = Path.of("ingest", "data", "openacc-zalazone");

    private static final Path CONVERSATIONS = Path.of("..", "self-dialogue", "dialogues.jsonl.gz");

    private static final String LICENCE = "CC-BY-4.0";

    private static final String LICENCE_OF_CONVERSATIONS = "BSD-3-Clause";

    /** Event time at which the time line begins. */
    public static final Instant START = Instant.parse("2019-10-08T08:00:00Z");

    private static final Duration PAUSE = Duration.ofSeconds(5);

    private final OpenAccReader reader;
    private final List<OpenAccRun> runs;

    private BundledLogs(OpenAccReader reader, List<OpenAccRun> runs) {
        this.reader = reader;
        this.runs = runs;
    }

    /**
     * Opens the runs of a folder.
     *
     * @param labels whose runs, in the order to replay them
     * @throws CommandFailedException if there are none
     */
    public static BundledLogs open(Path folder, String... labels) {
        OpenAccReader reader = OpenAccReader.open(folder);
        List<OpenAccRun> runs = reader.labelled(labels);
        if (runs.isEmpty()) {
            throw new CommandFailedException(
                    "expected runs of %s in %s, found none".formatted(List.of(labels), folder));
        }
        return new BundledLogs(reader, runs);
    }

    /**
     * Returns the folder of the logs that come with the project: below the launcher's root, or above this directory.
     */
    public static Path folder() {
        Path here = Path.of(System.getProperty("understudy.home", "")).toAbsolutePath();
        for (Path root = here; root != null; root = root.getParent()) {
            if (Files.isDirectory(root.resolve(FOLDER))) {
                return root.resolve(FOLDER);
            }
        }
        return here.resolve(FOLDER);
    }

    /** Returns the file of the conversations that come with the project. */
    public static Path conversations() {
        return folder().resolve(CONVERSATIONS).normalize();
    }

    /** Returns the licence of logs: known of those that come with the project alone. */
    public static String licence(List<Path> files) {
        if (areBelow(folder(), files)) {
            return LICENCE;
        }
        return areBelow(conversations(), files) ? LICENCE_OF_CONVERSATIONS : ModelMetadata.UNKNOWN_LICENCE;
    }

    private static boolean areBelow(Path path, List<Path> files) {
        return !files.isEmpty() && files.stream().allMatch(file -> real(file).startsWith(real(path)));
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path.toAbsolutePath().normalize();
        }
    }

    /** Returns the samples on their time line. */
    public SampleSource source() {
        return reader.readSequentially(runs, START, PAUSE);
    }

    /** Returns how long the time line is. */
    Duration length() {
        Duration length = Duration.ZERO;
        for (OpenAccRun run : runs) {
            length = length.plusMillis((long) (1000 * run.seconds())).plus(PAUSE);
        }
        return length;
    }

    /** Returns who drove between two event times, milliseconds since 1970; several in the order of their runs. */
    public String experts(long startMs, long endMs) {
        Set<String> labels = new LinkedHashSet<>();
        double runStartMs = START.toEpochMilli();
        for (OpenAccRun run : runs) {
            double runEndMs = runStartMs + 1000 * run.seconds();
            if (runStartMs < endMs && startMs < runEndMs) {
                labels.add(run.label());
            }
            runStartMs = runEndMs + PAUSE.toMillis();
        }
        return String.join("+", labels);
    }

    /** The pieces of the logs on which policies are tried in closed loop. */
    public record Shares(CarFollowingStretches training, CarFollowingStretches heldOut) {}

    /** Returns the stretches of the trips to learn from, and those of the held-out trips. */
    public Shares shares(int heldOutPercent) {
        List<FollowingSample> training = new ArrayList<>();
        List<FollowingSample> heldOut = new ArrayList<>();
        try (Stream<FollowingSample> samples = source().samples(bad -> {})) {
            samples.forEach(
                    sample -> (HeldOut.isHeldOut(sample.trip(), heldOutPercent) ? heldOut : training).add(sample));
        }
        return new Shares(CarFollowingStretches.of(training), CarFollowingStretches.of(heldOut));
    }
}
