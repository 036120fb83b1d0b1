package dev.understudy.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * {@link GailTime} beside the same of a Python library, by turns with the same seeds and demonstrations, each round in
 * a separate process, so that neither has a warm start.
 */
final class GailPeer {
    /** How many times faster to the same return is asked for. */
    private static final double TARGET = 10;

    private final GailTime.Settings settings;
    private final Path python;
    private final int rounds;
    private final Consumer<String> progress;

    GailPeer(GailTime.Settings settings, Path python, int rounds, Consumer<String> progress) {
        this.settings = settings;
        this.python = python;
        this.rounds = rounds;
        this.progress = progress;
    }

    Map<String, Object> run() throws IOException, InterruptedException {
        List<JsonNode> own = new ArrayList<>();
        List<JsonNode> peer = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            GailTime.Settings seeded = settings.withSeed(settings.seed() + round);
            own.add(round("understudy", own(seeded)));
            peer.add(round("imitation", peer(seeded)));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        boolean met = own.stream().allMatch(GailPeer::reached);
        for (String clock : List.of("seconds", "cpuSeconds")) {
            Spread ours = Spread.of(values(own, clock));
            Spread theirs = Spread.of(values(peer, clock));
            Map<String, Object> compared = new LinkedHashMap<>();
            compared.put("understudy", ours.toJson());
            compared.put("imitation", theirs.toJson());
            compared.put("ratioOfMedians", theirs.median() / ours.median());
            figures.put(clock, compared);
            compared.put("ratioOfMediansWithStart", withStart(peer, clock) / withStart(own, clock));
            met &= theirs.median() / ours.median() >= TARGET;
        }
        figures.put("target", TARGET);
        figures.put("horizon", settings.horizon());
        figures.put("peerReached", peer.stream().filter(GailPeer::reached).count());
        figures.put("rounds", rounds);
        figures.put("understudy", own);
        figures.put("imitation", peer);
        figures.put("met", met);
        return figures;
    }

    private static boolean reached(JsonNode round) {
        return round.path("reached").asBoolean();
    }

    /** Returns what each round took; where it gave up, what it had taken by then, which is less than it needs. */
    private static List<Double> values(List<JsonNode> rounds, String clock) {
        List<Double> values = new ArrayList<>();
        for (JsonNode round : rounds) {
            JsonNode curve = round.path("curve");
            JsonNode at = reached(round) ? round : curve.path(curve.size() - 1);
            values.add(at.path(clock).asDouble());
        }
        return values;
    }

    /**
     * Returns the median since the process began: the virtual machine's start, or the interpreter's and its imports.
     */
    private static double withStart(List<JsonNode> rounds, String clock) {
        String start = clock.equals("seconds") ? "startSeconds" : "startCpuSeconds";
        List<Double> since = values(rounds, clock);
        for (int i = 0; i < since.size(); i++) {
            since.set(i, since.get(i) + rounds.get(i).path(start).asDouble());
        }
        return Spread.of(since).median();
    }

    private JsonNode round(String name, List<String> command) throws IOException, InterruptedException {
        Path said = Files.createTempFile("gail-peer", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(said.toFile());
        // Not an argument: ONNX Runtime does not bear a long command line.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        Process process = builder.start();
        try {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int code = process.waitFor();
            JsonNode result = new ObjectMapper().readTree(out);
            if (!result.has("curve")) {
                throw new IllegalStateException("expected the result of %s, got exit code %d: %s"
                        .formatted(name, code, last(Files.readString(said))));
            }
            progress.accept("%s seed=%s reached=%s seconds=%s cpuSeconds=%s steps=%s"
                    .formatted(
                            name,
                            result.path("seed"),
                            result.path("reached"),
                            result.path("seconds"),
                            result.path("cpuSeconds"),
                            result.path("steps")));
            return result;
        } finally {
            process.destroy();
            Files.deleteIfExists(said);
        }
    }

    private static String last(String text) {
        return text.lines().reduce("", (first, second) -> second);
    }

    private static List<String> own(GailTime.Settings seeded) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Bench.class.getName(),
                "bench",
                "gail-time",
                "--json"));
        command.addAll(options(seeded));
        return command;
    }

    private List<String> peer(GailTime.Settings seeded) {
        Path script = Path.of(System.getProperty("understudy.home", "."), "benchmarks", "peers", "imitation_gail.py");
        List<String> command = new ArrayList<>(List.of(python.toString(), script.toString()));
        command.addAll(options(seeded));
        return command;
    }

    private static List<String> options(GailTime.Settings seeded) {
        return List.of(
                "--demos",
                seeded.demonstrations().toString(),
                "--horizon",
                seeded.horizon(),
                "--trajectories",
                String.valueOf(seeded.trajectories()),
                "--seed",
                String.valueOf(seeded.seed()),
                "--steps",
                String.valueOf(seeded.steps()),
                "--episodes",
                String.valueOf(seeded.episodes()));
    }
}
