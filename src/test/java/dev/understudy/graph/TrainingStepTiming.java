package dev.understudy.graph;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Measures a training step, one thread: forward, mean squared error, backward and Adam on flat vectors. Run it by hand:
 * it is no test. Prints wall and CPU time per step, milliseconds.
 */
public final class TrainingStepTiming {
    private TrainingStepTiming() {}

    /** Runs all sizes. */
    public static void main(String[] arguments) {
        measure(new int[] {17, 100, 100, 6}, 64, 20_000);
        measure(new int[] {17, 100, 100, 6}, 1024, 3000);
        measure(new int[] {376, 100, 100, 17}, 5000, 200);
        measure(new int[] {376, 256, 256, 17}, 256, 1000);
    }

    private static void measure(int[] sizes, int batch, int steps) {
        try (Program program = trainingStep(sizes, batch)) {
            SplittableRandom random = new SplittableRandom(1);
            float[] x = new float[batch * sizes[0]];
            float[] y = new float[batch * sizes[sizes.length - 1]];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextDouble(-1, 1);
            }
            for (int i = 0; i < y.length; i++) {
                y[i] = (float) random.nextDouble(-1, 1);
            }
            float[] theta = new float[parameters(sizes)];
            for (int i = 0; i < theta.length; i++) {
                theta[i] = (float) random.nextDouble(-0.1, 0.1);
            }
            program.setState("theta", theta);
            Feeds feeds = new Feeds().floats("x", x).floats("y", y).floats("rate", 1e-3f);
            run(program, feeds, steps / 10);
            int perRound = steps / 5;
            double best = Double.MAX_VALUE;
            double bestCpu = Double.MAX_VALUE;
            double bestProcess = Double.MAX_VALUE;
            float loss = 0;
            for (int round = 0; round < 5; round++) {
                long start = System.nanoTime();
                long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                long process = processCpuNanos();
                loss = run(program, feeds, perRound);
                double processMs = (processCpuNanos() - process) / 1e6;
                double cpuMs = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu) / 1e6;
                bestProcess = Math.min(bestProcess, processMs / perRound);
                bestCpu = Math.min(bestCpu, cpuMs / perRound);
                best = Math.min(best, (System.nanoTime() - start) / 1e6 / perRound);
            }
            System.out.printf(
                    "%s batch %d: wall %.3f ms, CPU of the thread %.3f ms, of the process %.3f ms, loss %.4f%n",
                    Arrays.toString(sizes), batch, best, bestCpu, bestProcess, loss);
        }
    }

    private static float run(Program program, Feeds feeds, int steps) {
        float loss = 0;
        for (int step = 0; step < steps; step++) {
            try (Result result = program.run(feeds)) {
                loss = result.scalar("loss");
            }
        }
        return loss;
    }

    /** Returns the CPU time of all threads, so that none goes unseen. */
    private static long processCpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    static int parameters(int... sizes) {
        int count = 0;
        for (int layer = 0; layer + 1 < sizes.length; layer++) {
            count += (sizes[layer] + 1) * sizes[layer + 1];
        }
        return count;
    }

    /** Returns a tanh network of flat parameters applied to x. */
    static Tensor network(Tensor theta, Tensor x, int... sizes) {
        long[] parts = new long[2 * (sizes.length - 1)];
        for (int layer = 0; layer + 1 < sizes.length; layer++) {
            parts[2 * layer] = (long) sizes[layer] * sizes[layer + 1];
            parts[2 * layer + 1] = sizes[layer + 1];
        }
        List<Tensor> split = theta.split(0, parts);
        Tensor h = x;
        for (int layer = 0; layer + 1 < sizes.length; layer++) {
            h = h.gemm(
                    split.get(2 * layer).reshape(Shape.of(sizes[layer], sizes[layer + 1])), split.get(2 * layer + 1));
            h = layer + 2 < sizes.length ? h.tanh() : h;
        }
        return h;
    }

    /** Returns a step on inputs x, y and rate, with states theta, m, v and the decays' powers. */
    static Program trainingStep(int[] sizes, int batch) {
        Graph graph = new Graph();
        Shape flat = Shape.of(parameters(sizes));
        Tensor theta = graph.input("theta", ElementType.FLOAT, flat);
        Tensor m = graph.input("m", ElementType.FLOAT, flat);
        Tensor v = graph.input("v", ElementType.FLOAT, flat);
        Tensor decay1 = graph.input("decay1", ElementType.FLOAT, Shape.of());
        Tensor decay2 = graph.input("decay2", ElementType.FLOAT, Shape.of());
        Tensor x = graph.input("x", ElementType.FLOAT, Shape.of(batch, sizes[0]));
        Tensor y = graph.input("y", ElementType.FLOAT, Shape.of(batch, sizes[sizes.length - 1]));
        Tensor rate = graph.input("rate", ElementType.FLOAT, Shape.of());

        Tensor loss = network(theta, x, sizes).sub(y).pow(2).mean();
        Tensor g = Gradient.of(loss, List.of(theta)).get(0);

        Tensor one = graph.constant(1);
        // decay starts as zero, so it is kept as 1 - beta^t: d' = 1 - (1 - d) beta
        Tensor nextDecay1 = one.sub(one.sub(decay1).mul(0.9f));
        Tensor nextDecay2 = one.sub(one.sub(decay2).mul(0.999f));
        Tensor nextM = m.mul(0.9f).add(g.mul(0.1f));
        Tensor nextV = v.mul(0.999f).add(g.mul(g).mul(0.001f));
        Tensor size = rate.mul(nextDecay2.sqrt()).div(nextDecay1);
        Tensor next = theta.sub(nextM.mul(size).div(nextV.sqrt().add(1e-8f)));
        return Program.builder(graph)
                .output("loss", loss)
                .state("theta", theta, next)
                .state("m", m, nextM)
                .state("v", v, nextV)
                .state("decay1", decay1, nextDecay1)
                .state("decay2", decay2, nextDecay2)
                .build();
    }
}
