package dev.understudy.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Policies;
import dev.understudy.domain.PolicyMapping;
import dev.understudy.domain.PolicyName;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.network.RecurrentNetwork;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chat completions through a broker and a serving instance, by the JDK's client and by OpenAI's. */
@SuppressWarnings("NullAway.Init")
class ChatOverHttpIT {
    private static final ResponderSpec SPEC = new ResponderSpec();
    private static final String VARIANT = SPEC.name() + "@kind";
    private static final Policies<Turn> POLICIES = new Policies<>(
            List.of(SPEC),
            List.of(PolicyName.parse(SPEC.name())),
            PolicyMapping.of(PolicyMapping.LABEL, List.of(PolicyName.parse(SPEC.name())), Set.of(SPEC.name())));
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;
    private static Connection connection;
    private static Serving serving;
    private static LiveDecisions<Turn> decisions;
    private static HttpDoor door;
    private static ModelFile model;
    private static ModelFile variant;
    private static HttpResponse<String> beforeAnyModel;

    @BeforeAll
    static void open() throws Exception {
        broker = EmbeddedBroker.start(folder);
        connection = Connection.local(broker.bootstrapServers());
        connection.ensureTopics(1, 2, Turn.DOMAIN);
        serving = new Serving(
                ServingConfig.defaults(broker.bootstrapServers(), folder.resolve("serving"))
                        .named("test", "understudy-test"),
                List.of(POLICIES));
        serving.start();
        decisions = new LiveDecisions<>(connection, Turn.DOMAIN, "test", 64, Duration.ofSeconds(60));
        door = HttpDoor.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                "",
                80,
                List.of(new ChatCompletions(POLICIES, decisions, serving::model, InstantSource.system())));
        beforeAnyModel = complete(request("Hello", ""));
        model = model(SPEC.name(), 1);
        promote(model);
        variant = model(VARIANT, 2);
        promote(variant);
    }

    @AfterAll
    static void close() {
        door.close();
        decisions.close();
        serving.close();
        broker.close();
    }

    /** A model that has learned nothing, and replies with as many letters as it may. */
    private static ModelFile model(String policy, long seed) {
        Tokeniser tokeniser = Tokeniser.train(List.of("more and more of the same, and the same"), 265);
        RecurrentNetwork network = new RecurrentNetwork(tokeniser.size(), 8, 16);
        float[] theta = network.initialise(new SplittableRandom(seed));
        int bias = network.layout().offset("bias");
        for (int token = 0; token < tokeniser.size(); token++) {
            theta[bias + token] = -60;
        }
        for (char letter = 'a'; letter <= 'z'; letter++) {
            theta[bias + tokeniser.encode(String.valueOf(letter))[0]] = 0;
        }
        TreeMap<String, String> extra = new TreeMap<>();
        extra.put("tokenizer", new String(tokeniser.toJson(), StandardCharsets.UTF_8));
        ModelMetadata metadata = new ModelMetadata(
                policy,
                "",
                0,
                1,
                List.of(),
                1,
                SPEC.fingerprint(),
                "{}",
                new ByteRows(1, SPEC.observationSize(), new byte[SPEC.observationSize()]),
                new Matrix(1, SPEC.actionSize(), new float[SPEC.actionSize()]),
                "test",
                "none",
                extra);
        return ModelFile.createGolden(network.toModel(theta), metadata, SPEC::load);
    }

    private static void promote(ModelFile promoted) throws Exception {
        try (KafkaProducer<ArtifactKey, ArtifactChunk> artifacts = new KafkaProducer<>(
                        connection.clientSettings(),
                        UnderstudySerdes.artifactKey().serializer(),
                        UnderstudySerdes.artifactChunk().serializer());
                KafkaProducer<String, Promotion> promotions = new KafkaProducer<>(
                        connection.clientSettings(),
                        new StringSerializer(),
                        UnderstudySerdes.promotion().serializer())) {
            String policy = promoted.metadata().policy();
            for (var chunk : Artifacts.chunks(policy, promoted.bytes())) {
                artifacts.send(chunk).get(20, TimeUnit.SECONDS);
            }
            Promotion promotion =
                    new Promotion(policy, 1, promoted.sha256(), 0, "", "test", true, "", new TreeMap<>(), 0);
            promotions
                    .send(new ProducerRecord<>(Topics.PROMOTIONS, policy, promotion))
                    .get(20, TimeUnit.SECONDS);
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!serving.health().epochs().containsKey(promoted.metadata().policy())) {
            assertThat(System.nanoTime()).as("deadline of the model").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static URI url(String path) {
        return URI.create("http://127.0.0.1:%d%s".formatted(door.address().getPort(), path));
    }

    private static String request(String text, String more) {
        return "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":\"Be kind.\"},{\"role\":\"user\",\"content\":\"%s\"}]%s}"
                .formatted(SPEC.name(), text, more);
    }

    private static HttpRequest post(String body) {
        return HttpRequest.newBuilder(url("/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private static HttpResponse<String> complete(String body) throws Exception {
        return CLIENT.send(post(body), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode get(String path, int status) throws Exception {
        HttpResponse<String> response =
                CLIENT.send(HttpRequest.newBuilder(url(path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(status);
        return JSON.readTree(response.body());
    }

    @Test
    void withoutAModelItSaysSo() throws Exception {
        assertThat(beforeAnyModel.statusCode()).isEqualTo(503);
        JsonNode error = JSON.readTree(beforeAnyModel.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("no_model");
        assertThat(error.path("type").asText()).isEqualTo("server_error");
        assertThat(error.path("message").asText())
                .isEqualTo("expected a promoted model of dialogue/responder, found none yet");
    }

    private static List<Decision> decisions(String episode) {
        return new TopicReader(connection, Duration.ofSeconds(20))
                .all(DomainTopics.of(Turn.DOMAIN).decisions(), Serdes.String(), UnderstudySerdes.decision()).stream()
                        .map(ConsumerRecord::value)
                        .filter(decision -> decision.episode().equals(episode))
                        .toList();
    }

    /** Of turns of 100 bytes and a head each, ten fit into an observation; all but the last are context. */
    @Test
    void ofALongConversationThePolicyIsSentWhatItCanSee() throws Exception {
        StringBuilder messages = new StringBuilder();
        for (int i = 0; i < 41; i++) {
            messages.append("%s{\"role\":\"%s\",\"content\":\"%s\"}"
                    .formatted(i == 0 ? "" : ",", i % 2 == 0 ? "user" : "assistant", "x".repeat(100)));
        }
        HttpResponse<String> response =
                complete("{\"model\":\"%s\",\"messages\":[%s]}".formatted(SPEC.name(), messages));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        List<Decision> made =
                decisions(JSON.readTree(response.body()).path("id").asText());
        assertThat(made).hasSize(10);
        assertThat(made.subList(0, 9))
                .allSatisfy(each -> assertThat(each.kind()).isEqualTo(Decision.Kind.FALLBACK_HISTORY));
        assertThat(made.get(9).kind()).isEqualTo(Decision.Kind.POLICY);
    }

    @Test
    void theAnswerIsTheDecisionOnTheLastTurn() throws Exception {
        HttpResponse<String> response = complete(request("Do you like films?", ""));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        List<Decision> made = decisions(answer.path("id").asText());
        assertThat(made)
                .extracting(Decision::kind)
                .containsExactly(Decision.Kind.FALLBACK_HISTORY, Decision.Kind.POLICY);
        Decision decision = made.get(1);
        assertThat(answer.path("object").asText()).isEqualTo("chat.completion");
        assertThat(answer.path("model").asText()).isEqualTo("dialogue/responder:1");
        assertThat(answer.path("system_fingerprint").asText())
                .isEqualTo(decision.sha256())
                .isEqualTo(model.sha256());
        JsonNode choice = answer.path("choices").path(0);
        assertThat(choice.path("message").path("content").asText()).isEqualTo(decision.text());
        assertThat(choice.path("message").path("role").asText()).isEqualTo("assistant");
        int said = answer.path("usage").path("completion_tokens").asInt();
        assertThat(choice.path("finish_reason").asText())
                .isEqualTo(said < ChatCompletions.MOST_REPLY_TOKENS ? "stop" : "length");
        Tokeniser tokeniser = Objects.requireNonNull(ResponderSpec.tokeniser(model.metadata()));
        assertThat(said).isEqualTo(tokeniser.encode(String.valueOf(decision.text())).length);
        assertThat(answer.path("usage").path("prompt_tokens").asInt())
                .isEqualTo(tokeniser.encode("Be kind.").length
                        + tokeniser.encode("Do you like films?").length
                        + 5); // two turns with mark and end, and the mark of the reply
        assertThat(answer.path("understudy").path("seed").asLong()).isEqualTo(decision.seed());
    }

    @Test
    void aStreamHasTheReplyThenItsEnd() throws Exception {
        String events = complete(request(
                        "Hello", ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"max_tokens\":3"))
                .body();
        List<String> data = new ArrayList<>();
        for (String event : events.strip().split("\n\n", -1)) {
            assertThat(event).startsWith("data: ");
            data.add(event.substring("data: ".length()));
        }
        assertThat(data).hasSize(5).last().isEqualTo("[DONE]");
        StringBuilder said = new StringBuilder();
        for (String each : data.subList(0, 4)) {
            JsonNode chunk = JSON.readTree(each);
            assertThat(chunk.path("object").asText()).isEqualTo("chat.completion.chunk");
            said.append(
                    chunk.path("choices").path(0).path("delta").path("content").asText());
        }
        Tokeniser tokeniser = Objects.requireNonNull(ResponderSpec.tokeniser(model.metadata()));
        assertThat(tokeniser.encode(said.toString())).hasSizeLessThanOrEqualTo(3);
        assertThat(JSON.readTree(data.get(3))
                        .path("usage")
                        .path("completion_tokens")
                        .asInt())
                .isLessThanOrEqualTo(3);
    }

    @Test
    void whatShortensAReplyDoesAndWhatWouldDrawItOtherwiseIsRefused() throws Exception {
        JsonNode stopped = JSON.readTree(complete(request("Hello", ",\"stop\":[\"a\",\"e\",\"i\",\"o\"]"))
                .body());
        assertThat(stopped.path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asText())
                .doesNotContainPattern("[aeio]");
        HttpResponse<String> refused = complete(request("Hello", ",\"temperature\":0.2"));
        assertThat(refused.statusCode()).isEqualTo(400);
        JsonNode error = JSON.readTree(refused.body()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("unsupported_value");
        assertThat(error.path("param").asText()).isEqualTo("temperature");
        assertThat(error.path("message").asText()).startsWith("expected 0.8 or none");
    }

    @Test
    void namesThePoliciesAndRefusesOthers() throws Exception {
        JsonNode list = get("/v1/models", 200);
        assertThat(list.path("data").findValuesAsText("id")).containsExactly(SPEC.name());
        assertThat(get("/v1/models/dialogue%2Fresponder", 200).path("object").asText())
                .isEqualTo("model");
        assertThat(get("/v1/models/gpt-x", 404).path("error").path("code").asText())
                .isEqualTo("model_not_found");
        assertThat(get("/v1/embeddings", 404).path("error").path("code").asText())
                .isEqualTo("unknown_url");
        assertThat(get("/v1/chat/completions", 405)
                        .path("error")
                        .path("message")
                        .asText())
                .isEqualTo("expected POST /v1/chat/completions, got GET");
        HttpResponse<String> other = complete(request("Hello", "").replace(SPEC.name(), "gpt-x"));
        assertThat(other.statusCode()).isEqualTo(404);
        assertThat(JSON.readTree(other.body()).path("error").path("message").asText())
                .isEqualTo("expected one of the policies [dialogue/responder] or a promoted variant of one, got"
                        + " \"gpt-x\"");
        HttpResponse<String> variant = complete(request("Hello", "").replace(SPEC.name(), SPEC.name() + "@never"));
        assertThat(variant.statusCode()).isEqualTo(404);
        assertThat(JSON.readTree(variant.body()).path("error").path("code").asText())
                .isEqualTo("model_not_found");
        assertThat(get("/v1/models/dialogue%2Fresponder@never", 404)
                        .path("error")
                        .path("message")
                        .asText())
                .contains("got \"dialogue/responder@never\"");
    }

    @Test
    void aVariantThatWasPromotedAnswersItself() throws Exception {
        assertThat(get("/v1/models/dialogue%2Fresponder@kind", 200).path("id").asText())
                .isEqualTo(VARIANT);
        HttpResponse<String> response = complete(request("Hello", "").replace(SPEC.name(), VARIANT));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = JSON.readTree(response.body());
        assertThat(answer.path("model").asText()).isEqualTo(VARIANT + ":1");
        assertThat(answer.path("system_fingerprint").asText()).isEqualTo(variant.sha256());
    }

    /** What maps all turns to the policy itself leads none to its variant. */
    @Test
    void aVariantThatNoTurnIsLedToIsNotFound() {
        ChatCompletions one =
                new ChatCompletions(Policies.one(SPEC), decisions, serving::model, InstantSource.system());
        HttpProblem problem = catchThrowableOfType(
                HttpProblem.class,
                () -> one.answer(new Api.Request(
                        "POST",
                        "/v1/chat/completions",
                        request("Hello", "").replace(SPEC.name(), VARIANT).getBytes(StandardCharsets.UTF_8))));
        assertThat(problem.status()).isEqualTo(404);
        assertThat(problem.text())
                .startsWith("expected a mapping (policy.mapping) by which the entity \"responder@kind/http-test-")
                .endsWith("is answered by dialogue/responder@kind, got one by dialogue/responder");
    }

    @Test
    void fiftyAtOnceAreEachAnswered() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            asked.add(CLIENT.sendAsync(post(request("I am number " + i, "")), HttpResponse.BodyHandlers.ofString()));
        }
        Set<String> ids = new HashSet<>();
        for (CompletableFuture<HttpResponse<String>> each : asked) {
            HttpResponse<String> response = each.get(60, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            ids.add(JSON.readTree(response.body()).path("id").asText());
        }
        assertThat(ids).hasSize(50);
    }

    @Test
    void noMoreWaitThanMayAndNoneWaitsForEver() throws Exception {
        Domain<FollowingSample> driving = new CarFollowingPolicy().domain();
        connection.ensureTopics(1, 1, driving);
        FollowingSample nobodyAnswers = new FollowingSample("car", "trip", 0, 1, Actor.HUMAN, "", 20, 30, 20);
        try (LiveDecisions<FollowingSample> one =
                new LiveDecisions<>(connection, driving, "test", 1, Duration.ofMillis(500))) {
            UnansweredException late = catchThrowableOfType(
                    UnansweredException.class,
                    () -> one.ask("", entity -> {
                        assertThat(entity).isEqualTo("http-test-0");
                        UnansweredException busy = catchThrowableOfType(
                                UnansweredException.class, () -> one.ask("", any -> List.of(nobodyAnswers)));
                        assertThat(busy.why()).isEqualTo(UnansweredException.Why.BUSY);
                        return List.of(nobodyAnswers);
                    }));
            assertThat(late.why()).isEqualTo(UnansweredException.Why.LATE);
        }
    }

    @Test
    void theOfficialPythonClientUnderstandsIt() throws Exception {
        Path client = Path.of("").toAbsolutePath().resolveSibling("clients/python");
        Path python = client.resolve(".venv/bin/python");
        assumeTrue(
                Files.isExecutable(python)
                        && run(client, python, "-c", "import openai, pytest").isEmpty(),
                "expected openai in clients/python/.venv, found none: run clients/python/install.sh");
        String printed = run(client, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_chat.py");
        assertThat(printed).contains("4 passed");
    }

    private static String run(Path in, Path program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true);
        builder.environment().put("UNDERSTUDY_TEST_CHAT_URL", url("/v1").toString());
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            String printed = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return printed;
        } finally {
            process.destroy();
        }
    }
}
