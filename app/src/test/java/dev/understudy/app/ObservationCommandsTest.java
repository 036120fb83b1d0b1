package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObservationCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    /** Writes two episodes of four observations, the cart being pushed to and fro. */
    private Path episodes(String name, String columns, String cells) throws IOException {
        StringBuilder text = new StringBuilder("episode,step,x,x_dot,theta,theta_dot" + columns + "\n");
        for (int episode = 0; episode < 2; episode++) {
            for (int step = 0; step < 4; step++) {
                text.append("%d,%d,0.0,%s,0.0,%s%s%n"
                        .formatted(
                                episode,
                                step,
                                step % 2 == 0 ? "0.0" : "0.195",
                                step % 2 == 0 ? "0.0" : "-0.29",
                                cells));
            }
        }
        return Files.writeString(folder.resolve(name), text);
    }

    private Path states() throws IOException {
        return episodes("states.csv", "", "");
    }

    private Path pairs() throws IOException {
        return episodes("pairs.csv", ",action,reward", ",1,1.0");
    }

    private Ran train(String algorithm, Path demonstrations, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "train",
                algorithm,
                "--policy",
                "control/cartpole-v1",
                "--demos",
                demonstrations.toString(),
                "--trajectories",
                "2",
                "--out",
                folder.resolve("m.onnx").toString(),
                "--json"));
        arguments.addAll(List.of(more));
        return Ran.command(arguments.toArray(String[]::new));
    }

    private static JsonNode json(Ran ran) throws IOException {
        assertThat(ran.code()).as(ran.err()).isZero();
        return new ObjectMapper().readTree(ran.out());
    }

    @Test
    void clonesFromAFileWithoutActions() throws IOException {
        String[] brief = {"--environment", "cartpole-v1", "--interaction", "200", "--iterations", "1"};
        JsonNode result = json(train("bco", states(), brief));
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train", "JSON of train bco"));
        assertThat(result.get("pairs").asInt()).isEqualTo(6);
        assertThat(result.get("distances").size()).isEqualTo(2);
        // A file that has actions gives the same model.
        JsonNode withActions = json(train("bco", pairs(), brief));
        assertThat(withActions.get("training")).isEqualTo(result.get("training"));
        String model = folder.resolve("m.onnx").toString();
        assertThat(Ran.command("models", "verify", "--policy", "control/cartpole-v1", model)
                        .out())
                .contains("Accepted: model");
    }

    @Test
    void imitatesAdversariallyFromAFileWithoutActions() throws IOException {
        JsonNode result = json(train("gaifo", states(), "--iterations", "1"));
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train", "JSON of train, control"));
        assertThat(result.get("curve").size()).isEqualTo(1);
    }

    @Test
    void aRecoveredRewardIsAModelOfItsOwnThatScoresEpisodes() throws IOException {
        Path reward = folder.resolve("reward.onnx");
        JsonNode result = json(train("airl", pairs(), "--iterations", "1", "--reward-out", reward.toString()));
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train", "JSON of train airl"));

        states();
        JsonNode scores =
                json(Ran.command("score", "--reward", reward.toString(), "--demos", folder.toString(), "--json"));
        assertThat(scores.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of score"));
        assertThat(scores.get("episodes").size()).isEqualTo(4);
        assertThat(scores.get("episodes").get(0).get("file").asText()).isEqualTo("pairs.csv");
        assertThat(scores.get("sha256")).isEqualTo(result.get("rewardSha256"));

        Ran evaluated = Ran.command("evaluate", "--model", reward.toString());
        assertThat(evaluated.code()).isEqualTo(1);
        assertThat(evaluated.err()).contains("expected a policy of control/cartpole-v1, got a reward");
        Ran scored =
                Ran.command("score", "--reward", folder.resolve("m.onnx").toString(), "--demos", pairs().toString());
        assertThat(scored.code()).isEqualTo(1);
        assertThat(scored.err()).contains("expected a reward of control/cartpole-v1, got a policy");
        Path other =
                Files.writeString(folder.resolve("other.csv"), "episode,step,position,velocity\n0,0,0,0\n0,1,0,0\n");
        Ran foreign = Ran.command("score", "--reward", reward.toString(), "--demos", other.toString());
        assertThat(foreign.code()).isEqualTo(1);
        assertThat(foreign.err()).contains("expected demonstrations of cartpole-v1 with observations");
    }

    @Test
    void learnsOffPolicyWhereActionsAreNumbers() throws IOException {
        StringBuilder text = new StringBuilder("episode,step,cos_theta,sin_theta,theta_dot,action,reward\n");
        for (int step = 0; step < 20; step++) {
            text.append("0,%d,1.0,0.0,%s,0.1,-0.1%n".formatted(step, step * 0.01));
        }
        Path pendulum = Files.writeString(folder.resolve("pendulum.csv"), text);
        String model = folder.resolve("m.onnx").toString();
        JsonNode result = json(Ran.command(
                "train",
                "dac",
                "--environment",
                "pendulum-v1",
                "--demos",
                pendulum.toString(),
                "--trajectories",
                "1",
                "--iterations",
                "2",
                "--out",
                model,
                "--json"));
        assertThat(result.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train", "JSON of train dac"));
        assertThat(result.get("steps").asInt()).isEqualTo(400);
        assertThat(Ran.command("models", "verify", "--policy", "control/pendulum-v1", model)
                        .out())
                .contains("Accepted: model");
        Ran choices = train("dac", pairs());
        assertThat(choices.code()).isEqualTo(2);
        assertThat(choices.err()).contains("algorithm: expected one of [bc, gail, bco, gaifo, airl]");
    }

    @Test
    void refusesWhatCannotBeLearnedWithoutSuccessiveObservations() throws IOException {
        Ran thinned = train("bco", states(), "--subsample", "2");
        assertThat(thinned.code()).isEqualTo(2);
        assertThat(thinned.err()).contains("subsample: expected 1 for bco");
        Ran pairless = train("gail", states());
        assertThat(pairless.code()).isEqualTo(1);
        assertThat(pairless.err()).contains("expected columns episode,step,<observation>,<action or a0,a1,...>");
        Ran elsewhere = train("bco", states(), "--reward-out", "r.onnx");
        assertThat(elsewhere.code()).isEqualTo(2);
        assertThat(elsewhere.err()).contains("reward.out: expected airl");
        Path single = Files.writeString(
                folder.resolve("single.csv"), "episode,step,x,x_dot,theta,theta_dot\n0,0,0,0,0,0\n1,0,0,0,0,0\n");
        Ran steps = train("gaifo", single);
        assertThat(steps.code()).isEqualTo(1);
        assertThat(steps.err()).contains("expected at least one demonstrated step of cartpole-v1, got none");
    }
}
