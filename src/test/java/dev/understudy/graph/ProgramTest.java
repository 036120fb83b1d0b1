package dev.understudy.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class ProgramTest {
    @Test
    void stateGoesFromRunToRun() {
        Graph graph = new Graph();
        Tensor total = graph.input("total", ElementType.FLOAT, Shape.of(2));
        Tensor more = graph.input("more", ElementType.FLOAT, Shape.of(2));
        Tensor next = total.add(more);
        try (Program program = Program.builder(graph)
                .output("sum", next.sum())
                .state("total", total, next)
                .build()) {
            program.setState("total", new float[] {1, 2});
            Feeds feeds = new Feeds().floats("more", 1, 10);
            for (int i = 0; i < 3; i++) {
                program.run(feeds).close();
            }
            assertThat(program.state("total")).containsExactly(4, 32);
            try (Result result = program.run(feeds)) {
                assertThat(result.scalar("sum")).isEqualTo(47);
                program.run(feeds).close();
                assertThatThrownBy(() -> result.scalar("sum")).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void aWindowSetOnceServesBatchesByIndex() {
        Graph graph = new Graph();
        Tensor window = graph.input("window", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor rows = graph.input("rows", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        Tensor batch = window.gather(0, rows);
        try (Program program = Program.builder(graph)
                .output("batch", batch)
                .output("best", batch.argMax(1))
                .build()) {
            program.setInput("window", new float[] {1, 2, 4, 3, 5, 6}, Shape.of(3, 2));
            try (Result result = program.run(new Feeds().longs("rows", 2, 1))) {
                assertThat(result.floats("batch")).containsExactly(5, 6, 4, 3);
                assertThat(result.longs("best")).containsExactly(1, 0);
            }
            try (Result result = program.run(new Feeds().longs("rows", 0))) {
                assertThat(result.floats("batch")).containsExactly(1, 2);
            }
        }
    }

    @Test
    void sameGraphGivesSameBytesAndSameResults() {
        assertThat(train(50)).isEqualTo(train(50));
        assertThat(model()).isEqualTo(model());
    }

    @Test
    void aStateSetBackContinuesBitForBit() {
        int[] sizes = {4, 8, 2};
        Feeds feeds = feeds();
        try (Program whole = TrainingStepTiming.trainingStep(sizes, 4);
                Program resumed = TrainingStepTiming.trainingStep(sizes, 4)) {
            whole.setState("theta", theta(sizes));
            for (int i = 0; i < 10; i++) {
                whole.run(feeds).close();
            }
            for (String name : List.of("theta", "m", "v", "decay1", "decay2")) {
                resumed.setState(name, whole.state(name));
            }
            for (int i = 0; i < 10; i++) {
                whole.run(feeds).close();
                resumed.run(feeds).close();
            }
            assertThat(resumed.state("theta")).isEqualTo(whole.state("theta"));
        }
    }

    @Test
    void modelHoldsOnlyWhatLeadsToItsOutputs() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor unused = graph.input("unused", ElementType.FLOAT, Shape.of(2));
        Tensor sum = x.add(unused);
        assertThat(sum.shape()).isEqualTo(x.shape());
        try (Program program =
                Program.builder(graph).output("y", x.exp()).output("same", x).build()) {
            assertThat(program.inputNames()).containsExactly("x");
            try (Result result = program.run(new Feeds().floats("x", 0, 0))) {
                assertThat(result.floats("y")).containsExactly(1, 1);
                assertThat(result.floats("same")).containsExactly(0, 0);
            }
        }
    }

    @Test
    void wrongFeedsSayWhatWasExpected() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 3));
        try (Program program = Program.builder(graph).output("y", x.exp()).build()) {
            assertThatThrownBy(() -> program.run(new Feeds())).hasMessage("expected inputs [x], got no values for [x]");
            assertThatThrownBy(() -> program.run(new Feeds().floats("z", 1)))
                    .hasMessage("expected inputs among [x], got z");
            assertThatThrownBy(() -> program.run(new Feeds().floats("x", 1, 2)))
                    .hasMessage("x: expected FLOAT [*, 3], got 2 values of FLOAT");
            assertThatThrownBy(() -> program.setState("x", new float[3]))
                    .hasMessage("expected a state among [], got x");
        }
    }

    @Test
    void fiftyThousandRunsLeaveMemoryAsItWas() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "needs Linux's /proc");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xms48m",
                        "-Xmx48m",
                        "-XX:+AlwaysPreTouch",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ResidentMemory.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String grown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(Long.parseLong(grown)).as("growth in kB").isLessThan(8_000); // 160 bytes a run
    }

    private static float[] train(int steps) {
        int[] sizes = {4, 8, 2};
        try (Program program = TrainingStepTiming.trainingStep(sizes, 4)) {
            program.setState("theta", theta(sizes));
            float before;
            float after = 0;
            Feeds feeds = feeds();
            try (Result result = program.run(feeds)) {
                before = result.scalar("loss");
            }
            for (int i = 0; i < steps; i++) {
                try (Result result = program.run(feeds)) {
                    after = result.scalar("loss");
                }
            }
            assertThat(after).isLessThan(before);
            return program.state("theta");
        }
    }

    private static byte[] model() {
        Graph graph = new Graph();
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 2));
        Tensor y = x.mul(3).softmax(1);
        return graph.toModel(Map.of("y", y));
    }

    private static Feeds feeds() {
        float[] x = new float[16];
        float[] y = new float[8];
        for (int i = 0; i < x.length; i++) {
            x[i] = (i * 7 % 5) / 5f - 0.4f;
        }
        for (int i = 0; i < y.length; i++) {
            y[i] = (i * 3 % 4) / 4f;
        }
        return new Feeds().floats("x", x).floats("y", y).floats("rate", 1e-2f);
    }

    private static float[] theta(int... sizes) {
        float[] theta = new float[TrainingStepTiming.parameters(sizes)];
        for (int i = 0; i < theta.length; i++) {
            theta[i] = (i * 11 % 17) / 17f - 0.5f;
        }
        return theta;
    }
}
