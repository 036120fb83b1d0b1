package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.app.commands.LearnCommand;
import dev.understudy.app.commands.PromoteGateCommand;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.embedded.LocalFlink;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.app.study.BundledLogs;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.DeadLetter;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Program;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.SigningKey;
import dev.understudy.streams.Guarantee;
import dev.understudy.streams.Serving;
import dev.understudy.streams.ServingConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Every program against a broker that asks who it is, with exactly what the table allows it. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AccessIT {
    private static final String ADMIN = "admin";
    private static final String STRANGER = "stranger";
    private static final List<DomainTopics> DRIVING = List.of(new DomainTopics("driving"));
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Set<AclOperation> CHANGING =
            Set.of(AclOperation.CREATE, AclOperation.DELETE, AclOperation.ALTER, AclOperation.ALTER_CONFIGS);

    @TempDir
    static Path folder = Path.of("");

    private static final EmbeddedBroker BROKER = broker();

    private static List<String> users() {
        List<String> users = new ArrayList<>(List.of(ADMIN, STRANGER));
        Arrays.stream(Program.values()).map(Program::word).forEach(users::add);
        return users;
    }

    private static EmbeddedBroker broker() {
        String passwords = users().stream()
                .map(user -> "user_%s=\"%s-secret\"".formatted(user, user))
                .collect(Collectors.joining(" "));
        Map<String, String> settings = new HashMap<>();
        settings.put("listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("sasl.enabled.mechanisms", "PLAIN");
        settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        settings.put("listener.name.clients.plain.sasl.jaas.config", login(ADMIN, passwords));
        settings.put("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
        // The controller's listener asks nobody; clients cannot come that way.
        settings.put("super.users", "User:admin;User:ANONYMOUS");
        try {
            return EmbeddedBroker.start(Path.of(System.getProperty("java.io.tmpdir")), 0, settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String login(String user, String more) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%s\" password=\"%s-secret\" %s;"
                .formatted(user, user, more);
    }

    private static Map<String, Object> client(String user) {
        Map<String, Object> client = new HashMap<>();
        client.put("bootstrap.servers", BROKER.bootstrapServers());
        client.put("security.protocol", "SASL_PLAINTEXT");
        client.put("sasl.mechanism", "PLAIN");
        client.put("sasl.jaas.config", login(user, ""));
        return client;
    }

    private static String clientFile(String user) {
        Path file = folder.resolve(user + ".properties");
        try {
            return Files.writeString(
                            file,
                            "security.protocol=SASL_PLAINTEXT%nsasl.mechanism=PLAIN%nsasl.jaas.config=%s%n"
                                    .formatted(login(user, "")))
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Ran as(String user, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--bootstrap-servers", BROKER.bootstrapServers(), "--client-settings", clientFile(user)));
        return Ran.command(all.toArray(String[]::new));
    }

    private static Settings settings(Tool tool, String user, Map<String, String> more) {
        Map<String, String> options = new HashMap<>(more);
        options.put("bootstrap.servers", BROKER.bootstrapServers());
        options.put("client.settings", clientFile(user));
        options.put("checkpoint.directory", folder.resolve("checkpoints").toString());
        options.put("checkpoint.millis", "500");
        return Settings.resolve(
                tool.settings(),
                tool.settings().stream().map(Setting::key).collect(Collectors.toSet()),
                null,
                Map.of(),
                options);
    }

    @BeforeAll
    static void allowWhatTheTableSays() {
        Ran before = as(ADMIN, "doctor", "--acls", "--domain", "driving");
        assertThat(before.code()).isEqualTo(1);
        assertThat(before.out())
                .contains(
                        "User:promote-gate: DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE of topic models.history.v1, topic models.promotions.v1"
                                + "; expected to be allowed, found not: [");
        Ran creating = as(ADMIN, "doctor", "--create", "--acls", "--domain", "driving");
        assertThat(creating.out()).doesNotContain("FAILED");
        assertThat(creating.code()).isZero();
    }

    @AfterAll
    static void stop() {
        BROKER.close();
    }

    @Test
    @Order(1)
    void eachProgramMayDoToEachTopicWhatTheTableSaysAndNothingElse() throws Exception {
        Set<String> topics = Program.everyTopic(DRIVING);
        for (Program program : Program.values()) {
            try (Admin admin = Admin.create(client(program.word()))) {
                var described = admin.describeTopics(
                                topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                        .topicNameValues();
                for (String topic : topics) {
                    String what = program.word() + " on " + topic;
                    Set<AclOperation> allowed = allowed(Objects.requireNonNull(described.get(topic)));
                    assertThat(allowed).as(what).doesNotContainAnyElementsOf(CHANGING);
                    assertThat(allowed.contains(AclOperation.DESCRIBE_CONFIGS))
                            .as(what + ": DESCRIBE_CONFIGS")
                            .isEqualTo(program.checksTopics());
                    assertThat(allowed.contains(AclOperation.READ))
                            .as(what + ": READ")
                            .isEqualTo(program.reads(DRIVING).contains(topic));
                    assertThat(allowed.contains(AclOperation.WRITE))
                            .as(what + ": WRITE")
                            .isEqualTo(program.writes(DRIVING).contains(topic));
                }
            }
        }
    }

    /** Returns what the broker says that the asking user may do; nothing of a topic that it may not even see. */
    private static Set<AclOperation> allowed(KafkaFuture<TopicDescription> described) throws Exception {
        try {
            return described.get(30, TimeUnit.SECONDS).authorizedOperations();
        } catch (ExecutionException e) {
            assertThat(e).hasCauseInstanceOf(AuthorizationException.class);
            return Set.of();
        }
    }

    @Test
    @Order(2)
    void onlyTheGateAndARollbackWritePromotions() throws Exception {
        for (String user : users()) {
            try (KafkaProducer<byte[], byte[]> producer =
                    new KafkaProducer<>(client(user), new ByteArraySerializer(), new ByteArraySerializer())) {
                var sent = producer.send(new ProducerRecord<>(Topics.PROMOTIONS, new byte[] {1}, new byte[] {2}));
                if (Set.of(ADMIN, "promote-gate", "rollback").contains(user)) {
                    assertThat(sent.get(30, TimeUnit.SECONDS).offset()).as(user).isNotNegative();
                } else {
                    assertThatThrownBy(() -> sent.get(30, TimeUnit.SECONDS))
                            .as(user)
                            .isInstanceOf(ExecutionException.class)
                            .hasCauseInstanceOf(AuthorizationException.class);
                }
            }
        }
    }

    @Test
    @Order(3)
    void thePipelineWorksWithExactlyThat() throws Exception {
        Ran sent = as(
                "ingest",
                "ingest",
                BundledLogs.folder().toString(),
                "--runs",
                "human",
                "--to",
                "both",
                "--limit",
                "400");
        assertThat(sent.code()).as(sent.err()).isZero();
        send("learn", Topics.CANDIDATES, new byte[] {1, 2, 3});
        Trust trust = promoteSigned();
        Settings learn = settings(new LearnCommand(), "learn", Map.of());
        Settings gate = settings(new PromoteGateCommand(), "promote-gate", Map.of());
        TopicReader reader = new TopicReader(Connection.of(learn), Duration.ofSeconds(20));
        TopicReader all =
                new TopicReader(Connection.of(settings(new LearnCommand(), ADMIN, Map.of())), Duration.ofSeconds(20));
        ServingConfig config = ServingConfig.defaults(BROKER.bootstrapServers(), folder.resolve("serving"))
                .withClient(client("serve"))
                .with(new ServingConfig.Delivery(Guarantee.EXACTLY_ONCE, Duration.ofMillis(100)))
                .with(trust);
        Connection.of(learn).ensureTopics(1, 4);
        try (LocalFlink flink = LocalFlink.start(Files.createDirectories(folder.resolve("flink")), 2);
                Serving serving = new Serving(config, new CarFollowingPolicy())) {
            serving.start();
            flink.submit("learning", environment -> LearnCommand.build(environment, learn, Connection.of(learn)));
            flink.submit("promotion", environment -> PromoteGateCommand.build(environment, gate, Connection.of(gate)));
            await("decisions", () -> !values(all, Topics.DECISIONS).isEmpty());
            await(
                    "totals",
                    () -> reader.all(Topics.REPORTS, Serdes.String(), UnderstudySerdes.trainingRecord()).stream()
                            .map(ConsumerRecord::value)
                            .map(TrainingRecord::counts)
                            .anyMatch(counts -> counts.getOrDefault("ingested", 0L) >= 400));
            await(
                    "the gate's dead letter",
                    () -> all.all(Topics.DEAD_LETTERS, Serdes.ByteArray(), UnderstudySerdes.deadLetter()).stream()
                            .map(ConsumerRecord::value)
                            .map(DeadLetter::source)
                            .anyMatch(Topics.CANDIDATES::equals));
            assertThat(flink.failure()).isEmpty();
            // Serving saw what was signed, even if it is no model, and passed over what was not.
            await("an acknowledgement", () -> acknowledged(all).stream().anyMatch(ack -> ack.epoch() == 1));
            assertThat(acknowledged(all))
                    .extracting(Acknowledgement::reason)
                    .doesNotContain("")
                    .noneMatch(reason -> reason.contains("sign"));
            assertThat(serving.metrics().snapshot().untrusted()).isEqualTo(1);
        }
    }

    private static List<Acknowledgement> acknowledged(TopicReader reader) {
        return reader.all(Topics.ACKS, Serdes.String(), UnderstudySerdes.acknowledgement()).stream()
                .map(ConsumerRecord::value)
                .toList();
    }

    /** Promotes a file that is no model, signed, and another, not signed; returns who signed. */
    private static Trust promoteSigned() throws Exception {
        byte[] file = {4, 5, 6};
        SigningKey trainer = SigningKey.generate();
        SigningKey gate = SigningKey.generate();
        RecordSigner byTrainer = RecordSigner.with(Files.writeString(folder.resolve("t.pem"), trainer.toPem()));
        RecordSigner byGate = RecordSigner.with(Files.writeString(folder.resolve("g.pem"), gate.toPem()));
        for (var piece : Artifacts.chunks(CarFollowing.POLICY, file)) {
            send(
                    "learn",
                    Topics.ARTIFACTS,
                    piece.key().toString(),
                    piece.value().bytes(),
                    byTrainer);
        }
        send(
                "promote-gate",
                Topics.PROMOTIONS,
                CarFollowing.POLICY,
                promotion(2, "d".repeat(64), "b"),
                RecordSigner.NONE);
        send("promote-gate", Topics.PROMOTIONS, CarFollowing.POLICY, promotion(1, Artifacts.sha256(file), "a"), byGate);
        return new Trust(
                Map.of(Role.TRAINER, List.of(trainer.verifyingKey()), Role.GATE, List.of(gate.verifyingKey())));
    }

    private static byte[] promotion(long epoch, String sha256, String candidateId) {
        Promotion promotion =
                new Promotion(CarFollowing.POLICY, epoch, sha256, 1, "", "test", true, candidateId, new TreeMap<>(), 0);
        return UnderstudySerdes.promotion().serializer().serialize("", promotion);
    }

    private static List<Decision> values(TopicReader reader, String topic) {
        return reader.all(topic, Serdes.String(), UnderstudySerdes.decision()).stream()
                .map(ConsumerRecord::value)
                .toList();
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("deadline for " + what).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private static void send(String user, String topic, byte[] value) throws Exception {
        send(user, topic, CarFollowing.POLICY, value, RecordSigner.NONE);
    }

    private static void send(String user, String topic, String key, byte[] value, RecordSigner signer)
            throws Exception {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(client(user), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(topic, null, bytes, value, signer.headers(topic, bytes, value)))
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    @Order(4)
    void modelsAreListedAndRolledBackWithExactlyThat() throws Exception {
        byte[] file = {1, 2, 3};
        String first = Artifacts.sha256(file);
        for (var piece : Artifacts.chunks(CarFollowing.POLICY, file)) {
            send(
                    "learn",
                    Topics.ARTIFACTS,
                    piece.key().toString(),
                    piece.value().bytes(),
                    RecordSigner.NONE);
        }
        for (Promotion promotion : List.of(
                new Promotion(CarFollowing.POLICY, 3, first, 1, "", "test", true, "a", new TreeMap<>(), 0),
                new Promotion(
                        CarFollowing.POLICY, 4, "c".repeat(64), 2, first, "test", true, "b", new TreeMap<>(), 0))) {
            byte[] value = UnderstudySerdes.promotion().serializer().serialize("", promotion);
            send("promote-gate", Topics.HISTORY, value);
            send("promote-gate", Topics.PROMOTIONS, value);
        }
        Ran list = as("models", "models", "list");
        assertThat(list.code()).as(list.err()).isZero();
        Ran refused = as("models", "models", "rollback");
        assertThat(refused.code()).as(refused.out()).isEqualTo(1);
        assertThat(refused.err()).contains("Not authorized");
        Ran rollback = as("rollback", "models", "rollback");
        assertThat(rollback.code()).as(rollback.err()).isZero();
        Ran stranger = as(STRANGER, "models", "list");
        assertThat(stranger.code()).isEqualTo(1);
    }

    @Test
    @Order(5)
    void theDoctorNamesWhoMaySteerWithoutNeedingTo() throws Exception {
        try (Admin admin = Admin.create(client(ADMIN))) {
            var binding = new org.apache.kafka.common.acl.AclBinding(
                    new org.apache.kafka.common.resource.ResourcePattern(
                            org.apache.kafka.common.resource.ResourceType.TOPIC,
                            "models.",
                            org.apache.kafka.common.resource.PatternType.PREFIXED),
                    new org.apache.kafka.common.acl.AccessControlEntry(
                            "User:stranger",
                            "*",
                            AclOperation.WRITE,
                            org.apache.kafka.common.acl.AclPermissionType.ALLOW));
            admin.createAcls(List.of(binding)).all().get(30, TimeUnit.SECONDS);
            Ran found = as(ADMIN, "doctor", "--acls", "--domain", "driving");
            assertThat(found.code()).isEqualTo(1);
            assertThat(found.out())
                    .contains("FAILED")
                    .contains("User:stranger may WRITE models.acks.v1, models.artifacts.v1")
                    .contains("User:promote-gate, User:rollback");
        }
    }
}
