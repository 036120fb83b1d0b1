package dev.understudy.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
     * {@code .gz}) in the order of their names.
     *
     * @throws IngestException if there is nothing to read
     */
    public SampleSource read(List<Path> filesAndFolders) {
        List<Path> files = filesAndFolders.stream()
                .flatMap(path -> Files.isDirectory(path) ? inFolder(path).stream() : Stream.of(path))
                .toList();
        if (files.isEmpty()) {
            throw new IngestException(
                    "expected .csv, .jsonl or .ndjson files (or .gz of them) in " + filesAndFolders + ", found none");
        }
        for (Path file : files) {
            if (!Files.isReadable(file)) {
                throw new IngestException("expected a readable file " + file + ", found "
                        + (Files.exists(file) ? "one that is not" : "none"));
            }
        }
        SampleSource source = new MappedSource(mapping, mappingFile, files);
        return mapping.sort() ? new SortedSource(source) : source;
    }

    private static List<Path> inFolder(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().matches(".*\\.(csv|jsonl|ndjson)(\\.gz)?"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IngestException("expected to list " + folder + ", found " + Lines.describe(e), e);
        }
    }
}
