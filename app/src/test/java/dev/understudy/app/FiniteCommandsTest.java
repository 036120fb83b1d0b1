package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiniteCommandsTest {
    private static final String CHOICE = """
            {"horizon": 1,
             "initial": {"start": 1},
             "transitions": [
               {"from": "start", "action": "l", "to": {"left": 1}},
               {"from": "start", "action": "r", "to": {"right": 1}},
               {"from": "left", "action": "l", "to": {"left": 1}},
               {"from": "left", "action": "r", "to": {"left": 1}},
               {"from": "right", "action": "l", "to": {"right": 1}},
               {"from": "right", "action": "r", "to": {"right": 1}}],
             %s}
            """;

    private static final String FOUR_EPISODES =
            "\"trajectories\": [[\"start\", \"left\"], [\"start\", \"left\"], [\"start\", \"left\"], [\"start\", \"right\"]]";

    @TempDir
    private Path folder = Path.of("");

    private Ran train(String problem) throws IOException {
        Path file = Files.writeString(folder.resolve("problem.json"), problem);
        return Ran.command(
                "train",
                "mce",
                "--demos",
                file.toString(),
                "--out",
                folder.resolve("reward.json").toString(),
                "--json");
    }

    /** Three of four go left: the reward of left is log 3 above that of right, and left is chosen with 3/4. */
    @Test
    void recoversTheRewardOfASingleChoice() throws IOException {
        Ran ran = train(CHOICE.formatted(FOUR_EPISODES));
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode told = new ObjectMapper().readTree(ran.out());
        assertThat(told.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of train mce"));
        JsonNode written = new ObjectMapper().readTree(Files.readString(folder.resolve("reward.json")));
        JsonNode reward = written.get("reward");
        assertThat(reward.get("left").asDouble() - reward.get("right").asDouble())
                .isCloseTo(Math.log(3), within(1e-2));
        assertThat(written.at("/policy/0/start/l").asDouble()).isCloseTo(0.75, within(1e-3));
        assertThat(written.at("/visits/left").asDouble()).isCloseTo(0.75, within(1e-3));
    }

    @Test
    void visitsDoInPlaceOfTrajectories() throws IOException {
        Ran ran = train(CHOICE.formatted("\"visits\": {\"start\": 1, \"left\": 0.5, \"right\": 0.5}"));
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode reward = new ObjectMapper().readTree(ran.out()).get("reward");
        assertThat(reward.get("left").asDouble()).isCloseTo(reward.get("right").asDouble(), within(1e-3));
    }

    @Test
    void saysWhatIsWrongWithAProblem() throws IOException {
        assertThat(train("[1").err()).contains("expected a JSON object of a finite problem");
        assertThat(train("{}").err()).contains("expected 'transitions' of 1 to");
        assertThat(train(CHOICE.formatted("\"visits\": {}, \"trajectories\": []"))
                        .err())
                .contains("expected either 'trajectories' or 'visits' of the expert, got both");
        assertThat(train(CHOICE.formatted("\"trajectories\": [[\"start\", \"up\"]]"))
                        .err())
                .contains("got 'up' in trajectory 0");
        assertThat(train(CHOICE.formatted("\"trajectories\": [[\"start\"]]")).err())
                .contains("expected trajectories of 2 states, got one of 1");
        assertThat(train(CHOICE.formatted(FOUR_EPISODES).replace("\"to\": {\"right\": 1}", "\"to\": {\"right\": 0.5}"))
                        .err())
                .contains("expected a distribution over 3 states");
        assertThat(train(CHOICE.formatted(FOUR_EPISODES)
                                .replace("{\"from\": \"left\", \"action\": \"r\", \"to\": {\"left\": 1}},", ""))
                        .err())
                .contains("expected transitions from 'left' by 'r', got none");
    }
}
