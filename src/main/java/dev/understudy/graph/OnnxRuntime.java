package dev.understudy.graph;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Access to ONNX Runtime. In some environments it ends the JVM; those are refused here instead. */
public final class OnnxRuntime {
    /**
     * Command lines from this many bytes on are refused. From 3983 on (3979 worked), ONNX Runtime 1.29.0 ends the JVM
     * with a segmentation fault when its environment is made.
     */
    static final int MOST_COMMAND_LINE = 3_800;

    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    private OnnxRuntime() {}

    /** Holds the environment once the process has passed the check. */
    private static final class Entered {
        static final Optional<String> PROBLEM = problem(COMMAND_LINE);
    }

    /**
     * Returns the environment of ONNX Runtime.
     *
     * @throws IllegalStateException if entering it would end the JVM
     */
    public static OrtEnvironment environment() {
        Entered.PROBLEM.ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
        return OrtEnvironment.getEnvironment();
    }

    /** Returns what is wrong with this process for ONNX Runtime; empty if nothing is. */
    static Optional<String> problem(Path commandLine) {
        int length;
        try {
            length = Files.readAllBytes(commandLine).length;
        } catch (IOException e) {
            return Optional.empty(); // not Linux, where it is read
        }
        if (length < MOST_COMMAND_LINE) {
            return Optional.empty();
        }
        return Optional.of(("expected a command line of less than %d bytes, found %d: ONNX Runtime would end the JVM;"
                        + " put the class path into the CLASSPATH variable, with lib/* for a folder of jars")
                .formatted(MOST_COMMAND_LINE, length));
    }
}
