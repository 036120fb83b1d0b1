package dev.understudy.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Reads CSV and JSON lines whose columns a mapping file names ({@code docs/bring-your-own-logs.md}); files whose names
 * end in {@code .gz} are unpacked.
 */
public final class MappedReader {
    private final Mapping mapping;
    private final Path mappingFile;

    private MappedReader(Mapping mapping, Path mappingFile) {
        this.mapping = mapping;
        this.mappingFile = mappingFile;
    }

    /**
     * Reads a mapping file.
     *
     * @throws IngestException if it cannot be read or says something wrong; all problems are in one message
     */
    public static MappedReader open(Path mappingFile) {
        return new MappedReader(Mapping.read(mappingFile), mappingFile);
    }

    /**
     * Reads files one after another; of a folder, the {@code .csv}, {@code .jsonl} and {@code .ndjson} files (also with
     * {@code .gz}) in the order of their names. What else is in a folder is named in {@link SampleSource#notes}.
     *
     * @throws IngestException if there is nothing to read, or files cannot be read or lack columns; all problems are in
     *     one message
     */
    public SampleSource read(List<Path> filesAndFolders) {
        List<String> notes = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (Path path : filesAndFolders) {
            if (Files.isDirectory(path)) {
                List<Path> others = new ArrayList<>();
                for (Path file : inFolder(path)) {
                    (isLog(file) ? files : others).add(file);
                }
                others.removeIf(file -> isMapping(file) || isEmpty(file));
                if (!others.isEmpty()) {
                    notes.add(path + ": skipped "
                            + others.stream().map(MappedReader::name).toList()
                            + ": of a folder, only .csv, .jsonl and .ndjson files (or .gz of them) are read; name the others"
                            + " if they are logs");
                }
            } else {
                files.add(path);
            }
        }
        if (files.isEmpty()) {
            throw new IngestException("expected .csv, .jsonl or .ndjson files (or .gz of them) in " + filesAndFolders
                    + ", found none" + (notes.isEmpty() ? "" : "; " + String.join("; ", notes)));
        }
        for (Path file : files) {
            if (!Files.isReadable(file)) {
                throw new IngestException("expected a readable file " + file + ", found "
                        + (Files.exists(file) ? "one that is not" : "none"));
            }
        }
        SampleSource source = new MappedSource(mapping, mappingFile, files, notes);
        return mapping.sort() ? new SortedSource(source) : source;
    }

    private static boolean isLog(Path file) {
        return !Files.isDirectory(file)
                && file.toString().toLowerCase(Locale.ROOT).matches("(?s).*\\.(csv|jsonl|ndjson)(\\.gz)?");
    }

    private boolean isMapping(Path file) {
        try {
            return Files.isSameFile(file, mappingFile);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isEmpty(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String name(Path file) {
        return file.getFileName() + (Files.isDirectory(file) ? "/" : "");
    }

    private static List<Path> inFolder(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new IngestException("expected to list " + folder + ", found " + Lines.describe(e), e);
        }
    }
}
