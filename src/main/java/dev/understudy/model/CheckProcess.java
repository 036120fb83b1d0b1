package dev.understudy.model;

import ai.onnx.proto.OnnxMl;
import ai.onnxruntime.OrtEnvironment;
import com.google.protobuf.Message;
import dev.understudy.data.Texts;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A JVM that tries model files, so that one which crashes, hangs or swells takes that JVM with it and nothing else:
 * with a small heap, a bound on its native memory where the system has one, an empty environment and an empty working
 * directory. It ends with the program that started it.
 */
final class CheckProcess implements AutoCloseable {
    static final byte READY = 2;
    static final byte ACCEPTED = 1;
    static final byte REJECTED = 0;
    static final byte TOO_SLOW = 3;

    private static final long LOOK_MILLIS = 20;
    private static final int LONGEST_REASON = 1 << 16;
    private static final Set<String> KEPT_ENVIRONMENT = Set.of("PATH", "LD_LIBRARY_PATH", "TZ", "LANG");

    private final Limits limits;
    private final Process process;
    private final Path directory;
    private final DataOutputStream out;
    private final DataInputStream in;
    private final ExecutorService reader = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "model-check");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * What trying one file may take.
     *
     * @param memoryBytes of the process, all of what it writes to; kept where {@code ulimit -d} counts that, as on
     *     Linux
     * @param cpu of one file
     * @param wall of one file, on a machine that has other things to do
     * @param start of the process
     */
    record Limits(long memoryBytes, Duration cpu, Duration wall, Duration start) {
        /** Returns the defaults: several times what the largest model here takes (measured). */
        static Limits defaults() {
            return new Limits(512L << 20, Duration.ofSeconds(10), Duration.ofMinutes(5), Duration.ofMinutes(2));
        }
    }

    /**
     * What became of a file.
     *
     * @param reason why it is refused; null if it is not
     * @param cause of a refusal
     * @param died whether the process ended by itself or by another's hand meanwhile
     */
    record Verdict(@Nullable String reason, IntakeOutcome.Cause cause, boolean died) {}

    private CheckProcess(Limits limits, Process process, Path directory) {
        this.limits = limits;
        this.process = process;
        this.directory = directory;
        out = new DataOutputStream(process.getOutputStream());
        in = new DataInputStream(process.getInputStream());
    }

    /**
     * Starts a process and waits until it is ready.
     *
     * @throws IllegalStateException if it does not come up
     */
    static CheckProcess start(Limits limits) {
        Path directory = null;
        try {
            directory = Files.createTempDirectory("understudy-check");
            CheckProcess started =
                    new CheckProcess(limits, builder(limits, directory).start(), directory);
            started.awaitReady();
            return started;
        } catch (IOException e) {
            delete(directory);
            throw new IllegalStateException("cannot start the process that checks model files: " + e.getMessage(), e);
        }
    }

    private void awaitReady() {
        Answer answer = await(limits.start(), limits.start().plus(limits.cpu()));
        if (answer.verdict != READY) {
            close();
            throw new IllegalStateException(
                    "expected the process that checks model files to come up within %s, got %s; its java is %s, its temporary directory was %s"
                            .formatted(limits.start(), answer.reason, java(), directory));
        }
    }

    private static ProcessBuilder builder(Limits limits, Path directory) {
        List<String> java = new ArrayList<>(List.of(
                java(),
                "-Xms8m",
                "-Xmx160m",
                "-XX:MaxMetaspaceSize=64m",
                "-XX:ReservedCodeCacheSize=32m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:+SuppressFatalErrorMessage",
                "-Djava.io.tmpdir=" + directory,
                CheckMain.class.getName()));
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(Path.of("/bin/sh"))) {
            // Its work must not hold up what the program is for. ulimit counts kilobytes; a shell or system without
            // this limit goes on without it.
            command.addAll(List.of(
                    "/bin/sh",
                    "-c",
                    "ulimit -c 0 2>/dev/null; ulimit -d %d 2>/dev/null; exec nice -n 5 \"$0\" \"$@\""
                            .formatted(limits.memoryBytes() >> 10)));
        }
        command.addAll(java);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(KEPT_ENVIRONMENT);
        environment.put("CLASSPATH", classPath());
        environment.put("MALLOC_ARENA_MAX", "2");
        return builder;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Returns the class path, after where the check itself is: that of a job on a cluster may not be on it. */
    private static String classPath() {
        Set<String> places = new LinkedHashSet<>();
        for (Class<?> needed :
                List.of(CheckProcess.class, OrtEnvironment.class, OnnxMl.class, Message.class, Logger.class)) {
            CodeSource source = needed.getProtectionDomain().getCodeSource();
            if (source != null) {
                places.add(Path.of(URI.create(source.getLocation().toString())).toString());
            }
        }
        String separator = System.getProperty("path.separator");
        places.addAll(List.of(System.getProperty("java.class.path").split(separator)));
        return String.join(separator, places);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Returns the most memory that it took so far; 0 where the system does not say. */
    long peakBytes() {
        try {
            return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0; // not Linux, or gone
        }
    }

    /**
     * Tries a file. After anything but an answer the process is gone.
     *
     * @param check that it must pass, which is sent over
     */
    Verdict check(IntakeCheck check, byte[] bytes, String sha256) {
        byte[] written = serialised(check);
        try {
            out.writeInt(written.length);
            out.write(written);
            Texts.write(sha256, out);
            out.writeInt(bytes.length);
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            process.destroyForcibly();
            return new Verdict(
                    "the process that checks model files ended before it had read this one: " + e.getMessage(),
                    IntakeOutcome.Cause.OCCASION,
                    true);
        }
        Answer answer = await(limits.wall(), limits.cpu());
        return new Verdict(
                answer.verdict == ACCEPTED ? null : answer.reason,
                answer.verdict == REJECTED ? IntakeOutcome.Cause.FILE : IntakeOutcome.Cause.OCCASION,
                answer.verdict == Byte.MIN_VALUE && !answer.tooMuch);
    }

    private static byte[] serialised(IntakeCheck check) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(written)) {
            objects.writeObject(check);
        } catch (IOException e) {
            throw new IllegalStateException("expected a check that can be sent to a process, got " + e, e);
        }
        return written.toByteArray();
    }

    /** What came back: a verdict of the process, or why there is none. */
    private record Answer(byte verdict, String reason, boolean tooMuch) {}

    private Answer await(Duration wall, Duration cpu) {
        Future<Answer> answer = reader.submit(this::read);
        long deadline = System.nanoTime() + wall.toNanos();
        Duration cpuBefore = cpu();
        while (true) {
            try {
                return answer.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                Duration used = cpu().minus(cpuBefore);
                boolean tooSlow = System.nanoTime() > deadline;
                if (tooSlow || used.compareTo(cpu) > 0) {
                    process.destroyForcibly();
                    return new Answer(
                            Byte.MIN_VALUE,
                            "expected the check to take at most %s of CPU and %s, took %s of CPU%s"
                                    .formatted(cpu, wall, used, tooSlow ? " and longer" : ""),
                            true);
                }
            } catch (ExecutionException e) {
                return gone();
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while a model file was checked", e);
            }
        }
    }

    private Answer gone() {
        process.destroyForcibly();
        String how = "";
        try {
            how = process.waitFor(LOOK_MILLIS * 50, TimeUnit.MILLISECONDS)
                    ? " with exit code " + process.exitValue()
                    : "";
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new Answer(Byte.MIN_VALUE, "the process that checks model files died%s at it".formatted(how), false);
    }

    private Answer read() throws IOException {
        byte verdict = in.readByte();
        if (verdict != REJECTED && verdict != TOO_SLOW) {
            return new Answer(
                    verdict == ACCEPTED || verdict == READY ? verdict : Byte.MIN_VALUE,
                    "it answered " + verdict,
                    false);
        }
        int length = in.readInt();
        if (length < 0 || length > LONGEST_REASON) {
            throw new IOException("expected a reason of at most %d bytes, got %d".formatted(LONGEST_REASON, length));
        }
        return new Answer(verdict, new String(in.readNBytes(length), StandardCharsets.UTF_8), false);
    }

    private Duration cpu() {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Ends the process and removes its directory. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        reader.shutdownNow();
        delete(directory);
    }

    private static void delete(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try (Stream<Path> inside = Files.walk(directory)) {
            inside.sorted(Comparator.reverseOrder()).forEach(path -> {
                try {
                    Files.deleteIfExists(path);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException | UncheckedIOException e) {
            LoggerFactory.getLogger(CheckProcess.class).warn("Cannot remove {}: {}", directory, e.toString());
        }
    }
}
