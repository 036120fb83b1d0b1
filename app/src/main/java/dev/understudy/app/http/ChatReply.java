package dev.understudy.app.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.understudy.schemas.Decision;
import org.jspecify.annotations.Nullable;

/**
 * A reply in OpenAI's form, whole or as events.
 *
 * @param decision what it rests on
 * @param createdSeconds when it was made, since 1970
 * @param text what is said
 * @param finish why it ended: {@code stop}, {@code length}, or {@code content_filter} where the envelope replaced it
 * @param read tokens of the prompt
 * @param said tokens of the reply
 */
record ChatReply(Decision decision, long createdSeconds, String text, String finish, int read, int said) {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ObjectNode root(String object) {
        return JSON.objectNode()
                .put("id", decision.episode())
                .put("object", object)
                .put("created", createdSeconds)
                .put("model", decision.policy() + ":" + decision.epoch())
                .put("system_fingerprint", decision.sha256());
    }

    private ObjectNode usage() {
        return JSON.objectNode()
                .put("prompt_tokens", read)
                .put("completion_tokens", said)
                .put("total_tokens", read + said);
    }

    /** What OpenAI's form has no place for. */
    private ObjectNode stamps() {
        ObjectNode stamps = JSON.objectNode()
                .put("policy", decision.policy())
                .put("epoch", decision.epoch())
                .put("seed", decision.seed())
                .put("kind", decision.kind().name())
                .put("entity", decision.entity());
        return decision.reason().isEmpty() ? stamps : stamps.put("reason", decision.reason());
    }

    /** Returns it as one object. */
    String json() {
        ObjectNode root = root("chat.completion");
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
        choice.putObject("message")
                .put("role", "assistant")
                .put("content", text)
                .putNull("refusal");
        choice.putNull("logprobs").put("finish_reason", finish);
        root.set("usage", usage());
        root.set("understudy", stamps());
        return root.toString();
    }

    /** Returns it as server-sent events: who speaks, what is said, why it ended. */
    String events(boolean withUsage) {
        StringBuilder events = new StringBuilder();
        append(events, chunk(JSON.objectNode().put("role", "assistant").put("content", ""), null));
        append(events, chunk(JSON.objectNode().put("content", text), null));
        ObjectNode last = chunk(JSON.objectNode(), finish);
        last.set("understudy", stamps());
        append(events, last);
        if (withUsage) {
            ObjectNode usage = root("chat.completion.chunk");
            usage.putArray("choices");
            usage.set("usage", usage());
            append(events, usage);
        }
        return events.append("data: [DONE]\n\n").toString();
    }

    private ObjectNode chunk(ObjectNode delta, @Nullable String finished) {
        ObjectNode root = root("chat.completion.chunk");
        ObjectNode choice = root.putArray("choices").addObject().put("index", 0);
        choice.set("delta", delta);
        choice.putNull("logprobs").put("finish_reason", finished);
        return root;
    }

    private static void append(StringBuilder events, ObjectNode event) {
        events.append("data: ").append(event).append("\n\n");
    }
}
