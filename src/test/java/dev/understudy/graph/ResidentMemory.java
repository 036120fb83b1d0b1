package dev.understudy.graph;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs a program again and again and prints by how many kilobytes the process has grown. In a JVM of its own, with a
 * heap touched at the start: otherwise the heap's garbage looks like a leak.
 */
public final class ResidentMemory {
    private ResidentMemory() {}

    /** Takes no arguments. */
    public static void main(String[] arguments) throws IOException {
        Graph graph = new Graph();
        Tensor state = graph.input("state", ElementType.FLOAT, Shape.of(64));
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 64));
        try (Program program = Program.builder(graph)
                .output("each", x.mul(state))
                .output("sum", x.sum())
                .state("state", state, state.add(x.mean(0)).tanh())
                .build()) {
            Feeds feeds = new Feeds().floats("x", new float[64 * 4]);
            run(program, feeds);
            long before = kilobytes();
            run(program, feeds);
            System.out.println(kilobytes() - before);
        }
    }

    private static void run(Program program, Feeds feeds) {
        for (int i = 0; i < 50_000; i++) {
            program.run(feeds).close();
        }
    }

    private static long kilobytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IllegalStateException("expected a line VmRSS in /proc/self/status");
    }
}
