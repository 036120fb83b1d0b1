package dev.understudy.benchmarks;

import dev.understudy.app.Understudy;
import dev.understudy.schemas.Topics;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * What {@code kill -9} does to serving: programs of their own answer a steady stream, one is killed and started again,
 * or not. How long nobody answers, what is decided again, and whether anything is lost.
 */
final class RestartBenchmark {
    private static final int VEHICLES = 30;
    private static final double TARGET_SECONDS = 15;
    private static final Duration QUIET = Duration.ofSeconds(5);

    private final Settings settings;
    private final Consumer<String> progress;
    private int runs;

    /**
     * What to run.
     *
     * @param perSecond observations a second
     * @param seconds of traffic before a kill
     * @param partitions of the topics
     * @param serveOptions of {@code serve} besides those that name brokers, application, instance, state and guarantee
     */
    record Settings(double perSecond, int seconds, int partitions, List<String> serveOptions) {}

    RestartBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Kills, on a separate broker. */
    Map<String, Object> run() throws IOException, ExecutionException, InterruptedException {
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean met = true;
        try (ServingLab lab = ServingLab.start(settings.partitions())) {
            for (String guarantee : List.of("at-least-once", "exactly-once")) {
                Map<String, Object> alone = alone(lab, guarantee);
                Map<String, Object> two = two(lab, guarantee);
                figures.put(guarantee, Map.of("alone", alone, "two", two));
                boolean exactly = guarantee.equals("exactly-once");
                for (Map<String, Object> each : List.of(alone, two)) {
                    met &= number(each, "lost") == 0 && (!exactly || number(each, "decidedAgain") == 0);
                }
                met &= number(alone, "decidedAgainWhenQuiet") == 0
                        && number(alone, "backWhenQuietSeconds") <= TARGET_SECONDS;
                progress.accept("%s, one instance killed and started again: %s".formatted(guarantee, alone));
                progress.accept("%s, one of two instances killed: %s".formatted(guarantee, two));
            }
        }
        figures.put("met", met);
        return figures;
    }

    /** Returns a figure; NaN, which meets no target, if there is none. */
    static double number(Map<String, Object> figures, String name) {
        return figures.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    /** One instance: how it begins; killed under traffic and started again; the same when all is quiet. */
    private Map<String, Object> alone(ServingLab lab, String guarantee)
            throws IOException, ExecutionException, InterruptedException {
        String name = begin(lab);
        Map<String, Object> json = new LinkedHashMap<>();
        try (DecisionWatch watch = DecisionWatch.start(lab, lab.ends(Topics.DECISIONS));
                SteadyTraffic traffic = traffic(lab, name)) {
            Program first = serve(lab, name, "a", guarantee);
            json.put("firstStartSeconds", first.await(RestartBenchmark::isAnswering));
            long answeringNanos = System.nanoTime();
            sleep(Duration.ofSeconds(settings.seconds()));
            json.put("decisionsInFirstSeconds", watch.perSecond(answeringNanos, Math.min(10, settings.seconds())));
            json.put("warningsAtFirst", warnings(first));
            first.kill();
            long killedNanos = System.nanoTime();
            Program second = serve(lab, name, "a", guarantee);
            json.put("startedAgainSeconds", second.await(RestartBenchmark::isAnswering));
            sleep(Duration.ofSeconds(settings.seconds()));
            long sent = traffic.stop();
            watch.await(sent);
            json.put("silentSeconds", watch.silences(killedNanos));
            json.put("decidedAgain", watch.again(killedNanos));
            json.put("lost", sent - watch.decided());
            json.put("warningsAgain", warnings(second));

            sleep(QUIET); // the last decisions are committed
            second.kill();
            long quietNanos = System.nanoTime();
            try (Program third = serve(lab, name, "a", guarantee)) {
                json.put("backWhenQuietSeconds", third.await(RestartBenchmark::isAnswering));
                sleep(QUIET);
                json.put("decidedAgainWhenQuiet", watch.since(quietNanos));
            }
        }
        return json;
    }

    /** Two instances, one of which is killed and stays away. */
    private Map<String, Object> two(ServingLab lab, String guarantee)
            throws IOException, ExecutionException, InterruptedException {
        String name = begin(lab);
        Map<String, Object> json = new LinkedHashMap<>();
        try (DecisionWatch watch = DecisionWatch.start(lab, lab.ends(Topics.DECISIONS));
                SteadyTraffic traffic = traffic(lab, name);
                Program stays = serve(lab, name, "a", guarantee)) {
            stays.await(RestartBenchmark::isAnswering);
            Program other = serve(lab, name, "b", guarantee);
            json.put("secondAnsweringSeconds", other.await(RestartBenchmark::isAnswering));
            sleep(Duration.ofSeconds(settings.seconds()));
            other.kill();
            long killedNanos = System.nanoTime();
            sleep(Duration.ofSeconds(30));
            long sent = traffic.stop();
            watch.await(sent);
            json.put("silentSeconds", watch.silences(killedNanos));
            json.put("decidedAgain", watch.again(killedNanos));
            json.put("lost", sent - watch.decided());
        }
        return json;
    }

    private String begin(ServingLab lab) throws ExecutionException, InterruptedException {
        lab.empty(Topics.OBSERVATIONS);
        return "restart-" + ++runs;
    }

    private SteadyTraffic traffic(ServingLab lab, String name) {
        long startMs = System.currentTimeMillis() - Duration.ofHours(3).toMillis();
        return SteadyTraffic.start(lab, new Traffic(name, VEHICLES, startMs), settings.perSecond());
    }

    private static boolean isAnswering(String line) {
        return line.startsWith("RUNNING with ") && line.contains("epoch 1,");
    }

    private static List<String> warnings(Program program) {
        return program.lines().stream()
                .map(Program.Line::text)
                .filter(text -> text.contains("WARN") || text.contains("ERROR"))
                .limit(10)
                .toList();
    }

    private Program serve(ServingLab lab, String name, String instance, String guarantee) throws IOException {
        Path state = lab.stateDirectory(name + "-" + instance);
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                "--bootstrap-servers",
                lab.bootstrapServers(),
                "--application",
                name,
                "--instance",
                instance,
                "--state",
                state.toString(),
                "--guarantee",
                guarantee,
                "--report-seconds",
                "1"));
        arguments.addAll(settings.serveOptions());
        return Program.start("serve", Understudy.class.getName(), state, arguments);
    }

    private static void sleep(Duration duration) throws InterruptedException {
        Thread.sleep(duration.toMillis());
    }
}
