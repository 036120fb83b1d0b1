package dev.understudy.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.Decoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a request wants its reply drawn and cut.
 *
 * <p>A decision follows from its observation and the model alone, so that deciding again gives the same reply. So how
 * it is drawn cannot be asked for: {@link #check} refuses what is not the service's own. What shortens a reply is done
 * here, once the decision is there.
 *
 * @param temperature that is asked for; null if none is
 * @param nucleus that is asked for ({@code top_p}); null if none is
 * @param seed that is asked for; null if none is
 * @param stops texts before which the reply ends
 * @param mostTokens of the reply
 */
record ReplyOptions(
        @Nullable Double temperature,
        @Nullable Double nucleus,
        @Nullable Long seed,
        List<String> stops,
        int mostTokens) {
    /** How many texts may stop a reply, as OpenAI has it. */
    private static final int MOST_STOPS = 4;

    /** How far numbers that were written as decimals may be apart and still be meant to be the same. */
    private static final double ROUNDING = 1e-6;

    ReplyOptions {
        stops = List.copyOf(stops);
    }

    /** What is left of a reply. */
    record Cut(String text, int tokens, boolean isTooLong) {}

    /**
     * Reads them.
     *
     * @throws HttpProblem if one is none that OpenAI's form knows
     */
    static ReplyOptions read(JsonNode root) throws HttpProblem {
        for (String name : List.of("presence_penalty", "frequency_penalty")) {
            Double penalty = number(root, name, -2, 2);
            if (penalty != null && penalty != 0) {
                throw unsupported(name, "expected 0: replies are drawn without penalties, got " + penalty);
            }
        }
        if (!root.path("logit_bias").isEmpty()) {
            throw unsupported("logit_bias", "expected none: tokens are drawn as the model has them");
        }
        return new ReplyOptions(
                number(root, "temperature", 0, 2),
                number(root, "top_p", 0, 1),
                seed(root.path("seed")),
                stops(root.path("stop")),
                Math.min(mostTokens(root, "max_tokens"), mostTokens(root, "max_completion_tokens")));
    }

    private static HttpProblem unsupported(String parameter, String message) {
        return new HttpProblem(400, "unsupported_value", parameter, message);
    }

    private static @Nullable Double number(JsonNode root, String name, double least, double most) throws HttpProblem {
        JsonNode value = root.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isNumber() || !(value.asDouble() >= least && value.asDouble() <= most)) {
            throw HttpProblem.invalid(
                    name,
                    "expected a number from %.0f to %.0f, got %s".formatted(least, most, ChatRequest.kind(value)));
        }
        return value.asDouble();
    }

    private static @Nullable Long seed(JsonNode value) throws HttpProblem {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isIntegralNumber()) {
            throw HttpProblem.invalid("seed", "expected a whole number, got " + ChatRequest.kind(value));
        }
        return value.asLong();
    }

    private static int mostTokens(JsonNode root, String name) throws HttpProblem {
        JsonNode value = root.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Integer.MAX_VALUE;
        }
        if (!value.isIntegralNumber() || value.asLong() < 1) {
            throw HttpProblem.invalid(name, "expected a whole number from 1, got " + ChatRequest.kind(value));
        }
        return (int) Math.min(Integer.MAX_VALUE, value.asLong());
    }

    private static List<String> stops(JsonNode value) throws HttpProblem {
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        List<String> stops = new ArrayList<>();
        if (value.isTextual()) {
            stops.add(value.asText());
        }
        for (JsonNode each : value) {
            stops.add(each.isTextual() ? each.asText() : "");
        }
        boolean isList = value.isTextual() || value.isArray();
        if (!isList || stops.size() > MOST_STOPS || stops.contains("")) {
            throw HttpProblem.invalid(
                    "stop",
                    "expected a text or a list of at most %d, none empty, got %s"
                            .formatted(MOST_STOPS, isList ? value.toString() : ChatRequest.kind(value)));
        }
        return stops;
    }

    /**
     * Makes sure that a policy's replies are made as is asked for.
     *
     * @throws HttpProblem saying how they are made, if they are made in another way
     */
    void check(PolicySpec<Turn> spec) throws HttpProblem {
        if (spec instanceof ResponderSpec) {
            Decoding drawn = ResponderSpec.DRAWN;
            checkSame("temperature", temperature, drawn.temperature(), spec);
            checkSame("top_p", nucleus, drawn.nucleus(), spec);
            if (seed != null) {
                throw unsupported(
                        "seed",
                        "expected none: the seed of a reply follows from its conversation, and understudy.seed of the"
                                + " answer tells it, got "
                                + seed);
            }
            return;
        }
        refuse("temperature", temperature, spec);
        refuse("top_p", nucleus, spec);
        refuse("seed", seed, spec);
        refuse("max_tokens", mostTokens == Integer.MAX_VALUE ? null : mostTokens, spec);
    }

    private static void checkSame(String name, @Nullable Double asked, double drawn, PolicySpec<Turn> spec)
            throws HttpProblem {
        if (asked != null && Math.abs(asked - drawn) > ROUNDING) {
            throw unsupported(
                    name,
                    "expected %s or none: replies of %s are drawn with %s = %s, got %s"
                            .formatted(drawn, spec.name(), name, drawn, asked));
        }
    }

    private static void refuse(String name, @Nullable Number asked, PolicySpec<Turn> spec) throws HttpProblem {
        if (asked != null) {
            throw unsupported(
                    name,
                    "expected none: %s chooses a whole reply of those it knows and draws no tokens, got %s"
                            .formatted(spec.name(), asked));
        }
    }

    /**
     * Cuts a reply.
     *
     * @param tokeniser by which tokens are counted; null where there are none
     */
    Cut cut(String reply, @Nullable Tokeniser tokeniser) {
        String text = reply;
        boolean isTooLong = false;
        if (tokeniser != null) {
            int[] tokens = tokeniser.encode(reply);
            isTooLong = tokens.length > mostTokens;
            text = isTooLong ? whole(tokeniser.decode(Arrays.copyOf(tokens, mostTokens))) : reply;
        }
        String whole = text;
        int end = stops.stream()
                .mapToInt(whole::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(text.length());
        boolean isStopped = end < text.length();
        text = text.substring(0, end);
        int said = tokeniser == null ? 0 : isTooLong && !isStopped ? mostTokens : tokeniser.encode(text).length;
        return new Cut(text, said, isTooLong && !isStopped);
    }

    /** Returns a text without the part of a character that it ends with. */
    private static String whole(String text) {
        return text.endsWith("\uFFFD") ? text.substring(0, text.indexOf('\uFFFD')) : text;
    }
}
