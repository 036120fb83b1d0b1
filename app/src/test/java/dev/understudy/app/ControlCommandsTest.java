package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ControlCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void trainsFromAFileAndEvaluatesInTheEnvironment() throws IOException {
        Path model = folder.resolve("m.onnx");
        Ran trained = Ran.command(
                "train",
                "gail",
                "--environment",
                "cartpole-v0",
                "--demos",
                episodes("x,x_dot,theta,theta_dot", "0.01,0.02,-0.01,0.03,1,1.0")
                        .toString(),
                "--trajectories",
                "2",
                "--subsample",
                "2",
                "--iterations",
                "2",
                "--seed",
                "1",
                "--out",
                model.toString(),
                "--json");
        assertThat(trained.err()).doesNotContain("expected");
        assertThat(trained.code()).isZero();
        JsonNode result = new ObjectMapper().readTree(trained.out());
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train", "JSON of train, control"));
        assertThat(result.get("curve").size()).isEqualTo(2);
        assertThat(result.get("steps").asDouble()).isGreaterThanOrEqualTo(10_000);
        assertThat(result.get("reward").asText()).isEqualTo("-log(1-D)");
        assertThat(result.has("expertAgainstHeldOutExpertAccuracy")).isTrue();

        Ran evaluated = Ran.command(
                "evaluate",
                "--model",
                model.toString(),
                "--environment",
                "cartpole-v0",
                "--episodes",
                "50",
                "--seed",
                "1",
                "--json");
        assertThat(evaluated.code()).isZero();
        JsonNode figures = new ObjectMapper().readTree(evaluated.out());
        assertThat(figures.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of evaluate, control"));
        assertThat(figures.get("episodes").asInt()).isEqualTo(50);
        assertThat(figures.get("returns").size()).isEqualTo(50);
        // The same seed and as many episodes as after the training.
        assertThat(figures.get("returnMean").asDouble())
                .isEqualTo(result.get("returnMean").asDouble());
        Ran other = Ran.command(
                "evaluate", "--model", model.toString(), "--environment", "mountaincar-v0", "--episodes", "1");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err()).contains("is none of control/mountaincar-v0");
    }

    @Test
    void aPolicyOfTheNextActionsIsTrainedVerifiedAndPlayedEitherWay() throws IOException {
        String model = folder.resolve("m.onnx").toString();
        String demonstrations = episodes("x,x_dot,theta,theta_dot", "0.01,0.02,-0.01,0.03,1,1.0")
                .toString();
        Ran trained = Ran.command(
                "train",
                "bc",
                "--environment",
                "cartpole-v0",
                "--demos",
                demonstrations,
                "--trajectories",
                "2",
                "--chunk",
                "5",
                "--steps",
                "50",
                "--out",
                model);
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(ModelFile.read(Path.of(model)).metadata().extra()).containsEntry("chunk.length", "5");
        assertThat(Ran.command("models", "verify", "--policy", "control/cartpole-v0", model)
                        .out())
                .contains("Accepted: model");
        for (String carrying : List.of("ensembled", "whole")) {
            Ran evaluated = Ran.command("evaluate", "--model", model, "--episodes", "3", "--carrying", carrying);
            assertThat(evaluated.out()).as(evaluated.err()).contains("cartpole-v0: mean return");
        }
        Ran adversarial = Ran.command(
                "train",
                "gail",
                "--environment",
                "cartpole-v0",
                "--demos",
                demonstrations,
                "--chunk",
                "5",
                "--out",
                model);
        assertThat(adversarial.code()).isEqualTo(2);
        assertThat(adversarial.err()).contains("chunk: expected 1 except of bc");
    }

    @Test
    void aPolicyIsNamedByItselfOrByItsEnvironment() throws IOException {
        Path demonstrations = episodes("x,x_dot,theta,theta_dot", "0.01,0.02,-0.01,0.03,1,1.0");
        Ran byPolicy = trainedAs("--policy", "control/cartpole-v0", demonstrations);
        Ran byEnvironment = trainedAs("--environment", "cartpole-v0", demonstrations);
        Ran fixed = trainedAs("--environment", "cartpole-v0-fixed", demonstrations);
        ObjectMapper json = new ObjectMapper();
        String sha256 = json.readTree(byPolicy.out()).get("sha256").asText();
        assertThat(json.readTree(byEnvironment.out()).get("sha256").asText()).isEqualTo(sha256);
        assertThat(json.readTree(fixed.out()).get("policy").asText()).isEqualTo("control/cartpole-v0");
        assertThat(json.readTree(fixed.out()).get("environment").asText()).isEqualTo("cartpole-v0-fixed");
        // It says itself what it is, and serving would take it.
        String model = folder.resolve("m.onnx").toString();
        Ran evaluated = Ran.command("evaluate", "--model", model, "--episodes", "1");
        assertThat(evaluated.out()).contains("cartpole-v0: mean return");
        assertThat(Ran.command("models", "verify", "--policy", "control/cartpole-v0", model)
                        .out())
                .contains("Accepted: model");

        assertRefused(
                Ran.command("train", "bc", "--policy", "control/moon-v0", "--demos", "x", "--out", "y"),
                2,
                "policy: expected one of the policies [driving/car-following, control/acrobot-v0",
                "control/moon-v0");
        assertRefused(
                Ran.command(
                        "train",
                        "bc",
                        "--policy",
                        "control/acrobot-v0",
                        "--environment",
                        "cartpole-v0",
                        "--demos",
                        "x",
                        "--out",
                        "y"),
                2,
                "environment: expected one of control/acrobot-v0, found cartpole-v0");
        assertRefused(
                Ran.command("train", "magic", "--environment", "cartpole-v0", "--demos", "x", "--out", "y"),
                2,
                "algorithm: expected one of [bc, gail, bco, gaifo, airl] of control/cartpole-v0, found \"magic\"");
    }

    @Test
    void aModelOfAnEarlierReleaseIsRefusedWithWhatToDo() throws IOException {
        trainedAs("--environment", "cartpole-v0", episodes("x,x_dot,theta,theta_dot", "0.01,0.02,-0.01,0.03,1,1.0"));
        Path model = folder.resolve("m.onnx");
        ModelFile file = ModelFile.read(model);
        ModelMetadata now = file.metadata();
        ModelMetadata before = new ModelMetadata(
                now.policy(),
                "",
                0,
                1,
                List.of(),
                now.seed(),
                "cartpole-v0 x,x_dot,theta,theta_dot",
                now.reportJson(),
                now.goldenObservations(),
                now.goldenActions(),
                now.codeVersion(),
                now.dataLicence(),
                now.extra());
        Files.write(model, ModelFile.create(file.bytes(), before).bytes());
        Ran ran = Ran.command("evaluate", "--model", model.toString(), "--environment", "cartpole-v0");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .contains("is none of control/cartpole-v0")
                .contains("got one of control/cartpole-v0 with layout cartpole-v0 x,x_dot,theta,theta_dot")
                .contains("another release trained it, train it again with this one");
    }

    private Ran trainedAs(String option, String value, Path demonstrations) {
        Ran ran = Ran.command(
                "train",
                "bc",
                option,
                value,
                "--demos",
                demonstrations.toString(),
                "--trajectories",
                "1",
                "--steps",
                "5",
                "--out",
                folder.resolve("m.onnx").toString(),
                "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        return ran;
    }

    @Test
    void clonesFromAFileAndEvaluatesInTheEnvironment() throws IOException {
        Path model = folder.resolve("m.onnx");
        Ran cloned = Ran.command(
                "train",
                "bc",
                "--environment",
                "mountaincar-v0",
                "--demos",
                episodes("position,velocity", "-0.5,0.0,2,-1.0").toString(),
                "--trajectories",
                "3",
                "--seed",
                "1",
                "--out",
                model.toString(),
                "--json");
        assertThat(cloned.code()).isZero();
        JsonNode result = new ObjectMapper().readTree(cloned.out());
        assertThat(result.get("algorithm").asText()).isEqualTo("bc");
        assertThat(result.get("pairs").asInt()).isEqualTo(15);
        assertThat(result.get("steps").asInt()).isEqualTo(1001);
        assertThat(result.get("training").get("validationLoss").asDouble()).isLessThan(0.1);

        Ran evaluated = Ran.command(
                "evaluate",
                "--model",
                model.toString(),
                "--environment",
                "mountaincar-v0",
                "--episodes",
                "2",
                "--json");
        assertThat(evaluated.code()).isZero();
        // Always to the right: never out of the valley.
        assertThat(new ObjectMapper()
                        .readTree(evaluated.out())
                        .get("returnMean")
                        .asDouble())
                .isEqualTo(-200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gail", "bc"})
    void refusesDemonstrationsOfAnotherEnvironment(String algorithm) throws IOException {
        Ran ran = trained(algorithm, episodes("position,velocity", "-0.5,0.0,1,-1.0"), "cartpole-v0", "1");
        assertRefused(ran, 1, "expected demonstrations of cartpole-v0", "position, velocity", "episodes.csv");
    }

    @ParameterizedTest
    @CsvSource({"gail,7", "bc,7", "gail,3", "bc,3", "gail,-1", "gail,0.5", "bc,0.5"})
    void refusesActionsOutOfRange(String algorithm, String action) throws IOException {
        Ran ran = trained(
                algorithm, episodes("position,velocity", "-0.5,0.0," + action + ",-1.0"), "mountaincar-v0", "1");
        assertRefused(ran, 1, "expected an action of mountaincar-v0", action, "episodes.csv episode=0 step=0");
    }

    @ParameterizedTest
    @CsvSource({
        "gail,'-0.5,0.0,NaN,-1.0',a finite number for action",
        "bc,'-0.5,0.0,NaN,-1.0',a finite number for action",
        "gail,'-0.5,NaN,1,-1.0',a finite number for velocity",
        "bc,'-0.5,Infinity,1,-1.0',a finite number for velocity",
        "gail,'-0.5,0.0,1,NaN',a finite number for reward",
        "bc,'-0.5,x,1,-1.0',a finite number for velocity"
    })
    void refusesWhatIsNoFiniteNumber(String algorithm, String row, String expected) throws IOException {
        Ran ran = trained(algorithm, episodes("position,velocity", row), "mountaincar-v0", "1");
        assertRefused(ran, 1, "expected " + expected, "episodes.csv line 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gail", "bc"})
    void refusesNoTrajectoriesAndUnknownEnvironments(String algorithm) throws IOException {
        Path demonstrations = episodes("position,velocity", "-0.5,0.0,1,-1.0");
        Ran none = trained(algorithm, demonstrations, "mountaincar-v0", "0");
        assertRefused(none, 2, "--trajectories: expected a number from 1");
        Ran unknown = trained(algorithm, demonstrations, "moon", "1");
        assertRefused(unknown, 2, "environment: expected one of", "moon");
        Ran tooMany = trained(algorithm, demonstrations, "mountaincar-v0", "9");
        assertRefused(tooMany, 1, "expected 1 to 3 trajectories, asked for 9", "episodes.csv");
        Ran thinned = trained(algorithm, demonstrations, "mountaincar-v0", "1", "--subsample", "1000000");
        assertRefused(thinned, 1, "expected at least one pair in 1 trajectories thinned by 1000000, got none");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gail", "bc"})
    void refusesFilesWithNothingInThem(String algorithm) throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.csv"));
        assertRefused(trained(algorithm, empty, "mountaincar-v0", "1"), 1, "got an empty file (empty.csv)");
        Path header = Files.writeString(folder.resolve("header.csv"), "episode,step,position,velocity,action,reward\n");
        assertRefused(trained(algorithm, header, "mountaincar-v0", "1"), 1, "expected at least one episode, got none");
        Path plain =
                Files.writeString(folder.resolve("plain.csv.gz"), "episode,step,position,velocity,action,reward\n");
        assertRefused(trained(algorithm, plain, "mountaincar-v0", "1"), 1, "expected a gzip file", "plain.csv.gz");
        assertRefused(trained(algorithm, folder, "mountaincar-v0", "1"), 1, "expected a file, got a folder");
    }

    /** Says why on standard error, without a trace, and leaves no model. */
    private void assertRefused(Ran ran, int code, String... said) {
        assertThat(ran.code()).isEqualTo(code);
        assertThat(ran.err()).contains(said).doesNotContain("\tat ", "Exception");
        assertThat(folder.resolve("refused.onnx")).doesNotExist();
    }

    private Ran trained(
            String algorithm, Path demonstrations, String environment, String trajectories, String... more) {
        List<String> command = new ArrayList<>(List.of(
                "train",
                algorithm,
                "--environment",
                environment,
                "--demos",
                demonstrations.toString(),
                "--trajectories",
                trajectories,
                "--iterations",
                "1",
                "--out",
                folder.resolve("refused.onnx").toString()));
        command.addAll(List.of(more));
        return Ran.command(command.toArray(new String[0]));
    }

    /** Three episodes of five steps, all alike. */
    private Path episodes(String observation, String row) throws IOException {
        StringBuilder text = new StringBuilder("episode,step,%s,action,reward%n".formatted(observation));
        int columns = observation.split(",", -1).length;
        for (int episode = 0; episode < 3; episode++) {
            for (int step = 0; step < 5; step++) {
                text.append("%d,%d,%s%n".formatted(episode, step, row));
            }
            String[] cells = row.split(",", -1);
            text.append("%d,5,".formatted(episode));
            for (int i = 0; i < columns; i++) {
                text.append(cells[i]).append(',');
            }
            text.append(",%n".formatted());
        }
        Path file = folder.resolve("episodes.csv");
        Files.writeString(file, text.toString());
        return file;
    }
}
