package dev.understudy.flink.kafka;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystem.WriteMode;
import org.apache.flink.core.fs.Path;

/**
 * The options that a job's state was made with, in a file beside its checkpoints. A state goes on only with the same
 * ones: windows of another length, or trips held out that were learned, would make it wrong without a word.
 */
public final class StateOptions {
    /** Name of the file. */
    static final String FILE = "options.properties";

    /** Whose value is a list, separated by commas, that may grow. */
    private static final String MAY_GROW = "learners";

    private StateOptions() {}

    /**
     * Compares options with those of the state in a directory, and notes them there if they go together, or if there is
     * no checkpoint yet.
     *
     * @param directory URI of the directory of one job's checkpoints
     * @param options by name; of {@code learners}, there may be more than before
     * @return what does not go together, each with what was expected and found; empty if all does
     * @throws UncheckedIOException if the directory cannot be read or written
     */
    public static List<String> check(String directory, SortedMap<String, String> options) {
        Path file = new Path(directory, FILE);
        try {
            FileSystem files = file.getFileSystem();
            List<String> problems = new ArrayList<>();
            if (RetainedCheckpoints.newest(directory).isPresent() && files.exists(file)) {
                Properties before = read(files, file);
                for (Map.Entry<String, String> option : options.entrySet()) {
                    String was = before.getProperty(option.getKey(), option.getValue());
                    if (!goesOn(option.getKey(), was, option.getValue())) {
                        problems.add(
                                "%s: expected %s, with which the state in %s was made, found %s; go on with %s, or move that directory away to begin afresh"
                                        .formatted(option.getKey(), was, directory, option.getValue(), was));
                    }
                }
            }
            if (problems.isEmpty()) {
                write(files, file, options);
            }
            return problems;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "expected a directory of checkpoints at %s that can be written, found none".formatted(directory),
                    e);
        }
    }

    private static boolean goesOn(String name, String was, String is) {
        return name.equals(MAY_GROW)
                ? new HashSet<>(Arrays.asList(is.split(",", -1))).containsAll(Arrays.asList(was.split(",", -1)))
                : was.equals(is);
    }

    private static Properties read(FileSystem files, Path file) throws IOException {
        Properties properties = new Properties();
        try (FSDataInputStream in = files.open(file)) {
            properties.load(new ByteArrayInputStream(in.readAllBytes()));
        }
        return properties;
    }

    private static void write(FileSystem files, Path file, SortedMap<String, String> options) throws IOException {
        Properties properties = new Properties();
        options.forEach(properties::setProperty);
        if (files.exists(file) && read(files, file).equals(properties)) {
            return;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        properties.store(bytes, "what the state beside this file was made with");
        files.mkdirs(file.getParent());
        // Written apart and then given its name: a program that dies at it leaves the options as they were.
        Path apart = new Path(file.getParent(), FILE + ".new");
        try (FSDataOutputStream out = files.create(apart, WriteMode.OVERWRITE)) {
            out.write(bytes.toByteArray());
        }
        if (!replaced(files, apart, file)) {
            // Not every file system replaces a file by renaming another.
            files.delete(file, false);
            if (!replaced(files, apart, file)) {
                throw new IOException("expected to rename %s to %s, could not".formatted(apart, file));
            }
        }
    }

    private static boolean replaced(FileSystem files, Path apart, Path file) {
        try {
            return files.rename(apart, file);
        } catch (IOException e) {
            return false;
        }
    }
}
