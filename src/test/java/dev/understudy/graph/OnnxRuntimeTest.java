package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRuntimeTest {
    @TempDir
    Path folder = Path.of("");

    /** Enters ONNX Runtime. */
    static final class Entering {
        private Entering() {}

        public static void main(String[] arguments) {
            OnnxRuntime.environment();
        }
    }

    @Test
    void aCommandLineThatOnnxRuntimeDoesNotSurviveIsRefused() throws IOException {
        Path shorter = Files.writeString(folder.resolve("shorter"), "x".repeat(OnnxRuntime.MOST_COMMAND_LINE - 1));
        Path longer = Files.writeString(folder.resolve("longer"), "x".repeat(OnnxRuntime.MOST_COMMAND_LINE));
        assertThat(OnnxRuntime.problem(shorter)).isEmpty();
        assertThat(OnnxRuntime.problem(folder.resolve("none"))).isEmpty();
        assertThat(OnnxRuntime.problem(longer))
                .hasValueSatisfying(problem -> assertThat(problem).contains("found 3800", "CLASSPATH"));
    }

    @Test
    void aProcessWithALongCommandLineEndsWithAMessageAndNotWithASignal() throws Exception {
        File output = folder.resolve("output").toFile();
        ProcessBuilder java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        Entering.class.getName(),
                        "x".repeat(OnnxRuntime.MOST_COMMAND_LINE))
                .redirectErrorStream(true)
                .redirectOutput(output);
        java.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process process = java.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(output.toPath(), StandardCharsets.UTF_8))
                .contains("expected a command line of less than 3800 bytes");
        assertThat(process.exitValue()).isEqualTo(1);
    }
}
