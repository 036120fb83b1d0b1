package dev.understudy.model;

import dev.understudy.graph.OnnxRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What checks model files here: the release of ONNX Runtime, and the code of the check, by the hash of where it was
 * loaded from. What passed a check says nothing of another one.
 */
final class CheckVersion {
    private CheckVersion() {}

    /** Returns that of this program; another one each time where the code cannot be read. */
    static String ofThis() {
        return of(OnnxRuntime.environment().getVersion(), place());
    }

    private static Path place() {
        CodeSource source = CheckVersion.class.getProtectionDomain().getCodeSource();
        return source == null
                ? Path.of("")
                : Path.of(URI.create(source.getLocation().toString()));
    }

    /**
     * Returns that of some code.
     *
     * @param runtime release of ONNX Runtime
     * @param place a jar, or a folder of classes
     */
    static String of(String runtime, Path place) {
        String code;
        try {
            code = Files.isDirectory(place) ? ofFolder(place) : ModelFile.sha256(Files.readAllBytes(place));
        } catch (IOException | UncheckedIOException e) {
            code = UUID.randomUUID().toString();
        }
        return "onnxruntime %s, code %s".formatted(runtime, code);
    }

    private static String ofFolder(Path folder) throws IOException {
        StringBuilder all = new StringBuilder();
        List<Path> classes;
        try (Stream<Path> inside = Files.walk(folder)) {
            classes = inside.filter(path -> path.toString().endsWith(".class"))
                    .sorted()
                    .toList();
        }
        for (Path each : classes) {
            all.append(folder.relativize(each))
                    .append(' ')
                    .append(ModelFile.sha256(Files.readAllBytes(each)))
                    .append('\n');
        }
        return ModelFile.sha256(all.toString().getBytes(StandardCharsets.UTF_8));
    }
}
