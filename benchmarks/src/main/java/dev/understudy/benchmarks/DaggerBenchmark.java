package dev.understudy.benchmarks;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.control.ControlTask;
import dev.understudy.domain.Actor;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.policy.Policy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takeovers as demonstrations, on CartPole: a policy of a few expert steps acts, a scripted expert takes over when the
 * pole leans, and each window's corrections are learned before the next (HG-DAgger: Kelly and others 2019).
 */
final class DaggerBenchmark {
    private static final String ENVIRONMENT = "cartpole-v1";
    private static final long STEP_MS = 20;
    private static final double TARGET = 0.8;

    /**
     * What to run.
     *
     * @param seeds runs of each kind of memory, from 1 up
     * @param episodes of the expert, before the policy acts
     * @param expertSteps steps of each of them
     * @param windows in which the policy acts
     * @param steps of a window
     * @param picture file for the curves as SVG; null for none
     */
    record Settings(
            int seeds,
            int episodes,
            int expertSteps,
            int windows,
            int steps,
            @Nullable Path picture) {}

    /**
     * A number of the observation: beyond {@code over} from 0 the expert takes over, within {@code back} gives back.
     */
    private record Watch(int index, double over, double back) {}

    /** Angle and rate of the pole, place of the cart, as {@code take_over.py} watches them. */
    private static final List<Watch> WATCHES =
            List.of(new Watch(2, 0.1, 0.03), new Watch(3, 1.0, 0.3), new Watch(0, 1.0, 0.5));

    /**
     * One run.
     *
     * @param takeovers in 1,000 steps of each window
     * @param corrected share of the expert's steps in each window
     */
    private record Run(double[] takeovers, double[] corrected) {
        /** Returns by what share takeovers fell from the first window to the last; there have to be some. */
        double fall() {
            return 1 - takeovers[takeovers.length - 1] / takeovers[0];
        }

        /** Returns the takeovers in 1,000 steps of all windows after the first together. */
        double later() {
            return Arrays.stream(takeovers).skip(1).average().orElse(Double.NaN);
        }

        Map<String, Object> toJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("takeoversPer1000Steps", takeovers);
            json.put("correctedShare", corrected);
            json.put("fall", takeovers[0] > 0 ? fall() : null);
            json.put("laterTakeoversPer1000Steps", later());
            return json;
        }

        @Override
        public String toString() {
            List<String> windows = new ArrayList<>();
            for (int w = 0; w < takeovers.length; w++) {
                windows.add("%.1f (%.0f %%)".formatted(takeovers[w], 100 * corrected[w]));
            }
            return "takeovers in 1,000 steps (corrected) " + String.join(", ", windows);
        }
    }

    private final Settings settings;
    private final Consumer<String> progress;
    private final Task task = Environments.named(ENVIRONMENT);
    private final ControlPolicySpec spec = new ControlPolicySpec(ControlTask.of(task), ENVIRONMENT);

    DaggerBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * Returns the figures of every kind of memory; met if that of the learning job reaches the target in every run that
     * has takeovers in its first window.
     */
    Map<String, Object> run() {
        Map<String, Object> figures = new LinkedHashMap<>();
        List<ReturnCurves.Panel> panels = new ArrayList<>();
        for (StreamedLearner.Memory memory : StreamedLearner.Memory.values()) {
            List<Run> runs = new ArrayList<>();
            for (int seed = 1; seed <= settings.seeds(); seed++) {
                Run run = run(memory, seed);
                progress.accept("%s seed %d: %s".formatted(memory, seed, run));
                runs.add(run);
            }
            figures.put(memory.name(), toJson(runs));
            List<Double> falls = runs.stream()
                    .filter(run -> run.takeovers()[0] > 0)
                    .map(Run::fall)
                    .toList();
            progress.accept("%s: takeovers fall by %s; %.2f in 1,000 steps after the first window"
                    .formatted(
                            memory,
                            falls.isEmpty() ? "nothing, there were none" : told(Spread.of(falls)),
                            runs.stream().mapToDouble(Run::later).average().orElse(Double.NaN)));
            if (memory == StreamedLearner.Memory.RESERVOIR) {
                figures.put("met", !falls.isEmpty() && falls.stream().allMatch(fall -> fall >= TARGET));
            }
            panels.add(panel(memory, runs));
        }
        write(panels);
        return figures;
    }

    private static String told(Spread fall) {
        return "%.0f %% (%.0f to %.0f %%)".formatted(100 * fall.median(), 100 * fall.smallest(), 100 * fall.largest());
    }

    private static Map<String, Object> toJson(List<Run> runs) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(
                "laterTakeoversPer1000Steps",
                Spread.of(runs.stream().map(Run::later).toList()).toJson());
        json.put("runs", runs.stream().map(Run::toJson).toList());
        return json;
    }

    private static ReturnCurves.Panel panel(StreamedLearner.Memory memory, List<Run> runs) {
        double[] x = new double[runs.get(0).takeovers().length];
        Arrays.setAll(x, w -> w + 1);
        return new ReturnCurves.Panel(
                memory.told(), x, runs.stream().map(Run::takeovers).toList());
    }

    private void write(List<ReturnCurves.Panel> panels) {
        if (settings.picture() == null) {
            return;
        }
        double high = panels.stream()
                .flatMap(panel -> panel.runs().stream())
                .flatMapToDouble(Arrays::stream)
                .max()
                .orElse(1);
        try {
            Files.writeString(
                    settings.picture(),
                    new ReturnCurves("windows in which the policy acted", List.of(), 0, Math.ceil(high / 4) * 4)
                            .svg("takeovers in 1,000 steps of CartPole, by what is rehearsed", panels));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Run run(StreamedLearner.Memory memory, long seed) {
        Track track = new Track(seed);
        double[] takeovers = new double[settings.windows()];
        double[] corrected = new double[settings.windows()];
        try (StreamedLearner<ControlStep> learner = new StreamedLearner<>(spec, 0, memory, seed)) {
            learner.learn(track.demonstrated());
            for (int window = 0; window < settings.windows(); window++) {
                List<ControlStep> logs = new ArrayList<>();
                track.takeovers = 0;
                try (LoadedPolicy policy = learner.policy()) {
                    for (int i = 0; i < settings.steps(); i++) {
                        logs.add(track.step(policy));
                    }
                }
                takeovers[window] = 1000.0 * track.takeovers / settings.steps();
                corrected[window] =
                        (double) logs.stream().filter(ControlStep::engaged).count() / settings.steps();
                learner.learn(logs);
            }
        }
        return new Run(takeovers, corrected);
    }

    /** One cart, and who steers it. */
    private final class Track {
        private final Environment environment;
        private final float[] observation;
        private final float[] action = new float[1];
        private final float[] reward = new float[1];
        private final End[] end = new End[1];
        private int episode;
        private long sequence;
        private long timeMs;
        private boolean isTaken;
        private int takeovers;

        Track(long seed) {
            environment = task.create(1, seed);
            observation = new float[task.observationSize()];
            environment.reset(seed);
            environment.start(0, observation);
        }

        /** Returns the expert's episodes. */
        List<ControlStep> demonstrated() {
            List<ControlStep> steps = new ArrayList<>();
            while (episode < settings.episodes()) {
                steps.add(step(null));
                if (sequence == settings.expertSteps()) {
                    begin();
                }
            }
            return steps;
        }

        private void begin() {
            episode++;
            sequence = 0;
            isTaken = false;
            environment.start(0, observation);
        }

        /** Acts once, by a policy unless the expert takes over; by the expert where there is none. */
        ControlStep step(@Nullable Policy policy) {
            boolean had = isTaken;
            isTaken = policy != null
                    && WATCHES.stream()
                            .anyMatch(watch -> Math.abs(observation[watch.index]) > (had ? watch.back : watch.over));
            takeovers += isTaken && !had ? 1 : 0;
            float[] seen = observation.clone();
            Actor actor = Actor.HUMAN;
            if (policy != null && !isTaken) {
                policy.act(seen, 1, action);
                actor = Actor.POLICY;
            } else {
                action[0] = expert(seen);
            }
            environment.step(action, observation, reward, end);
            timeMs += STEP_MS;
            ControlStep step = new ControlStep(
                    "cart",
                    "episode-" + episode,
                    sequence++,
                    timeMs,
                    actor,
                    "",
                    isTaken,
                    seen,
                    action.clone(),
                    reward[0],
                    switch (end[0]) {
                        case TERMINATED -> ControlStep.End.TERMINATED;
                        case TRUNCATED -> ControlStep.End.TRUNCATED;
                        default -> ControlStep.End.NONE;
                    });
            if (step.end() != ControlStep.End.NONE) {
                begin();
            }
            return step;
        }

        /** The controller of the Python client: pushes to the side that the pole falls to, and leans it inwards. */
        private float expert(float[] seen) {
            return 0.1 * seen[0] + 0.3 * seen[1] + 2.0 * seen[2] + 0.7 * seen[3] > 0 ? 1 : 0;
        }
    }
}
