package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        assertThat(figures.get("episodes").asInt()).isEqualTo(50);
        assertThat(figures.get("returns").size()).isEqualTo(50);
        // The same seed and as many episodes as after the training: the file acts as the policy that was trained.
        assertThat(figures.get("returnMean").asDouble())
                .isCloseTo(result.get("returnMean").asDouble(), org.assertj.core.data.Offset.offset(40.0));
        Ran other = Ran.command(
                "evaluate", "--model", model.toString(), "--environment", "mountaincar-v0", "--episodes", "1");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err()).contains("is none of mountaincar-v0");
    }

    @Test
    void refusesDemonstrationsOfAnotherEnvironment() throws IOException {
        Ran ran = trained(episodes("position,velocity", "-0.5,0.0,1,-1.0"), "cartpole-v0", "1");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("expected demonstrations of cartpole-v0", "position, velocity");
        assertThat(folder.resolve("m.onnx")).doesNotExist();
    }

    @Test
    void refusesActionsOutOfRange() throws IOException {
        Ran ran = trained(episodes("position,velocity", "-0.5,0.0,7,-1.0"), "mountaincar-v0", "1");
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err()).contains("expected an action of mountaincar-v0", "7");
    }

    @Test
    void refusesNoTrajectoriesAndUnknownEnvironments() throws IOException {
        Path demonstrations = episodes("position,velocity", "-0.5,0.0,1,-1.0");
        Ran none = trained(demonstrations, "mountaincar-v0", "0");
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("--trajectories: expected a number from 1");
        Ran unknown = trained(demonstrations, "moon", "1");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("environment: expected one of", "moon");
        Ran cloned = Ran.command(
                "train",
                "bc",
                "--environment",
                "cartpole-v0",
                "--demos",
                demonstrations.toString(),
                "--out",
                folder.resolve("m.onnx").toString());
        assertThat(cloned.code()).isEqualTo(2);
        assertThat(cloned.err()).contains("environment: expected none with bc");
        Ran tooMany = trained(demonstrations, "mountaincar-v0", "9");
        assertThat(tooMany.code()).isEqualTo(1);
        assertThat(tooMany.err()).contains("expected 1 to 3 trajectories, asked for 9");
    }

    private Ran trained(Path demonstrations, String environment, String trajectories) {
        return Ran.command(
                "train",
                "gail",
                "--environment",
                environment,
                "--demos",
                demonstrations.toString(),
                "--trajectories",
                trajectories,
                "--iterations",
                "1",
                "--out",
                folder.resolve("m.onnx").toString());
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
