package dev.understudy.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.PolicySpec;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ReplyOptionsTest {
    private static final PolicySpec<Turn> DRAWS = new ResponderSpec();
    private static final PolicySpec<Turn> CHOOSES = new RetrieverSpec();

    private static ReplyOptions read(String members) throws Exception {
        return ReplyOptions.read(new ObjectMapper().readTree("{" + members + "}"));
    }

    private static String problem(String members, PolicySpec<Turn> spec) {
        HttpProblem problem =
                catchThrowableOfType(HttpProblem.class, () -> read(members).check(spec));
        assertThat(problem).as(members).isNotNull();
        assertThat(problem.status()).isEqualTo(400);
        return "%s %s: %s".formatted(problem.code(), problem.parameter(), problem.text());
    }

    @Test
    void whatIsAsTheServiceDrawsIsTaken() throws Exception {
        read("").check(DRAWS);
        read("\"temperature\":null,\"seed\":null,\"stop\":null,\"presence_penalty\":0,\"logit_bias\":{}")
                .check(DRAWS);
        read("\"temperature\":0.8,\"top_p\":0.9,\"stop\":\"a\",\"max_tokens\":1")
                .check(DRAWS);
        read("\"stop\":\"a\"").check(CHOOSES);
    }

    @Test
    void whatThePolicyDoesNotDoIsRefusedByName() {
        Map<String, String> problems = new TreeMap<>();
        problems.put(
                "\"temperature\":0.2",
                "unsupported_value temperature: expected 0.8 or none: replies of dialogue/responder are drawn with"
                        + " temperature = 0.8, got 0.2");
        problems.put(
                "\"top_p\":1",
                "unsupported_value top_p: expected 0.9 or none: replies of dialogue/responder are drawn with top_p ="
                        + " 0.9, got 1.0");
        problems.put(
                "\"seed\":7",
                "unsupported_value seed: expected none: the seed of a reply follows from its conversation, and"
                        + " understudy.seed of the answer tells it, got 7");
        problems.put(
                "\"frequency_penalty\":0.5",
                "unsupported_value frequency_penalty: expected 0: replies are drawn without penalties, got 0.5");
        problems.put(
                "\"logit_bias\":{\"5\":1}",
                "unsupported_value logit_bias: expected none: tokens are drawn as the model has them");
        problems.forEach(
                (members, expected) -> assertThat(problem(members, DRAWS)).isEqualTo(expected));
        for (String member : List.of("\"temperature\":0.8", "\"top_p\":0.9", "\"seed\":7", "\"max_tokens\":7")) {
            assertThat(problem(member, CHOOSES))
                    .startsWith("unsupported_value " + member.substring(1, member.indexOf(':') - 1))
                    .contains("expected none: dialogue/retriever chooses a whole reply");
        }
    }

    @Test
    void whatOpenAisFormDoesNotKnowIsInvalid() {
        Map<String, String> problems = new TreeMap<>();
        problems.put("\"temperature\":\"hot\"", "temperature: expected a number from 0 to 2, got \"hot\"");
        problems.put("\"temperature\":2.5", "temperature: expected a number from 0 to 2, got 2.5");
        problems.put("\"top_p\":-1", "top_p: expected a number from 0 to 1, got -1");
        problems.put("\"seed\":1.5", "seed: expected a whole number, got 1.5");
        problems.put("\"stop\":3", "stop: expected a text or a list of at most 4, none empty, got 3");
        problems.put("\"stop\":\"\"", "stop: expected a text or a list of at most 4, none empty, got \"\"");
        problems.put("\"stop\":[\"a\",1]", "stop: expected a text or a list of at most 4, none empty, got [\"a\",1]");
        problems.put(
                "\"stop\":{\"a\":\"b\"}", "stop: expected a text or a list of at most 4, none empty, got an object");
        problems.forEach(
                (members, expected) -> assertThat(problem(members, DRAWS)).isEqualTo("invalid_value " + expected));
    }

    @Test
    void aReplyEndsBeforeTheFirstStopOrAfterTheLastToken() throws Exception {
        Tokeniser letters = Tokeniser.train(List.of(), Tokeniser.FEWEST_ENTRIES);
        assertThat(read("\"stop\":[\"x\",\"lo w\"]").cut("hello world", letters))
                .isEqualTo(new ReplyOptions.Cut("hel", 3, false));
        assertThat(read("\"max_tokens\":4").cut("hello world", letters))
                .isEqualTo(new ReplyOptions.Cut("hell", 4, true));
        assertThat(read("\"max_tokens\":4,\"stop\":\"e\"").cut("hello world", letters))
                .as("the stop comes first")
                .isEqualTo(new ReplyOptions.Cut("h", 1, false));
        assertThat(read("\"max_tokens\":4,\"stop\":\"o\"").cut("hello world", letters))
                .as("the length comes first")
                .isEqualTo(new ReplyOptions.Cut("hell", 4, true));
        assertThat(read("\"stop\":\"hello\"").cut("hello world", letters))
                .as("a reply that is the stop sequence")
                .isEqualTo(new ReplyOptions.Cut("", 0, false));
        assertThat(read("\"max_tokens\":3").cut("aé€", letters))
                .as("no part of a character: é are two bytes, € three")
                .isEqualTo(new ReplyOptions.Cut("aé", 3, true));
        assertThat(read("\"max_tokens\":5").cut("aé€", letters)).isEqualTo(new ReplyOptions.Cut("aé", 5, true));
        assertThat(read("\"stop\":\"o\"").cut("hello", null)).isEqualTo(new ReplyOptions.Cut("hell", 0, false));
    }
}
