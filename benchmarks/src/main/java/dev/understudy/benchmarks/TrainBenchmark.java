package dev.understudy.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * One training step of this project against libtorch's. Both sides take the same steps, which is checked first; then
 * they take turns, a short round each, so that whatever else the machine does falls on both.
 */
final class TrainBenchmark {
    private static final long SEED = 20_170_612L;
    private static final double NANOS = 1e9;

    private final Settings settings;
    private final Consumer<String> progress;
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    /**
     * How long to measure.
     *
     * @param rounds pairs of rounds
     * @param roundSeconds length of a round, about
     * @param warmUpSeconds before the first round, each side
     */
    record Settings(int rounds, double roundSeconds, double warmUpSeconds) {
        Settings {
            if (rounds < 1 || !(roundSeconds > 0) || !(warmUpSeconds > 0)) {
                throw new IllegalArgumentException(
                        "expected at least 1 round of more than 0 s after a warm-up of more than 0 s, got %d of %s after %s"
                                .formatted(rounds, roundSeconds, warmUpSeconds));
            }
        }
    }

    /**
     * A problem and what the project promises on it.
     *
     * @param problem what is computed
     * @param target largest CPU time of a step as a share of libtorch's
     */
    record Target(TrainingProblem problem, double target) {}

    /** Milliseconds a step of both sides, in pairs. */
    private static final class Times {
        final List<Double> own = new ArrayList<>();
        final List<Double> libtorch = new ArrayList<>();

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("understudy", Spread.of(own).toJson());
            json.put("libtorch", Spread.of(libtorch).toJson());
            json.put("ratio", Spread.ofRatios(own, libtorch).toJson());
            return json;
        }
    }

    /**
     * Makes a benchmark.
     *
     * @param progress told of each result as a line of text
     */
    TrainBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Returns the problems the project makes promises on. */
    static List<Target> targets() {
        return List.of(
                new Target(new TrainingProblem(17, List.of(100, 100), 6, 64), 0.4),
                new Target(new TrainingProblem(17, List.of(100, 100), 6, 1024), 0.5),
                new Target(new TrainingProblem(376, List.of(100, 100), 17, 5000), 0.95));
    }

    /**
     * Measures each problem.
     *
     * @throws IllegalStateException if the two sides do not compute the same, or not on one thread
     */
    Map<String, Object> run(List<Target> targets) {
        LibtorchStep.useOneThread();
        Map<String, Object> result = new LinkedHashMap<>();
        Map<String, Object> libtorch = LibtorchStep.describe();
        result.put("libtorch", libtorch);
        progress.accept("libtorch: %s, %s thread, BLAS %s thread"
                .formatted(libtorch.get("cpuCapability"), libtorch.get("threads"), libtorch.get("blasThreads")));
        List<Object> problems = new ArrayList<>();
        for (Target target : targets) {
            problems.add(measure(target));
        }
        result.put("problems", problems);
        return result;
    }

    /** Returns whether every target of a result was met. */
    static boolean met(Map<String, Object> result) {
        return result.get("problems") instanceof List<?> problems
                && problems.stream()
                        .allMatch(problem -> problem instanceof Map<?, ?> map && Boolean.TRUE.equals(map.get("met")));
    }

    private Map<String, Object> measure(Target target) {
        TrainingProblem problem = target.problem();
        try (TrainingStep own = new ProgramStep(problem, SEED);
                TrainingStep libtorch = new LibtorchStep(problem, SEED)) {
            Parity parity = Parity.check(problem, SEED, own, libtorch);
            progress.accept("%s: after %d steps the parameters differ by %.1e of their norm, %.1e of their change"
                    .formatted(problem.label(), parity.steps(), parity.ofParameters(), parity.ofChange()));
            if (!parity.holds()) {
                throw new IllegalStateException("%s: expected both sides to agree to %.0e after %d steps, got %s"
                        .formatted(problem.label(), Parity.TOLERANCE, Parity.STEPS, parity));
            }
            int ownSteps = warmUp(own);
            int libtorchSteps = warmUp(libtorch);
            Times cpu = new Times();
            Times wall = new Times();
            long wholeBefore = processCpuNanos();
            double measured = 0;
            for (int round = 0; round < settings.rounds(); round++) {
                measured += round(own, ownSteps, cpu.own, wall.own);
                measured += round(libtorch, libtorchSteps, cpu.libtorch, wall.libtorch);
            }
            double share = measured / Math.max(1, processCpuNanos() - wholeBefore);
            return report(target, parity, cpu, wall, ownSteps, libtorchSteps, share);
        }
    }

    private Map<String, Object> report(
            Target target, Parity parity, Times cpu, Times wall, int ownSteps, int libtorchSteps, double share) {
        double ratio = Spread.ofRatios(cpu.own, cpu.libtorch).median();
        progress.accept("%s: CPU %.3f ms a step, libtorch %.3f ms; ratio %.3f of at most %.2f: %s (wall ratio %.3f)"
                .formatted(
                        target.problem().label(),
                        Spread.of(cpu.own).median(),
                        Spread.of(cpu.libtorch).median(),
                        ratio,
                        target.target(),
                        ratio <= target.target() ? "met" : "missed",
                        Spread.ofRatios(wall.own, wall.libtorch).median()));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("problem", target.problem().label());
        json.put("parityOfParameters", parity.ofParameters());
        json.put("parityOfChange", parity.ofChange());
        json.put("rounds", settings.rounds());
        json.put("stepsPerRound", Map.of("understudy", ownSteps, "libtorch", libtorchSteps));
        json.put("cpuMillisPerStep", cpu.toJson());
        json.put("wallMillisPerStep", wall.toJson());
        json.put("measuredThreadShareOfProcessCpu", share);
        json.put("target", target.target());
        json.put("met", ratio <= target.target());
        return json;
    }

    /** Runs for the warm-up and returns how many steps then make a round. */
    private int warmUp(TrainingStep step) {
        long begun = System.nanoTime();
        long cpuBegun = threads.getCurrentThreadCpuTime();
        long half = begun;
        long cpuHalf = cpuBegun;
        int steps = 0;
        while (System.nanoTime() - begun < settings.warmUpSeconds() * NANOS || steps < 3) {
            step.step();
            steps++;
            if (half == begun && System.nanoTime() - begun > settings.warmUpSeconds() * NANOS / 2) {
                half = System.nanoTime();
                cpuHalf = threads.getCurrentThreadCpuTime();
                steps = 0;
            }
        }
        double perStep = (double) (threads.getCurrentThreadCpuTime() - cpuHalf) / Math.max(1, steps);
        return (int) Math.max(1, Math.round(settings.roundSeconds() * NANOS / perStep));
    }

    /** Runs one round, enters milliseconds a step, and returns the CPU time in nanoseconds. */
    private double round(TrainingStep step, int steps, List<Double> cpu, List<Double> wall) {
        long wallBegun = System.nanoTime();
        long cpuBegun = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < steps; i++) {
            step.step();
        }
        long cpuNanos = threads.getCurrentThreadCpuTime() - cpuBegun;
        cpu.add(cpuNanos / 1e6 / steps);
        wall.add((System.nanoTime() - wallBegun) / 1e6 / steps);
        return cpuNanos;
    }

    private static long processCpuNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }
}
