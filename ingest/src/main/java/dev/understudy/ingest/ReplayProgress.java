package dev.understudy.ingest;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/** A small file that says how many rows of which source the brokers have acknowledged. */
final class ReplayProgress {
    private static final String SOURCE = "source";
    private static final String ROWS = "rows";

    private final Path file;
    private final String source;

    ReplayProgress(Path file, String source) {
        this.file = file;
        this.source = source;
    }

    /**
     * Returns the rows that need not be sent again; 0 if there is no file yet.
     *
     * @throws IngestException if the file is of another source or no such file, or its folder cannot be written to
     */
    long read() {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || !Files.isWritable(folder)) {
            throw new IngestException("expected a writable folder for the progress file " + file + ", found "
                    + (folder != null && Files.exists(folder) ? "one that is not" : "none"));
        }
        if (!Files.exists(file)) {
            return 0;
        }
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(Files.readString(file)));
        } catch (IOException | IllegalArgumentException e) {
            throw new IngestException("expected a progress file " + file + ", found " + e, e);
        }
        String found = properties.getProperty(SOURCE, "nothing");
        if (!found.equals(source)) {
            throw new IngestException("expected progress of '" + source + "' in " + file + ", found progress of '"
                    + found + "'; remove the file to start from the beginning");
        }
        String rows = properties.getProperty(ROWS, "");
        try {
            long value = Long.parseLong(rows);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new IngestException("expected a number of rows in " + file + ", found '" + rows + "'", e);
        }
        throw new IngestException("expected a number of rows in " + file + ", found '" + rows + "'");
    }

    /** @throws IngestException if the file cannot be written */
    void write(long rows) {
        Properties properties = new Properties();
        properties.setProperty(SOURCE, source);
        properties.setProperty(ROWS, Long.toString(rows));
        try {
            StringWriter text = new StringWriter();
            properties.store(text, null);
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, text.toString());
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new IngestException("expected to write the progress file " + file + ", found " + e, e);
        }
    }
}
