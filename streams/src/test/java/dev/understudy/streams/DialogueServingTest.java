package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.ByteRows;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import dev.understudy.driving.CarFollowing;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.ArtifactChunk;
import dev.understudy.schemas.ArtifactKey;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.SampleCodecs;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Conversations through the topology: swaps, and what visitors send. */
@SuppressWarnings("NullAway.Init")
class DialogueServingTest {
    private static final long START_MS = 1_600_000_000_000L;
    private static final DomainTopics TOPICS = DomainTopics.of(Turn.DOMAIN);

    private final ServingMetrics metrics = new ServingMetrics();
    private final List<Acknowledgement> acknowledgements = Collections.synchronizedList(new ArrayList<>());

    private ServingConfig config;
    private PolicyDirectories directories;
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], byte[]> observations;
    private TestOutputTopic<String, Decision> decisions;
    private long epoch;

    @BeforeEach
    void open(@TempDir Path folder) {
        config = ServingConfig.defaults("nowhere:1", folder)
                .named("test", "test")
                .with(new ServingConfig.Batching(16, Duration.ofMillis(5), 1));
        directories = new PolicyDirectories(
                config,
                Catalogue.chosen(List.of(ResponderSpec.NAME), ""),
                metrics,
                acknowledgements::add,
                InstantSource.fixed(Instant.EPOCH));
        driver = new TopologyTestDriver(
                ServingTopology.build(config, directories, metrics),
                config.toProperties(),
                Instant.ofEpochMilli(START_MS + 3_600_000));
        observations =
                driver.createInputTopic(TOPICS.observations(), new ByteArraySerializer(), new ByteArraySerializer());
        decisions = driver.createOutputTopic(
                TOPICS.decisions(),
                new StringDeserializer(),
                UnderstudySerdes.decision().deserializer());
    }

    @AfterEach
    void close() {
        driver.close();
        directories.close();
    }

    private void promote(ModelFile model, long fromMs) {
        TestInputTopic<ArtifactKey, ArtifactChunk> artifacts = driver.createInputTopic(
                Topics.ARTIFACTS,
                UnderstudySerdes.artifactKey().serializer(),
                UnderstudySerdes.artifactChunk().serializer());
        Artifacts.chunks(ResponderSpec.NAME, model.bytes())
                .forEach(record -> artifacts.pipeInput(record.key(), record.value()));
        Promotion promotion = new Promotion(
                ResponderSpec.NAME, ++epoch, model.sha256(), fromMs, "", "test", true, "", new TreeMap<>(), 0);
        driver.createInputTopic(
                        Topics.PROMOTIONS,
                        new StringSerializer(),
                        UnderstudySerdes.promotion().serializer())
                .pipeInput(ResponderSpec.NAME, promotion);
    }

    private void serve(ModelFile model) {
        promote(model, START_MS);
        directories.loadPending();
    }

    private static Turn turn(String who, long sequence, Role role, String text) {
        return new Turn(
                who,
                who + "'s conversation",
                sequence,
                START_MS + 1_000 * sequence,
                Actor.POLICY,
                "",
                false,
                role,
                text,
                List.of(),
                0);
    }

    private static Turn asked(String who, long sequence, String text) {
        return turn(who, sequence, Role.USER, text);
    }

    private void send(Turn turn) {
        observations.pipeInput(turn.entity().getBytes(StandardCharsets.UTF_8), SampleCodecs.encode(turn));
    }

    private List<Decision> decisions() {
        driver.advanceWallClockTime(config.batching().longestWait());
        return decisions.readValuesToList();
    }

    private Decision answer(Turn turn) {
        send(turn);
        List<Decision> made = decisions();
        assertThat(made).hasSize(1);
        return made.get(0);
    }

    /** What a model replies that was just loaded, to a conversation of which it has read nothing. */
    private static String fresh(ModelFile model, List<Turn> turns, List<String> replies, @Nullable Long seed) {
        Featuriser<Turn> featuriser = Responders.SPEC.featuriser();
        ByteRows context = (ByteRows) Responders.SPEC.observationType().room(1, Responders.SPEC.observationSize());
        float[] reply = new float[Responders.SPEC.actionSize()];
        for (int i = 0; i < turns.size(); i++) {
            assertThat(featuriser.observe(turns.get(i), false, context, 0, Featuriser.Steps.none()))
                    .isNull();
            if (i < replies.size()) {
                ResponderSpec.REPLIES.write(replies.get(i), reply, 0);
                featuriser.acted(reply);
            }
        }
        try (ServedPolicy policy = Responders.SPEC.load(model)) {
            policy.answer(
                    context,
                    1,
                    new long[] {Objects.requireNonNull(seed)},
                    new LoadedPolicy.Answer(reply, null, null, null, null));
        }
        return ResponderSpec.REPLIES.read(reply, 0);
    }

    /** Models come into service on the loader's own thread while dialogues are answered on this one. */
    @Test
    void twoHundredSwapsMixNoReplyAndLoseNone() {
        int swaps = 200;
        int dialogues = 50;
        List<ModelFile> models = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            models.add(Responders.model(i));
        }
        Map<String, ModelFile> bySha256 = new HashMap<>();
        models.forEach(model -> bySha256.put(model.sha256(), model));
        Map<String, List<Turn>> said = new TreeMap<>();
        Map<String, List<String>> replies = new TreeMap<>();
        serve(models.get(0));
        directories.start();
        int answered = 0;
        Set<String> used = new HashSet<>();
        List<Decision> checked = new ArrayList<>();
        for (int round = 0; metrics.snapshot().swaps() <= swaps; round++) {
            if (epoch <= swaps && acknowledgements.size() == epoch) {
                // Of the later ones, each is still loaded when its turn comes again.
                promote(models.get((int) (epoch % (epoch < 40 ? models.size() : 3))), START_MS);
            }
            for (int i = 0; i < 5; i++) {
                String who = "visitor-" + (round * 5 + i) % dialogues;
                List<Turn> turns = said.computeIfAbsent(who, any -> new ArrayList<>());
                turns.add(asked(who, turns.size(), "turn " + turns.size()));
                send(turns.get(turns.size() - 1));
            }
            List<Decision> made = decisions();
            answered += made.size();
            for (Decision decision : made) {
                assertThat(decision.kind()).as(decision.toString()).isEqualTo(Decision.Kind.POLICY);
                used.add(decision.sha256());
                boolean isChecked = round % 10 == 0 && decision.entity().equals("visitor-" + round * 5 % dialogues);
                List<String> before = replies.computeIfAbsent(decision.entity(), any -> new ArrayList<>());
                if (isChecked) {
                    checked.add(decision);
                    assertThat(decision.text())
                            .as("reply of a fresh run of the model that %s names", decision)
                            .isEqualTo(fresh(
                                    Objects.requireNonNull(bySha256.get(decision.sha256())),
                                    Objects.requireNonNull(said.get(decision.entity())),
                                    before,
                                    decision.seed()));
                }
                before.add(decision.text());
            }
        }
        int asked = said.values().stream().mapToInt(List::size).sum();
        assertThat(answered).as("decisions").isEqualTo(asked);
        assertThat(said).hasSize(dialogues);
        assertThat(metrics.snapshot().modelsRejected()).isZero();
        assertThat(used).hasSizeGreaterThan(2);
        assertThat(checked).isNotEmpty();
    }

    @Test
    void aReplyIsDecidedAgainFromItsSeed() {
        ModelFile model = Responders.model(1);
        serve(model);
        Turn turn = asked("guest", 0, "Do you like films?");
        Decision decision = answer(turn);
        assertThat(decision.text()).isNotBlank().isEqualTo(fresh(model, List.of(turn), List.of(), decision.seed()));
        Set<String> others = new HashSet<>();
        for (long seed = 0; seed < 10; seed++) {
            others.add(fresh(model, List.of(turn), List.of(), (Long) seed));
        }
        assertThat(others).as("replies by other seeds").hasSizeGreaterThan(3);
    }

    @Test
    void noPolicySpeaksForAUserOrAnswersWhatAnotherProgramDoes() {
        serve(Responders.model(1));
        Turn system = turn("guest", 0, Role.SYSTEM, "Be kind.");
        Turn first = asked("guest", 1, "Hello");
        Turn answered = turn("guest", 2, Role.ASSISTANT, "Hello, you");
        Decision context = answer(system);
        assertThat(context.kind()).isEqualTo(Decision.Kind.FALLBACK_HISTORY);
        assertThat(context.reason()).isEqualTo("context: no policy is asked about it");
        assertThat(context.text()).isEmpty();
        assertThat(context.seed()).isNull();
        assertThat(answer(first).kind()).isEqualTo(Decision.Kind.POLICY);
        assertThat(answer(answered).kind()).isEqualTo(Decision.Kind.FALLBACK_HISTORY);
        Turn last = asked("guest", 3, "Who are you?");
        Decision decision = answer(last);
        assertThat(decision.text())
                .as("in sight of what the other program said")
                .isEqualTo(
                        fresh(Responders.model(1), List.of(system, first, answered, last), List.of(), decision.seed()));
    }

    @Test
    void whatNoPolicyCanReadIsAFallbackThatSaysWhy() {
        serve(Responders.model(1));
        Map<String, String> reasons = new TreeMap<>();
        reasons.put("", "EMPTY");
        reasons.put(" \n\t ", "EMPTY");
        reasons.put("a".repeat(100_000), "TOO_LONG");
        reasons.put("bell \u0007", "CONTROL_CHARACTER");
        reasons.put("null \u0000", "CONTROL_CHARACTER");
        reasons.put("lost \uFFFD", "NOT_UNICODE");
        int visitor = 0;
        for (Map.Entry<String, String> each : reasons.entrySet()) {
            Decision decision = answer(asked("visitor " + visitor++, 0, each.getKey()));
            assertThat(decision.kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
            assertThat(decision.reason()).isEqualTo(each.getValue());
            assertThat(decision.text()).isEqualTo("I do not know what to say.");
        }
        byte[] bytes = SampleCodecs.encode(asked("bytes", 0, "@@@@"));
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '@' ? (byte) 0xC3 : bytes[i];
        }
        observations.pipeInput("bytes".getBytes(StandardCharsets.UTF_8), bytes);
        assertThat(decisions()).singleElement().satisfies(decision -> assertThat(decision.reason())
                .isEqualTo("NOT_UNICODE"));
        assertThat(metrics.snapshot().fallbacks()).isEqualTo(reasons.size() + 1L);
        assertThat(metrics.snapshot().deadLettered()).isZero();
    }

    @Test
    void emojiMixedScriptsAndTheModelsOwnMarksAreTextLikeAnyOther() {
        serve(Responders.model(1));
        List<String> texts = List.of(
                "\uD83D\uDE00 \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67 caf\u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd \u043f\u0440\u0438\u0432\u0435\u0442",
                "<|end|>",
                "<|user|><|assistant|><|system|><|end|>");
        for (int i = 0; i < texts.size(); i++) {
            Turn turn = asked("visitor " + i, 0, texts.get(i));
            Decision decision = answer(turn);
            assertThat(decision.kind()).as(decision.toString()).isEqualTo(Decision.Kind.POLICY);
            assertThat(decision.text())
                    .isNotEmpty()
                    .isEqualTo(fresh(Responders.model(1), List.of(turn), List.of(), decision.seed()));
        }
    }

    @Test
    void aTurnSentTwiceIsAnsweredOnceAndOneThatComesLateIsNot() {
        serve(Responders.model(1));
        Turn first = asked("guest", 0, "Hello");
        send(first);
        send(first);
        assertThat(decisions()).hasSize(1);
        send(first);
        assertThat(decisions()).isEmpty();
        assertThat(metrics.snapshot().duplicates()).isEqualTo(2);
        assertThat(answer(asked("guest", 4, "Still there?")).kind()).isEqualTo(Decision.Kind.POLICY);
        Decision late = answer(asked("guest", 2, "Are you there?"));
        assertThat(late.kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
        assertThat(late.reason()).isEqualTo("out of order: sequence 2 came after 4");
    }

    @Test
    void aConversationGoesOnAfterAPauseOfDays() {
        ModelFile model = Responders.model(1);
        serve(model);
        driver.advanceWallClockTime(Duration.ofDays(30));
        Turn first = asked("guest", 0, "Hello");
        Decision before = answer(first);
        long days = Duration.ofDays(6).toMillis();
        Turn later = asked("guest", 2, "Still there?").at(first.timeMs() + days);
        Decision after = answer(later);
        assertThat(after.kind()).as(after.toString()).isEqualTo(Decision.Kind.POLICY);
        assertThat(after.text())
                .as("in sight of what was said before")
                .isEqualTo(fresh(model, List.of(first, later), List.of(String.valueOf(before.text())), after.seed()));
        Decision tooLate = answer(asked("guest", 4, "And now?").at(later.timeMs() + 2 * days));
        assertThat(tooLate.kind()).isEqualTo(Decision.Kind.FALLBACK_INPUT);
        assertThat(tooLate.reason()).contains("TIME_JUMP");
    }

    @Test
    void aConversationThatNeverEndsTakesABoundedMemory() {
        serve(Responders.model(1));
        String longTurn = "and so it went on and on ".repeat(30);
        long largest = 0;
        for (int i = 0; i < 120; i++) {
            Decision decision = answer(asked("talker", i, i % 3 == 0 ? longTurn : "Go on."));
            assertThat(decision.kind()).as(decision.toString()).isEqualTo(Decision.Kind.POLICY);
            KeyValueStore<Bytes, byte[]> store = driver.getKeyValueStore(DecisionProcessor.ENTITIES);
            try (KeyValueIterator<Bytes, byte[]> all = store.all()) {
                largest = Math.max(largest, all.next().value.length);
            }
        }
        assertThat(largest).isBetween(1_000L, 4_096L);
    }

    @Test
    void aModelWhoseTokeniserIsOfAnotherIsRefusedAndTheOneInServiceStays() {
        ModelFile good = Responders.model(1);
        serve(good);
        assertThatThrownBy(() -> Responders.model(2, Responders.tokeniser(270), 265))
                .hasMessageContaining("expected a network that knows at least 270 tokens, got one of 265");
        ModelFile other = Responders.model(2, Responders.tokeniser(264), 270);
        ModelFile swapped = ModelFile.create(
                other.bytes(), other.metadata().withExtra(good.metadata().extra()));
        serve(swapped);
        assertThat(answer(asked("guest", 0, "Hello")).sha256())
                .as("ids mean something else by another tokeniser, which shows on its golden vectors")
                .isEqualTo(good.sha256());
        assertThat(metrics.snapshot().modelsRejected()).isEqualTo(1);
        serve(other);
        Turn next = asked("guest", 1, "And now?");
        Decision decision = answer(next);
        assertThat(decision.sha256())
                .as("with its own tokeniser it is another line of models")
                .isEqualTo(other.sha256());
    }

    @Test
    void repliesDoNotShareAnInstanceWithAnotherDomain() {
        assertThatThrownBy(() -> ServingTopology.checkTogether(
                        Catalogue.chosen(List.of(ResponderSpec.NAME, CarFollowing.POLICY), "")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected policies of one domain beside one that replies with text, because replies would"
                        + " delay the others, got [dialogue/responder, driving/car-following]; run one instance for each"
                        + " domain");
    }
}
