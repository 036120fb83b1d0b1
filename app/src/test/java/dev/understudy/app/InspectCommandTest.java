package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.commands.TotalsWatch;
import dev.understudy.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
    private static final String MAPPING = """
            {"fields": {"vehicle": {"column": "car"}, "time": {"column": "t", "unit": "ms"}, "actor": {"default": "HUMAN"},
              "speed": {"column": "v", "unit": "m/s"}, "gap": {"column": "gap", "unit": "m"},
              "leaderSpeed": {"column": "vl", "unit": "m/s"}}}
            """;

    @TempDir
    Path folder = Path.of("");

    private Path mapping = Path.of("");

    @BeforeEach
    void writeMapping() throws IOException {
        mapping = Files.writeString(folder.resolve("mapping.json"), MAPPING);
    }

    /** Writes a drive of 30 s that gains 0.5 m/s each second. */
    private Path drive(String name, int everyMs) throws IOException {
        StringBuilder rows = new StringBuilder("t,car,v,gap,vl\n");
        for (int ms = 0; ms < 30_000; ms += everyMs) {
            double speed = 8 + 0.5 * ms / 1000;
            rows.append(String.format(Locale.ROOT, "%d,a,%.4f,20,%.4f%n", 1_767_225_600_000L + ms, speed, speed));
        }
        return Files.writeString(folder.resolve(name), rows);
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private Ran inspect(Path... files) {
        String[] command = new String[4 + files.length];
        command[0] = "inspect";
        command[1] = "--mapping";
        command[2] = mapping.toString();
        command[3] = "--json";
        for (int i = 0; i < files.length; i++) {
            command[4 + i] = files[i].toString();
        }
        return Ran.command(command);
    }

    @Test
    void saysWhatFilesComeTo() throws IOException {
        Path file = drive("a.csv", 40);
        Files.writeString(file, Files.readString(file) + "oops,a,1,2,3\n");
        Ran ran = inspect(file);
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode found = new ObjectMapper().readTree(ran.out());
        assertThat(found.fieldNames())
                .toIterable()
                .containsExactly(
                        "rows",
                        "bad",
                        "badByReason",
                        "samples",
                        "trips",
                        "rateHz",
                        "steps",
                        "rejectedByReason",
                        "late",
                        "duplicates",
                        "action",
                        "remarks");
        assertThat(Reference.names("JSON of inspect")).isEqualTo(names(found));
        assertThat(found.get("rows").asInt()).isEqualTo(751);
        assertThat(found.get("badByReason").get("TIME").asInt()).isEqualTo(1);
        assertThat(found.get("rateHz").asDouble()).isCloseTo(25, within(1e-6));
        assertThat(found.get("steps").asInt()).isEqualTo(202);
        assertThat(found.get("rejectedByReason").get("RESAMPLED").asInt()).isEqualTo(450);
        assertThat(found.get("action").fieldNames()).toIterable().containsExactly("mean", "min", "max");
        assertThat(found.get("action").get("mean").asDouble()).isCloseTo(0.5, within(0.005));
        assertThat(found.get("remarks").toString()).contains("a.csv:752:1: expected a time in ms, found 'oops'");
    }

    @Test
    void endsWithOneWhereNoStepWouldBeLearned() throws IOException {
        Ran slow = inspect(drive("slow.csv", 500));
        assertThat(slow.code()).isEqualTo(1);
        JsonNode found = new ObjectMapper().readTree(slow.out());
        assertThat(found.get("action").get("mean").isNull()).isTrue();
        assertThat(found.get("remarks").toString()).contains("2.00 Hz").contains("no step would be learned");
        Ran none = inspect(Files.writeString(folder.resolve("none.csv"), "t,car,v,gap,vl\n"));
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.out()).contains("there are no rows");
    }

    @Test
    void whatCannotBeReadAsAskedIsBadUsage() throws IOException {
        Path drive = drive("a.csv", 100);
        for (String command : new String[] {"inspect", "ingest"}) {
            Ran missing = Ran.command(
                    command,
                    "--mapping",
                    mapping.toString(),
                    folder.resolve("missing.csv").toString());
            assertThat(missing.code()).as(command).isEqualTo(2);
            assertThat(missing.err()).contains("found none at");
        }
        Map<String, String> mappings = Map.of(
                "broken.json", "{\"fields\": {",
                "wrong.json", "{\"field\": {}}",
                "nounit.json", MAPPING.replace(", \"unit\": \"m/s\"", ""));
        for (Map.Entry<String, String> each : mappings.entrySet()) {
            Path wrong = Files.writeString(folder.resolve(each.getKey()), each.getValue());
            Ran ran = Ran.command("inspect", "--mapping", wrong.toString(), drive.toString());
            assertThat(ran.code()).as(ran.err()).isEqualTo(2);
            assertThat(ran.err()).contains(each.getKey());
        }
        Ran none =
                Ran.command("inspect", "--mapping", folder.resolve("none.json").toString(), drive.toString());
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("none.json, found none");
        Ran trained = Ran.command(
                "train",
                "bc",
                "--mapping",
                mapping.toString(),
                "--demos",
                folder.resolve("missing.csv").toString(),
                "--out",
                folder.resolve("x.onnx").toString());
        assertThat(trained.code()).as(trained.err()).isEqualTo(2);
    }

    @Test
    void readsAFolderOfTheKnownLayoutWithoutAMapping() throws IOException {
        Files.createDirectory(folder.resolve("runs"));
        Files.writeString(
                folder.resolve("runs.csv"),
                "run,date,driver,acc_gap_setting,seconds,vehicle_order\nr,2026-01-01,acc,S,20,a b\n");
        StringBuilder run = new StringBuilder("t_s,veh,model,speed_mps,gap_m\n");
        for (int i = 0; i < 200; i++) {
            run.append(String.format(Locale.ROOT, "%.1f,1,a,10,%n%.1f,2,b,10,20%n", i / 10.0, i / 10.0));
        }
        Files.writeString(folder.resolve("runs/r.csv"), run);
        Ran ran = Ran.command("inspect", folder.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("steps").contains("102").contains("SHORT_HISTORY");
    }

    @Test
    void saysWhatItNeedsWhereThereIsNeitherMappingNorLayout() throws IOException {
        Ran ran = Ran.command("inspect", drive("a.csv", 100).toString());
        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.err())
                .contains("expected one folder in the OpenACC layout")
                .contains("--mapping");
    }

    @Test
    void trainingAndEvaluationTakeTheSameFiles() throws IOException {
        Path one = drive("one.csv", 50);
        String repeated = Files.readAllLines(one).get(5) + "\n";
        Files.writeString(one, Files.readString(one) + "oops,a,1,2,3\n" + repeated);
        Path model = folder.resolve("model.onnx");
        Ran trained = Ran.command(
                "train",
                "bc",
                "--mapping",
                mapping.toString(),
                "--demos",
                one.toString(),
                drive("two.csv", 200).toString(),
                "--steps",
                "5",
                "--out",
                model.toString(),
                "--json");
        assertThat(trained.code()).as(trained.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(trained.out());
        assertThat(result.get("samples").asInt()).isEqualTo(600 + 150 + 1);
        assertThat(result.get("duplicates").asInt()).isEqualTo(1);
        assertThat(result.get("remarks").toString()).contains("one.csv:602:1: expected a time in ms, found 'oops'");
        assertThat(trained.err()).contains("1 bad row (TIME), the first");
        assertThat(result.get("learned").asInt()).isBetween(390, 404);
        assertThat(names(result)).isEqualTo(Reference.names("JSON of train", "JSON of train, car following"));
        assertThat(result.get("licence").asText()).isEqualTo("unknown");
        assertThat(ModelFile.read(Files.readAllBytes(model)).metadata().dataLicence())
                .isEqualTo("unknown");

        Ran evaluated = Ran.command(
                "evaluate",
                "--model",
                model.toString(),
                "--mapping",
                mapping.toString(),
                "--demos",
                one.toString(),
                "--json");
        assertThat(evaluated.code()).as(evaluated.err()).isZero();
        assertThat(names(new ObjectMapper().readTree(evaluated.out())))
                .isEqualTo(Reference.names("JSON of evaluate, car following"));
        assertThat(new ObjectMapper()
                        .readTree(evaluated.out())
                        .get("openLoop")
                        .get("comparedSteps")
                        .asInt())
                .isPositive();
        JsonNode figures = new ObjectMapper().readTree(evaluated.out());
        assertThat(figures.get("samples").asInt()).isEqualTo(601);
        assertThat(figures.get("duplicates").asInt()).isEqualTo(1);
        assertThat(evaluated.err()).contains("30 s of history and 60 s behind the same leader");
        Ran table = Ran.command(
                "evaluate", "--model", model.toString(), "--mapping", mapping.toString(), "--demos", one.toString());
        assertThat(table.out()).contains("open loop").contains("policyRmse").doesNotContain("closed loop");
        Ran nothing = Ran.command(
                "evaluate",
                "--model",
                model.toString(),
                "--mapping",
                mapping.toString(),
                "--demos",
                drive("slow.csv", 1000).toString(),
                "--json");
        assertThat(nothing.code()).isEqualTo(1);
        assertThat(nothing.err()).contains("RATE_TOO_LOW").contains("found none");
    }

    @Test
    void totalsStandInOneLine() {
        assertThat(TotalsWatch.text(new TreeMap<>(Map.of(
                        "ingested",
                        12_000L,
                        "trained",
                        9_000L,
                        "heldOut",
                        2_000L,
                        "late",
                        7L,
                        "interpolated",
                        3L,
                        "lateLearned",
                        60L,
                        "rejected.MISSING_GAP",
                        40L,
                        "rejected.NO_LABEL",
                        2L))))
                .isEqualTo(
                        "records   12,000 ingested and 3 steps between them: 9,000 learned, 60 learned with a later window,"
                                + " 2,000 held out, 7 too late, 0 duplicates, 0 dead letters, 894 wait for their window,"
                                + " 42 rejected (40 MISSING_GAP, 2 NO_LABEL)");
    }

    @Test
    void rolloutsStandApartFromTheLogs() {
        assertThat(TotalsWatch.text(new TreeMap<>(Map.of(
                        "ingested",
                        10L,
                        "trained",
                        9L,
                        "rejected.NO_LABEL",
                        1L,
                        "rollouts.read",
                        1_200L,
                        "rollouts.refused.REPEATED",
                        3L))))
                .endsWith(
                        " 0 wait for their window, 1 rejected (1 NO_LABEL); rollouts: 1,200 read, 3 refused.REPEATED");
    }

    @Test
    void theLineOfAMinuteSaysHowManyWindowsWaitToBeLearned() {
        assertThat(TotalsWatch.text(
                        new TreeMap<>(Map.of("ingested", 10L, "trained", 4L, "queue.bc", 2L, "queue.gail", 5L))))
                .endsWith(" 6 wait for their window, 0 rejected; windows to learn: 2 bc, 5 gail");
    }

    @Test
    void runsOfOneTimeAreLateUnlessTheyAreLaidOneAfterAnother() throws IOException {
        Path logs = Files.createDirectories(folder.resolve("runs-of-one-day"));
        StringBuilder index = new StringBuilder("run,date,driver,acc_gap_setting,seconds,vehicle_order\n");
        for (String name : new String[] {"r1", "r2"}) {
            index.append(name).append(",2026-01-01,human,,30,a b\n");
            StringBuilder run = new StringBuilder("t_s,veh,model,speed_mps,gap_m\n");
            for (int i = 0; i < 300; i++) {
                run.append(String.format(Locale.ROOT, "%.1f,1,a,10,%n%.1f,2,b,10,20%n", i / 10.0, i / 10.0));
            }
            Files.writeString(Files.createDirectories(logs.resolve("runs")).resolve(name + ".csv"), run);
        }
        Files.writeString(logs.resolve("runs.csv"), index);
        Ran asTheyAre = Ran.command("inspect", logs.toString());
        assertThat(asTheyAre.out()).contains("come late").contains("--sequential");
        Ran laid = Ran.command("inspect", "--sequential", logs.toString());
        assertThat(laid.code()).as(laid.err()).isZero();
        assertThat(laid.out()).doesNotContain("come late");
    }

    @Test
    void episodesOfATaskAreInspectedByItsPolicy() throws IOException {
        Path file = Files.writeString(folder.resolve("expert.csv"), """
                episode,step,position,velocity,action,reward
                0,0,-0.5,0.0,2,-1
                0,1,-0.4,0.01,0,-1
                0,2,-0.3,0.02,,
                """);
        Ran ran = Ran.command("inspect", "--policy", "control/mountaincar-v0", "--json", file.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode result = new ObjectMapper().readTree(ran.out());
        assertThat(names(result)).isEqualTo(Reference.names("JSON of inspect"));
        assertThat(result.get("steps").asInt()).isEqualTo(2);
        assertThat(result.get("trips").asInt()).isEqualTo(1);
        assertThat(result.get("action").get("max").asDouble()).isEqualTo(2);

        Ran twice = Ran.command(
                "inspect", "--policy", "control/mountaincar-v0", "--json", file.toString(), file.toString());
        assertThat(new ObjectMapper().readTree(twice.out()).get("duplicates").asInt())
                .isEqualTo(2);

        Ran other = Ran.command("inspect", "--policy", "control/cartpole-v0", file.toString());
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err())
                .contains("expected demonstrations of cartpole-v0 with observations [x, x_dot, theta, theta_dot]")
                .contains("got [position, velocity] (expert.csv)");
        Ran none = Ran.command("ingest", "--format", "episodes", file.toString());
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("--policy: expected one of [control/acrobot-v0");
    }

    @Test
    void conversationsAreInspectedWithWhatIsToBeImitated() throws IOException {
        Path file = Files.writeString(folder.resolve("chat.jsonl"), """
                {"id":"a","messages":[{"role":"user","content":"I am ann@example.org"},{"role":"assistant","content":"Hello!"},{"role":"user","content":"Bye"},{"role":"assistant","content":"Bye.","weight":0}]}
                {"id":"a","messages":[{"role":"user","content":"again"}]}
                {"id":"b","messages":[{"role":"user","content":""},{"role":"assistant","content":"Hm"}]}
                """);
        for (String[] how : new String[][] {{}, {"--format", "chat"}, {"--policy", "dialogue/responder"}}) {
            String[] command = Stream.of(new String[] {"inspect", "--json"}, how, new String[] {file.toString()})
                    .flatMap(Stream::of)
                    .toArray(String[]::new);
            Ran ran = Ran.command(command);
            assertThat(ran.code()).as(ran.err()).isZero();
            JsonNode found = new ObjectMapper().readTree(ran.out());
            assertThat(names(found)).isEqualTo(Reference.names("JSON of inspect"));
            assertThat(found.get("rows").asInt()).isEqualTo(7);
            assertThat(found.get("badByReason").get("DUPLICATE").asInt()).isEqualTo(1);
            assertThat(found.get("badByReason").get("MISSING").asInt()).isEqualTo(1);
            assertThat(found.get("samples").asInt()).isEqualTo(5);
            assertThat(found.get("trips").asInt()).isEqualTo(2);
            assertThat(found.get("steps").asInt())
                    .as("the reply to the first turn")
                    .isEqualTo(1);
            assertThat(found.get("rejectedByReason"))
                    .as("that no reply follows is no fault")
                    .isEmpty();
            assertThat(found.get("remarks").toString())
                    .contains("personal data was masked in 1 turn")
                    .contains(
                            "2 conversations of 5 turns, 26 bytes of text in UTF-8; 2 are to be imitated (weight 1), 3"
                                    + " are")
                    .contains("chat.jsonl:2: expected conversation a once")
                    .contains("1 turn is followed by a reply to be imitated, 4 are not");
        }
        Ran text = Ran.command("inspect", file.toString());
        assertThat(text.out())
                .containsPattern("turns +5\\R")
                .containsPattern("conversations +2\\R")
                .containsPattern("replies +1\\R")
                .doesNotContain("trips", "rateHz");
        Ran acts = Ran.command("inspect", "--policy", "dialogue/acts", file.toString());
        assertThat(acts.code()).isEqualTo(1);
        assertThat(acts.out())
                .contains("no reply would be learned: dialogue/acts learns from turns with acts, and none of 5 turns");
    }

    @Test
    void pausesThatEndAConversationAreTold() throws IOException {
        Path file = Files.writeString(folder.resolve("rasa.jsonl"), """
                {"sender_id":"s","event":"user","timestamp":1600000000,"text":"Hi"}
                {"sender_id":"s","event":"bot","timestamp":1600000001,"text":"Hello"}
                {"sender_id":"s","event":"user","timestamp":1600000006,"text":"Who are you?"}
                {"sender_id":"s","event":"bot","timestamp":1600000011,"text":"A bot"}
                {"sender_id":"s","event":"user","timestamp":1600000311,"text":"Bye"}
                {"sender_id":"s","event":"bot","timestamp":1600057911,"text":"Sorry, I was away"}
                {"sender_id":"s","event":"user","timestamp":1602000000,"text":"Hm"}
                """);
        Ran ran = Ran.command("inspect", file.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out())
                .contains("4 turns come after a silence of more than 2,000 ms")
                .contains("1 turn is more than 7 days after or 10 s before the turns beside it")
                .containsPattern("replies +1\\R");
        Ran patient = Ran.command("inspect", "--inactivity-millis", "86400000", file.toString());
        assertThat(patient.out()).containsPattern("replies +3\\R").doesNotContain("after a silence");
    }

    @Test
    void conversationsThatCannotBeReadAsAskedAreBadUsage() throws IOException {
        Path csv = drive("a.csv", 100);
        for (String command : new String[] {"inspect", "ingest"}) {
            Ran other = Ran.command(command, "--policy", "dialogue/responder", csv.toString());
            assertThat(other.code()).isEqualTo(2);
            assertThat(other.err()).contains("expected conversations in one of the formats [self-dialogue, ");
            Ran format = Ran.command(command, "--format", "xml", csv.toString());
            assertThat(format.code()).isEqualTo(2);
            assertThat(format.err())
                    .contains(
                            "--format: expected one of [openacc, mapped, episodes] or of conversations [self-dialogue,");
            Ran policy = Ran.command(command, "--format", "chat", "--policy", "control/cartpole-v0", csv.toString());
            assertThat(policy.code()).isEqualTo(2);
            assertThat(policy.err()).contains("--policy: expected one of [dialogue/responder");
        }
        Ran none = Ran.command("inspect", "--format", "chat", csv.toString());
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.out()).contains("no reply would be learned: every row is bad");
    }
}
