package dev.understudy.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program in a JVM of its own, with this one's class path and options, so that it can be killed. It ends with this
 * one.
 */
final class Program implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final Duration STOP = Duration.ofSeconds(30);

    private final String name;
    private final Process process;
    private final long startedNanos;
    private final List<Line> lines = new ArrayList<>();

    /**
     * What it said.
     *
     * @param nanos {@link System#nanoTime} when it was read
     * @param text without the end of the line
     */
    record Line(long nanos, String text) {}

    private Program(String name, Process process, long startedNanos) {
        this.name = name;
        this.process = process;
        this.startedNanos = startedNanos;
    }

    /**
     * Starts one.
     *
     * @param name what messages call it
     * @param main its class
     * @param directory it runs in
     * @param arguments of its command line
     */
    static Program start(String name, String main, Path directory, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-Xm") && !option.startsWith("-Dunderstudy.terminal"))
                .forEach(command::add);
        command.add("-Xmx1g");
        command.add(main);
        command.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        // In the environment: ONNX Runtime ends a JVM that has a long command line.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        long startedNanos = System.nanoTime();
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        Program program = new Program(name, process, startedNanos);
        Thread reader = new Thread(program::read, "output of " + name);
        reader.setDaemon(true);
        reader.start();
        return program;
    }

    private void read() {
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String text = in.readLine(); text != null; text = in.readLine()) {
                synchronized (lines) {
                    lines.add(new Line(System.nanoTime(), text));
                    lines.notifyAll();
                }
            }
        } catch (IOException e) {
            // The stream of a process that was killed ends like that; whoever waits for a line sees that it ended.
        }
    }

    /** Returns what it said so far. */
    List<Line> lines() {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    /**
     * Waits for a line.
     *
     * @return seconds from its start to that line
     * @throws IllegalStateException if it ends before, or does not say so within four minutes
     */
    double await(Predicate<String> expected) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        synchronized (lines) {
            for (int i = 0; ; ) {
                for (; i < lines.size(); i++) {
                    if (expected.test(lines.get(i).text)) {
                        return (lines.get(i).nanos - startedNanos) / 1e9;
                    }
                }
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IllegalStateException("expected %s to say that it is ready within %s, got %s"
                            .formatted(name, PATIENCE, lines.subList(Math.max(0, i - 5), i)));
                }
                lines.wait(100);
            }
        }
    }

    /**
     * Waits until it ends by itself.
     *
     * @throws IllegalStateException if it does not within four minutes, or with another code than 0
     */
    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS) || process.exitValue() != 0) {
            kill();
            throw new IllegalStateException(
                    "expected %s to end with 0 within %s, it said %s".formatted(name, PATIENCE, lines()));
        }
    }

    /** Ends it as {@code kill -9} does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Asks it to end, and waits until it has. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
