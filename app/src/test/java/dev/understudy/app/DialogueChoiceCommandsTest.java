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

/** Policies of dialogue that choose, from a file of conversations to figures. */
class DialogueChoiceCommandsTest {
    private static final List<String> CITIES = List.of("Rome", "Oslo", "Lima", "Bern", "Riga", "Cork", "Baku");

    @TempDir
    private Path folder = Path.of("");

    /** Writes conversations in which a user asks for a train, and the system offers one. */
    private Path conversations() throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String city = CITIES.get(i % CITIES.size());
            lines.add("""
                    {"dialogue_id":"train/%d","services":["Trains_1"],"turns":[\
                    {"speaker":"user","text":"I want to go to %s.","acts":[["Trains_1","INFORM","city","%s"]]},\
                    {"speaker":"system","text":"Train %d goes to %s.","acts":[["Trains_1","OFFER","city","%s"],["Trains_1","OFFER","number","%d"]]},\
                    {"speaker":"user","text":"Thank you!","acts":[["Trains_1","THANK_YOU",""]]},\
                    {"speaker":"system","text":"Have a good trip.","acts":[["Trains_1","GOODBYE",""]]}]}""".formatted(i, city, city, i, city, city, i));
        }
        return Files.write(folder.resolve("conversations.jsonl"), lines);
    }

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
        Path demos = conversations();
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
    }

    @Test
    void aPolicyOfActsIsHeldAgainstARegression() throws IOException {
        Path model = folder.resolve("acts.onnx");
        Path demos = conversations();
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
        assertThat(trained.err()).contains("expected at least one reply to learn from");
    }
}
