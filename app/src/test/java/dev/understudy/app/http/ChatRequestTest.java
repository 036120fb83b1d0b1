package dev.understudy.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.understudy.app.http.ChatRequest.Said;
import dev.understudy.dialogue.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ChatRequestTest {
    private static final String MODEL = "\"model\":\"dialogue/responder\"";

    private static ChatRequest read(String json) throws HttpProblem {
        return ChatRequest.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static String request(String messages) {
        return "{%s,\"messages\":[%s]}".formatted(MODEL, messages);
    }

    private static String user(String text) {
        return "{\"role\":\"user\",\"content\":\"%s\"}".formatted(text);
    }

    @Test
    void neighboursOfOneRoleAreOneTurnAndPersonalDataIsMasked() throws Exception {
        ChatRequest request = read(request(
                "{\"role\":\"system\",\"content\":\"Be kind.\"},{\"role\":\"developer\",\"content\":\"Be brief.\"},"
                        + user("Hello")
                        + ",{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Hi\"},{\"type\":\"text\",\"text\":\"there\"}]},"
                        + user("I am ann@example.org") + "," + user("And you?")));
        assertThat(request.said())
                .containsExactly(
                        new Said(Role.SYSTEM, "Be kind.\nBe brief."),
                        new Said(Role.USER, "Hello"),
                        new Said(Role.ASSISTANT, "Hi\nthere"),
                        new Said(Role.USER, "I am <mail>\nAnd you?"));
        assertThat(request.stream()).isFalse();
        assertThat(request.options()).isEqualTo(new ReplyOptions(null, null, null, List.of(), Integer.MAX_VALUE));
    }

    @Test
    void takesWhatAnyClientSendsBeside() throws Exception {
        ChatRequest request = read(
                "{%s,\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0.2,\"top_p\":1,\"n\":1,\"presence_penalty\":0,\"logit_bias\":{},\"user\":\"x\",\"max_tokens\":9,\"max_completion_tokens\":7,\"seed\":3,\"tools\":[],\"stop\":null,\"messages\":[%s]}"
                        .formatted(MODEL, user("Hello")));
        assertThat(request.stream()).isTrue();
        assertThat(request.usageInStream()).isTrue();
        assertThat(request.options()).isEqualTo(new ReplyOptions(0.2, 1.0, 3L, List.of(), 7));
    }

    @Test
    void saysWhatIsWrongWithARequestAndWhere() {
        Map<String, String> problems = new TreeMap<>();
        problems.put("", "null: expected a JSON object, got nothing");
        problems.put("[1]", "null: expected a JSON object, got an array");
        problems.put("{}", "model: expected the name of a policy, got nothing");
        problems.put("{%s}".formatted(MODEL), "messages: expected a list of at least one message, got nothing");
        problems.put(request(""), "messages: expected a list of at least one message, got an array");
        problems.put(
                request("{\"role\":\"tool\",\"content\":\"x\"}"),
                "messages[0].role: expected user, assistant, system or developer, got \"tool\"");
        problems.put(
                request("{\"role\":\"user\"}"), "messages[0].content: expected text or a list of parts, got nothing");
        problems.put(
                request("{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}"),
                "messages[0].content: expected parts of the type text, got \"image_url\"");
        problems.put(request(user("  ")), "messages[0].content: expected text, got none");
        problems.put(
                request(user("a".repeat(100_000))),
                "messages[0].content: expected at most 16,384 characters, got 100,000");
        problems.put(
                request(user("a".repeat(10_000)) + "," + user("b".repeat(10_000))),
                "messages[1].content: expected at most 16,384 characters, got 20,001");
        problems.put(
                request(user("\\u0007")),
                "messages[0].content: expected text, got the control character U+0007 at character 1");
        problems.put(
                request(user("a\\ud83d")),
                "messages[0].content: expected text, got at character 2 what is no UTF-8 (or the mark U+FFFD of an earlier loss)");
        problems.put(
                request(user("Hello") + ",{\"role\":\"assistant\",\"content\":\"Hi\"}"),
                "messages: expected the last message to be the user's, got one of another role");
        problems.put(with("\"n\":2"), "n: expected one answer (n = 1), got n = 2");
        problems.put(with("\"stream\":\"yes\""), "stream: expected true or false, got \"yes\"");
        problems.put(with("\"tools\":[{}]"), "tools: expected none: a policy replies with text alone");
        problems.put(with("\"max_tokens\":0"), "max_tokens: expected a whole number from 1, got 0");
        problems.put(
                with("\"logprobs\":true"), "logprobs: expected false: a decision has no probabilities of its tokens");
        problems.put(
                with("\"response_format\":{\"type\":\"json_object\"}"),
                "response_format: expected the type text, got json_object");
        problems.forEach((json, expected) -> {
            HttpProblem problem = catchThrowableOfType(HttpProblem.class, () -> read(json));
            assertThat(problem).as(json).isNotNull();
            assertThat(problem.parameter() + ": " + problem.text()).isEqualTo(expected);
            assertThat(problem.status()).isEqualTo(400);
        });
    }

    private static String with(String more) {
        return "{%s,%s,\"messages\":[%s]}".formatted(MODEL, more, user("Hello"));
    }

    @Test
    void refusesBytesThatAreNoUtf8AndTextThatIsNoJson() {
        byte[] bytes = request(user("@")).getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '@' ? (byte) 0xFF : bytes[i];
        }
        assertThat(catchThrowableOfType(HttpProblem.class, () -> ChatRequest.read(bytes)))
                .hasMessageStartingWith("expected JSON in UTF-8, got what is none: Invalid UTF-8");
        assertThat(catchThrowableOfType(HttpProblem.class, () -> read("{\"model\":")))
                .hasMessageStartingWith("expected JSON in UTF-8, got what is none");
        assertThat(catchThrowableOfType(HttpProblem.class, () -> read("[".repeat(5_000))))
                .hasMessageStartingWith("expected JSON in UTF-8, got what is none");
    }
}
