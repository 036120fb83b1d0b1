package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@code benchmarks/fuzz-decoders} found worth keeping, once more: no exception but those declared. */
class FuzzCorpusTest {
    @Test
    void mappingsAreReadOrRefused() throws IOException {
        for (Path file : corpus("mapping")) {
            assertThatCode(() -> FuzzedMapping.fuzzerTestOneInput(Files.readAllBytes(file)))
                    .as("%s", file)
                    .doesNotThrowAnyException();
        }
    }

    private static List<Path> corpus(String target) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("src/test/resources/fuzz", target))) {
            List<Path> files = all.sorted().toList();
            assertThat(files).isNotEmpty();
            return files;
        }
    }
}
