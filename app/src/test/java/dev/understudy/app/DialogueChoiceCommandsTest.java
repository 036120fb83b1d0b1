package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies of dialogue that choose, from a file of conversations to figures. */
class DialogueChoiceCommandsTest {
    @TempDir
    private Path folder = Path.of("");

    private JsonNode trained(String policy, String passes, Path demos, Path model) throws IOException {
        Ran trained = Ran.command(
                "train",
                "bc",
                "--policy",
                policy,
                "--demos",
                demos.toString(),
                "--format",
                "schema-guided",
                "--steps",
                passes,
                "--out",
                model.toString(),
                "--json");
        assertThat(trained.err()).doesNotContain("expected");
        assertThat(trained.code()).isZero();
        return new ObjectMapper().readTree(trained.out());
    }

    private JsonNode evaluated(Path model, Path demos) throws IOException {
        Ran evaluated = Ran.command(
                "evaluate",
                "--model",
                model.toString(),
                "--demos",
                demos.toString(),
                "--format",
                "schema-guided",
                "--baseline-demos",
                demos.toString(),
                "--json");
        assertThat(evaluated.err()).doesNotContain("expected");
        assertThat(evaluated.code()).isZero();
        return new ObjectMapper().readTree(evaluated.out());
    }

    @Test
    void aRetrieverIsHeldAgainstSharedWords() throws IOException {
        Path model = folder.resolve("retriever.onnx");
        Path demos = TrainConversations.write(folder, 30);
        JsonNode training = trained("dialogue/retriever", "20", demos, model);
        assertThat(training.get("replies").asInt()).isEqualTo(60);
        JsonNode figures = evaluated(model, demos);
        assertThat(figures.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of evaluate, dialogue/retriever"));
        assertThat(figures.get("candidates").asInt()).isEqualTo(20);
        assertThat(figures.get("knownReplies").asInt()).isEqualTo(31);
        assertThat(figures.get("recallAtOne").asDouble()).isBetween(0.2, 1.0);
        JsonNode tfIdf = figures.get("baselines").get("tfIdf");
        assertThat(tfIdf.get("differenceLow").asDouble())
                .isLessThanOrEqualTo(figures.get("recallAtOne").asDouble()
                        - tfIdf.get("recallAtOne").asDouble());
        lineByLine(model);
    }

    /** Talks with a model: a line that is no UTF-8 gets an object with its number, and the next its reply. */
    private static void lineByLine(Path model) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        said.writeBytes("I want to go to Rome.\n\ncaf".getBytes(StandardCharsets.UTF_8));
        said.write(0xE9); // Latin-1
        said.writeBytes("\nI want to go to Oslo.\n".getBytes(StandardCharsets.UTF_8));
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(said.toByteArray()));
        Ran chat;
        try {
            chat = Ran.command("chat", "--json", "--model", model.toString());
        } finally {
            System.setIn(before);
        }
        assertThat(chat.code()).as(chat.err()).isZero();
        List<String> lines = chat.out().lines().toList();
        assertThat(lines).as("an object a line").hasSize(3);
        ObjectMapper json = new ObjectMapper();
        assertThat(json.readTree(lines.get(0)).get("reply").asText()).contains("Rome");
        assertThat(json.readTree(lines.get(1)).get("line").asInt()).isEqualTo(3);
        assertThat(json.readTree(lines.get(1)).get("error").asText())
                .startsWith("expected text, got at character 4 what is no UTF-8");
        assertThat(json.readTree(lines.get(2)).get("reply").asText()).contains("Oslo");
    }

    @Test
    void aFileThatIsNoModelIsToldForWhatItIs() throws IOException {
        Path empty = Files.write(folder.resolve("empty.onnx"), new byte[0]);
        Path picture =
                Files.write(folder.resolve("picture.onnx"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
        Path text = Files.writeString(folder.resolve("text.onnx"), "no model\n");
        for (List<String> command : List.of(List.of("chat"), List.of("evaluate", "--demos", "none.jsonl"))) {
            assertThat(withModel(command, empty)).contains("found an empty file at " + empty);
            assertThat(withModel(command, picture))
                    .contains("found a file that is no text (it begins with 89 50 4e 47 0d 0a 1a 0a) at " + picture);
            assertThat(withModel(command, text)).contains("found a file of text at " + text);
        }
        Ran none = Ran.command("models", "verify", folder.resolve("none.onnx").toString());
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("expected a model file or the beginning of a SHA-256, found neither at");
        assertThat(Ran.command("chat", "--model", folder.toString()).err())
                .contains("--model: expected a file, found a folder at " + folder);
    }

    private static String withModel(List<String> command, Path model) {
        Ran ran = Ran.command(Stream.concat(command.stream(), Stream.of("--model", model.toString()))
                .toArray(String[]::new));
        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.err())
                .startsWith("understudy: expected a model file, as train or models export writes it, found ")
                .hasLineCount(1);
        return ran.err();
    }

    @Test
    void aPolicyOfActsIsHeldAgainstARegression() throws IOException {
        Path model = folder.resolve("acts.onnx");
        Path demos = TrainConversations.write(folder, 30);
        JsonNode training = trained("dialogue/acts", "40", demos, model);
        assertThat(training.get("replies").asInt()).isEqualTo(60);
        JsonNode figures = evaluated(model, demos);
        assertThat(figures.fieldNames())
                .toIterable()
                .containsExactlyInAnyOrderElementsOf(Reference.names("JSON of evaluate, dialogue/acts"));
        assertThat(figures.get("turns").asInt()).isEqualTo(60);
        assertThat(figures.get("acts").asInt()).isEqualTo(90);
        assertThat(figures.get("microF1").asDouble()).isGreaterThan(0.9);
        assertThat(figures.get("byDomain").get("Trains").get("acts").asInt()).isEqualTo(90);
        assertThat(figures.get("baselines")
                        .get("logisticRegression")
                        .get("microF1")
                        .asDouble())
                .isGreaterThan(0.9);
    }

    @Test
    void aFileWithoutActsHasNothingToLearn() throws IOException {
        Path demos = Files.writeString(
                folder.resolve("plain.jsonl"),
                "{\"dialogue_id\":\"a\",\"topic\":\"music\",\"submitted_pacific\":\"2017-05-07T11:23:04\",\"turns\":[\"Hi\",\"Hello\",\"Bye\"]}\n");
        Ran trained = Ran.command(
                "train",
                "bc",
                "--policy",
                "dialogue/acts",
                "--demos",
                demos.toString(),
                "--format",
                "self-dialogue",
                "--out",
                folder.resolve("none.onnx").toString());
        assertThat(trained.code()).isEqualTo(1);
        assertThat(trained.err())
                .contains("expected turns with acts, which dialogue/acts learns from, in [" + demos)
                .contains("found none among 3 turns: logs as [schema-guided, multiwoz, rasa] have them");
        assertThat(trained.err())
                .as("the banner has what means something for dialogue alone")
                .contains("train: policy=dialogue/acts", " format=self-dialogue ")
                .doesNotContain("environment=", "mapping=", "reward=");
    }
}
