package dev.understudy.app.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.dialogue.PersonalData;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.TurnCheck;
import dev.understudy.dialogue.TurnRefusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A request for a reply, in OpenAI's form.
 *
 * @param model the policy's name
 * @param said the conversation so far, personal data masked; neighbours of one role are one; the last is the user's
 * @param stream whether the reply is wanted as events
 * @param usageInStream whether the last event is to count tokens
 * @param options how the reply is to be drawn and cut
 */
record ChatRequest(String model, List<Said> said, boolean stream, boolean usageInStream, ReplyOptions options) {
    private static final ObjectMapper JSON = new ObjectMapper();

    ChatRequest {
        said = List.copyOf(said);
    }

    /** One turn. */
    record Said(Role role, String text) {}

    /**
     * Reads a request. What no policy of this system can do, such as several answers or tools, is refused.
     *
     * @throws HttpProblem saying what was expected and what was found
     */
    static ChatRequest read(byte[] body) throws HttpProblem {
        JsonNode root;
        try {
            root = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw HttpProblem.invalid(null, "expected JSON in UTF-8, got what is none: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw HttpProblem.invalid(null, "expected JSON in UTF-8, got what is none: " + e.getMessage());
        }
        if (root == null || !root.isObject()) {
            throw HttpProblem.invalid(null, "expected a JSON object, got " + kind(root));
        }
        JsonNode model = root.path("model");
        if (!model.isTextual()) {
            throw HttpProblem.invalid("model", "expected the name of a policy, got " + kind(model));
        }
        refuseWhatNoPolicyDoes(root);
        return new ChatRequest(
                model.asText(),
                said(root.path("messages")),
                flag(root, "stream"),
                flag(root.path("stream_options"), "include_usage"),
                ReplyOptions.read(root));
    }

    private static void refuseWhatNoPolicyDoes(JsonNode root) throws HttpProblem {
        if (root.hasNonNull("n") && root.path("n").asInt(0) != 1) {
            throw HttpProblem.invalid("n", "expected one answer (n = 1), got n = " + root.path("n"));
        }
        for (String name : List.of("tools", "functions")) {
            if (!root.path(name).isEmpty()) {
                throw HttpProblem.invalid(name, "expected none: a policy replies with text alone");
            }
        }
        if (flag(root, "logprobs")) {
            throw HttpProblem.invalid("logprobs", "expected false: a decision has no probabilities of its tokens");
        }
        String format = root.path("response_format").path("type").asText("text");
        if (!format.equals("text")) {
            throw HttpProblem.invalid("response_format", "expected the type text, got " + format);
        }
    }

    private static boolean flag(JsonNode node, String name) throws HttpProblem {
        JsonNode value = node.path(name);
        if (value.isMissingNode() || value.isNull() || value.isBoolean()) {
            return value.asBoolean();
        }
        throw HttpProblem.invalid(name, "expected true or false, got " + kind(value));
    }

    private static List<Said> said(JsonNode messages) throws HttpProblem {
        if (!messages.isArray() || messages.isEmpty()) {
            throw HttpProblem.invalid("messages", "expected a list of at least one message, got " + kind(messages));
        }
        List<Said> said = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Said next = said(messages.get(i), "messages[%d]".formatted(i));
            int last = said.size() - 1;
            if (last >= 0 && said.get(last).role == next.role) {
                next = new Said(next.role, said.remove(last).text + "\n" + next.text);
            }
            check(next.text, "messages[%d].content".formatted(i));
            said.add(next);
        }
        if (said.get(said.size() - 1).role != Role.USER) {
            throw HttpProblem.invalid(
                    "messages", "expected the last message to be the user's, got one of another role");
        }
        return said;
    }

    private static Said said(JsonNode message, String where) throws HttpProblem {
        String role = message.path("role").asText();
        Role known =
                switch (role) {
                    case "user" -> Role.USER;
                    case "assistant" -> Role.ASSISTANT;
                    case "system", "developer" -> Role.SYSTEM;
                    default ->
                        throw HttpProblem.invalid(
                                where + ".role",
                                "expected user, assistant, system or developer, got \"%s\"".formatted(role));
                };
        String text = text(message.path("content"), where + ".content");
        check(text, where + ".content");
        return new Said(known, PersonalData.masked(text));
    }

    private static String text(JsonNode content, String where) throws HttpProblem {
        if (content.isTextual()) {
            return content.asText();
        }
        List<String> parts = new ArrayList<>();
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
                throw HttpProblem.invalid(where, "expected parts of the type text, got " + part.path("type"));
            }
            parts.add(part.path("text").asText());
        }
        if (!content.isArray()) {
            throw HttpProblem.invalid(where, "expected text or a list of parts, got " + kind(content));
        }
        return String.join("\n", parts);
    }

    private static void check(String text, String where) throws HttpProblem {
        TurnRefusal refusal = TurnCheck.check(text);
        if (refusal != null) {
            throw HttpProblem.invalid(where, TurnCheck.describe(refusal, text));
        }
    }

    /** Returns what a value is, for a message. */
    static String kind(JsonNode node) {
        return node == null || node.isMissingNode()
                ? "nothing"
                : node.isContainerNode()
                        ? "an " + node.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
                        : node.toString();
    }
}
