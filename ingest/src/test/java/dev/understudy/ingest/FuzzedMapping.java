package dev.understudy.ingest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A target of {@code benchmarks/fuzz-decoders}: any bytes as a mapping file. */
public final class FuzzedMapping {
    private static @Nullable Path file;

    private FuzzedMapping() {}

    /** Reads; anything but the exception that is declared is a bug. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        try {
            Path path = file;
            if (path == null) {
                path = Files.createTempFile("fuzzed-mapping", ".json");
                path.toFile().deleteOnExit();
                file = path;
            }
            Files.write(path, bytes);
            Mapping.read(path);
        } catch (IngestException e) {
            // as declared
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
