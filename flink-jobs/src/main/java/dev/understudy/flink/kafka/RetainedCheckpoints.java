package dev.understudy.flink.kafka;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** The checkpoints that earlier runs of a job left behind, as {@code directory/job id/chk-number/_metadata}. */
final class RetainedCheckpoints {
    private static final String PREFIX = "chk-";

    /** Flink writes it last: a checkpoint that has it is whole. */
    private static final String METADATA = "_metadata";

    private record Found(Path checkpoint, long writtenMs, long number) {}

    private RetainedCheckpoints() {}

    /**
     * Returns the newest whole checkpoint in a directory, none where the directory has none or does not exist.
     *
     * @param directory URI of the directory that checkpoints of this job alone are written to
     * @throws UncheckedIOException if it cannot be read
     */
    static Optional<String> newest(String directory) {
        Path root = new Path(directory);
        try {
            FileSystem files = root.getFileSystem();
            List<Found> found = new ArrayList<>();
            for (FileStatus job : list(files, root)) {
                for (FileStatus checkpoint : job.isDir() ? list(files, job.getPath()) : new FileStatus[0]) {
                    String name = checkpoint.getPath().getName();
                    Path metadata = new Path(checkpoint.getPath(), METADATA);
                    if (name.matches(PREFIX + "\\d{1,18}") && files.exists(metadata)) {
                        found.add(new Found(
                                checkpoint.getPath(),
                                files.getFileStatus(metadata).getModificationTime(),
                                Long.parseLong(name.substring(PREFIX.length()))));
                    }
                }
            }
            return found.stream()
                    .max(Comparator.comparingLong(Found::writtenMs).thenComparingLong(Found::number))
                    .map(newest -> newest.checkpoint().toString());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "expected a directory of checkpoints at %s, found none that can be read".formatted(directory), e);
        }
    }

    private static FileStatus[] list(FileSystem files, Path directory) throws IOException {
        try {
            FileStatus[] all = files.exists(directory) ? files.listStatus(directory) : null;
            return all == null ? new FileStatus[0] : all;
        } catch (FileNotFoundException e) {
            return new FileStatus[0];
        }
    }
}
