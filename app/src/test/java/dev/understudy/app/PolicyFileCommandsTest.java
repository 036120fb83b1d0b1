package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.ingest.PolicyFile;
import dev.understudy.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyFileCommandsTest {
    private static final Path GUIDE = Path.of("../docs/bring-your-own-logs.md");
    private static final Path STEERING = Path.of("../docs/examples/steering.json");

    private final Path folder;

    PolicyFileCommandsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    private Path fromGuide(String name) throws IOException {
        Matcher block = Pattern.compile("<!-- " + Pattern.quote(name) + " -->\n```[a-z]+\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(GUIDE));
        assertThat(block.find()).as(name).isTrue();
        return Files.writeString(folder.resolve(name), block.group(1));
    }

    /** Writes a drive of 20 Hz whose steering follows the torque with some inertia. */
    private Path drive(String name, int rows, long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder text = new StringBuilder("timestamp_ns,steering_rad,torque_nm,speed_mps\n");
        double steering = 0;
        double rate = 0;
        double torque = 0;
        for (int i = 0; i < rows; i++) {
            torque = 0.9 * torque + random.nextGaussian();
            rate = 0.9 * rate + 0.002 * torque;
            steering = 0.98 * steering + rate;
            text.append(String.format(
                    Locale.ROOT,
                    "%d,%.6f,%.4f,%.3f%n",
                    1_479_424_215_880_976_321L + i * 50_000_000L + random.nextInt(4_000_000),
                    steering,
                    torque,
                    20 + 5 * Math.sin(i / 200.0)));
        }
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static JsonNode json(Ran ran) throws IOException {
        assertThat(ran.code()).as(ran.err()).isZero();
        return new ObjectMapper().readTree(ran.out());
    }

    @Test
    void theWorkedExampleOfTheGuideRuns() throws IOException {
        Path log = fromGuide("heating.csv");
        Path policy = fromGuide("heating.yaml");
        JsonNode found = json(Ran.command("inspect", "--policy-file", policy.toString(), log.toString(), "--json"));
        assertThat(found.path("rows").asInt()).isEqualTo(8);
        assertThat(found.path("bad").asInt()).isEqualTo(1);
        assertThat(found.path("steps").asInt()).isEqualTo(7);
        assertThat(found.path("rejectedByReason").path("SHORT_HISTORY").asInt()).isEqualTo(1);
        String bad = "heating.csv:5:3: expected a number in °C for Temperatur, found 'kaputt'";
        assertThat(found.path("remarks").toString())
                .contains("separated by ';'")
                .contains("decimal comma")
                .contains(bad);
        assertThat(Files.readString(GUIDE)).contains(bad);
        Path model = folder.resolve("heating.onnx");
        json(Ran.command(
                "train",
                "bc",
                "--policy-file",
                policy.toString(),
                "--demos",
                log.toString(),
                "--out",
                model.toString(),
                "--steps",
                "20",
                "--json"));
        assertThat(ModelFile.read(Files.readAllBytes(model)).metadata().policy())
                .isEqualTo("control/heating");
        JsonNode evaluated = json(Ran.command(
                "evaluate",
                "--policy-file",
                policy.toString(),
                "--model",
                model.toString(),
                "--demos",
                log.toString(),
                "--json"));
        assertThat(evaluated.at("/actions/0/choices/1").asText()).isEqualTo("on");
        assertThat(evaluated.at("/actions/0/accuracy").asDouble()).isBetween(0.0, 1.0);
        json(Ran.command("models", "verify", "--policy-file", policy.toString(), model.toString(), "--json"));
    }

    @Test
    void steeringIsLearnedBetterThanByDoingTheSameAgain() throws IOException {
        drive("learned/a.csv", 1500, 1);
        drive("learned/b.csv", 1500, 2);
        Path held = drive("held-out/c.csv", 1000, 3);
        Path model = folder.resolve("steering.onnx");
        JsonNode trained = json(Ran.command(
                "train",
                "bc",
                "--policy-file",
                STEERING.toString(),
                "--demos",
                folder.resolve("learned").toString(),
                "--out",
                model.toString(),
                "--steps",
                "200",
                "--json"));
        assertThat(trained.path("learned").asInt()).isEqualTo(2 * (1500 - 6));
        var metadata = ModelFile.read(Files.readAllBytes(model)).metadata();
        assertThat(metadata.extra())
                .containsEntry("policyFile", PolicyFile.read(STEERING).fingerprint())
                .containsEntry("experts", "HUMAN,ASSISTANCE");
        JsonNode evaluated = json(Ran.command(
                "evaluate",
                "--policy-file",
                STEERING.toString(),
                "--model",
                model.toString(),
                "--demos",
                held.toString(),
                "--json"));
        assertThat(evaluated.path("steps").asInt()).isEqualTo(1000 - 6);
        assertThat(evaluated.at("/actions/0/ratio").asDouble()).isLessThan(0.3);
        Path changed = Files.writeString(
                folder.resolve("changed.json"),
                Files.readString(STEERING).replace("[1, 2, 3, 4, 5, 6]", "[1, 2, 3, 4, 5, 7]"));
        Ran refused = Ran.command(
                "evaluate",
                "--policy-file",
                changed.toString(),
                "--model",
                model.toString(),
                "--demos",
                held.toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("is none of control/steering");
    }

    @Test
    void everythingWrongWithAPolicyFileIsToldBeforeAnythingStarts() throws IOException {
        Path policy = Files.writeString(folder.resolve("bad.json"), "{\n  \"name\": 7,\n  \"stepMs\": \"fast\"\n}");
        for (List<String> command : List.of(
                List.of("inspect", "--policy-file", policy.toString(), policy.toString()),
                List.of("ingest", "--policy-file", policy.toString(), policy.toString()),
                List.of("learn", "--policy-file", policy.toString()),
                List.of("promote-gate", "--policy-file", policy.toString()),
                List.of("serve", "--policy-file", policy.toString()),
                List.of("train", "bc", "--policy-file", policy.toString(), "--demos", "x", "--out", "y"))) {
            Ran ran = Ran.command(command.toArray(String[]::new));
            assertThat(ran.code()).as(command + ran.err()).isEqualTo(2);
            assertThat(ran.err())
                    .contains("bad.json:2:11: expected text for name, found 7")
                    .contains("bad.json:3:13: expected a whole number from 1 to 3600000 for stepMs, found 'fast'")
                    .contains("bad.json:1:1: expected an array for observations, found none");
        }
    }

    @Test
    void aGuessIsAPolicyFileThatReadsTheLog() throws IOException {
        Path log = drive("logs/drive.csv", 400, 5);
        Ran guessed = Ran.command("ingest", "--guess", log.toString());
        assertThat(guessed.code()).as(guessed.err()).isZero();
        assertThat(guessed.err()).contains("unsure: actor").contains("unsure: actions: [steering_rad]");
        Path draft = Files.writeString(folder.resolve("draft.json"), guessed.out());
        assertThat(guessed.out()).contains("// unsure: ").contains("\"unit\": \"ns\"");
        PolicyFile policy = PolicyFile.read(draft);
        assertThat(policy.policy().stepMs()).isEqualTo(50);
        assertThat(policy.policy().declaration().observationNames())
                .containsExactly("steering_rad[-1]", "steering_rad[-2]", "steering_rad[-3]", "torque_nm", "speed_mps");
        JsonNode found = json(Ran.command("inspect", "--policy-file", draft.toString(), log.toString(), "--json"));
        assertThat(found.path("steps").asInt()).isEqualTo(400 - 3);
    }

    @Test
    void whatNobodyCanGuessFromIsSaid() throws IOException {
        Path words = Files.writeString(folder.resolve("words.csv"), "p,q\nx,y\nz,y\nx,w\nx,y\n");
        Ran ran = Ran.command("ingest", "--guess", words.toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err()).contains("expected a column of numbers that change");
        List<String> few = new ArrayList<>(List.of("1,2", "3,4"));
        Path bare = Files.writeString(folder.resolve("bare.csv"), String.join("\n", few));
        assertThat(Ran.command("ingest", "--guess", bare.toString()).err()).contains("expected a first row that names");
    }
}
