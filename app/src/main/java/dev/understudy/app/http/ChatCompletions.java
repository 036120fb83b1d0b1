package dev.understudy.app.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.understudy.app.http.ChatRequest.Said;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyName;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.Decision;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * OpenAI's chat completions over the topics of dialogue: {@code POST /v1/chat/completions}, {@code GET /v1/models} and
 * {@code GET /v1/models/NAME}.
 *
 * <p>The messages of a request are the turns of a new conversation. Those that a policy would not see any more are left
 * out. The answer is the decision on the last of them; its {@code id} is the conversation, its
 * {@code system_fingerprint} the hash of the model, and {@code model} the policy and the epoch of its promotion. A
 * reply passes the envelope before anything of it is said, so a stream has it in one piece.
 */
public final class ChatCompletions implements Api {
    private static final String COMPLETIONS = "/v1/chat/completions";
    private static final String MODELS = "/v1/models";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    /** Bytes of an observation that count the turns. */
    private static final int HEAD_BYTES = 2;

    static final int MOST_REPLY_TOKENS = ResponderSpec.DRAWN.most();

    private final Policies<Turn> policies;
    private final LiveDecisions<Turn> decisions;
    private final Models models;
    private final InstantSource clock;
    private final long startedSeconds;
    private volatile @Nullable Known tokeniser;

    /** The tokeniser of the model that answered last. */
    private record Known(String sha256, Tokeniser tokeniser) {}

    /** Tells of the models in service. */
    public interface Models {
        /** Returns the metadata of the model that answers for a policy at an event time; null if there is none. */
        @Nullable
        ModelMetadata inForce(String policy, long timeMs);
    }

    /**
     * Answers by the policies of dialogue that reply with text.
     *
     * @param decisions where they are asked
     * @param clock gives turns their event time
     */
    public ChatCompletions(Policies<Turn> policies, LiveDecisions<Turn> decisions, Models models, InstantSource clock) {
        this.policies = policies;
        this.decisions = decisions;
        this.models = models;
        this.clock = clock;
        startedSeconds = clock.millis() / 1000;
    }

    @Override
    public String prefix() {
        return "/v1/";
    }

    @Override
    public Response answer(Request request) throws HttpProblem, InterruptedException {
        String path = request.path();
        if (path.equals(COMPLETIONS)) {
            expect("POST", request);
            return complete(ChatRequest.read(request.body()));
        }
        if (path.equals(MODELS)) {
            expect("GET", request);
            ObjectNode list = JSON.objectNode().put("object", "list");
            var data = list.putArray("data");
            names().forEach(name -> data.add(model(name)));
            return Response.json(200, list.toString());
        }
        if (path.startsWith(MODELS + "/")) {
            expect("GET", request);
            return Response.json(
                    200,
                    model(known(path.substring(MODELS.length() + 1)).toString()).toString());
        }
        throw new HttpProblem(
                404,
                "unknown_url",
                null,
                "expected POST %s, GET %s or GET %s/NAME, got %s %s"
                        .formatted(COMPLETIONS, MODELS, MODELS, request.method(), path));
    }

    private static void expect(String method, Request request) throws HttpProblem {
        if (!request.method().equals(method)) {
            throw new HttpProblem(
                    405,
                    "method_not_allowed",
                    null,
                    "expected %s %s, got %s".formatted(method, request.path(), request.method()));
        }
    }

    private List<String> names() {
        return policies.names().stream()
                .filter(name -> policies.spec(name).actions() instanceof ActionSpace.Text)
                .map(PolicyName::toString)
                .toList();
    }

    /** Returns a policy that was asked for, or a variant of one that has a model of its own in force. */
    private PolicyName known(String name) throws HttpProblem {
        if (names().contains(name) || isPromotedVariant(name)) {
            return PolicyName.parse(name);
        }
        throw unknown(
                "expected one of the policies %s or a promoted variant of one, got \"%s\"".formatted(names(), name));
    }

    private boolean isPromotedVariant(String name) {
        if (names().stream().noneMatch(each -> name.startsWith(each + "@"))) {
            return false;
        }
        try {
            PolicyName.parse(name);
        } catch (IllegalArgumentException e) {
            return false; // no name of a policy at all
        }
        ModelMetadata own = models.inForce(name, clock.millis());
        return own != null && own.policy().equals(name);
    }

    private static HttpProblem unknown(String message) {
        return new HttpProblem(404, "model_not_found", "model", message);
    }

    private ObjectNode model(String name) {
        return JSON.objectNode()
                .put("id", name)
                .put("object", "model")
                .put("created", startedSeconds)
                .put("owned_by", "understudy");
    }

    private Response complete(ChatRequest request) throws HttpProblem, InterruptedException {
        PolicyName policy = known(request.model());
        request.options().check(policies.spec(policy));
        String id = "chatcmpl-" + UUID.randomUUID();
        List<Said> seen = seen(request.said(), policies.spec(policy).observationSize() - HEAD_BYTES);
        Decision decision;
        try {
            decision = decisions.ask(prefix(policy), entity -> turns(policy, seen, entity, id));
        } catch (UnansweredException e) {
            boolean isLate = e.why() == UnansweredException.Why.LATE;
            throw new HttpProblem(
                    isLate ? 504 : 503,
                    e.why().name().toLowerCase(java.util.Locale.ROOT),
                    null,
                    String.valueOf(e.getMessage()));
        }
        if (decision.kind() == Decision.Kind.FALLBACK_NO_MODEL) {
            throw new HttpProblem(
                    503, "no_model", "model", "expected a promoted model of %s, found none yet".formatted(policy));
        }
        if (decision.kind() == Decision.Kind.FALLBACK_INPUT) {
            throw HttpProblem.invalid("messages", "expected turns that can be used: " + decision.reason());
        }
        ChatReply reply = reply(request, seen, decision);
        return request.stream()
                ? new Response(200, "text/event-stream", reply.events(request.usageInStream()))
                : Response.json(200, reply.json());
    }

    /** Returns the newest turns that a policy can see. */
    private static List<Said> seen(List<Said> said, int bytes) {
        int from = said.size() - 1;
        int length = bytes(said.get(from));
        while (from > 0 && length + bytes(said.get(from - 1)) <= bytes) {
            length += bytes(said.get(--from));
        }
        return said.subList(from, said.size());
    }

    private static int bytes(Said said) {
        return said.text().getBytes(StandardCharsets.UTF_8).length + 1;
    }

    /** Returns what an entity's name begins with: it tells which policy an episode belongs to, where names do. */
    private String prefix(PolicyName policy) {
        String name = policy.toString();
        return isTold(policy) ? name.substring(name.indexOf('/') + 1) + "/" : "";
    }

    /** Returns whether an episode has to say that it belongs to a policy. */
    private boolean isTold(PolicyName policy) {
        return policy.isVariant() || policies.names().size() > 1;
    }

    /** Returns the turns of an entity; refuses where they would be answered by another policy, or by none. */
    private List<Turn> turns(PolicyName policy, List<Said> said, String entity, String episode) throws HttpProblem {
        List<Turn> turns = turns(said, entity, episode, isTold(policy) ? policy.toString() : "");
        PolicyName answers = policies.policyOf(turns.get(0));
        if (!policy.equals(answers)) {
            throw unknown(
                    "expected a mapping (policy.mapping) by which the entity \"%s\" is answered by %s, got one by %s"
                            .formatted(entity, policy, answers == null ? "none" : answers));
        }
        return turns;
    }

    private List<Turn> turns(List<Said> said, String entity, String episode, String label) {
        long nowMs = clock.millis();
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < said.size(); i++) {
            boolean isLast = i == said.size() - 1;
            turns.add(new Turn(
                    entity,
                    episode,
                    i,
                    nowMs - (said.size() - 1 - i),
                    isLast ? Actor.POLICY : Actor.ASSISTANCE, // who answers it: the others were answered
                    label,
                    false,
                    said.get(i).role(),
                    said.get(i).text(),
                    List.of(),
                    0));
        }
        return turns;
    }

    private ChatReply reply(ChatRequest request, List<Said> seen, Decision decision) {
        String text = decision.text() == null ? "" : decision.text();
        Tokeniser known = tokeniser(decision);
        int read = 0;
        if (known != null) {
            for (Said each : seen) {
                read += known.encode(each.role(), each.text()).length;
            }
            read++; // the mark of who replies
        }
        ReplyOptions.Cut cut = request.options().cut(text, known);
        boolean isCut = !cut.text().equals(text);
        String finish = decision.kind() == Decision.Kind.FALLBACK_ENVELOPE
                ? "content_filter"
                : cut.isTooLong() || (!isCut && cut.tokens() >= MOST_REPLY_TOKENS) ? "length" : "stop";
        return new ChatReply(decision, clock.millis() / 1000, cut.text(), finish, read, cut.tokens());
    }

    private @Nullable Tokeniser tokeniser(Decision decision) {
        Known last = tokeniser;
        if (last != null && last.sha256.equals(decision.sha256())) {
            return last.tokeniser;
        }
        ModelMetadata metadata = models.inForce(decision.policy(), decision.eventTimeMs());
        Tokeniser read = metadata == null ? null : ResponderSpec.tokeniser(metadata);
        if (read != null) {
            tokeniser = new Known(decision.sha256(), read);
        }
        return read;
    }

    @Override
    public Response problem(HttpProblem problem) {
        ObjectNode root = JSON.objectNode();
        root.putObject("error")
                .put("message", problem.text())
                .put(
                        "type",
                        problem.status() == 401
                                ? "authentication_error"
                                : problem.status() >= 500 ? "server_error" : "invalid_request_error")
                .put("param", problem.parameter())
                .put("code", problem.code());
        return Response.json(problem.status(), root.toString());
    }
}
