package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.driving.CarFollowing;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signed models through the commands and a broker. */
class SigningIT {
    private static final byte[] MODEL = "no model, but a file".getBytes(StandardCharsets.UTF_8);
    private static final byte[] OTHER = "another file".getBytes(StandardCharsets.UTF_8);
    private static final String SHA256 = Artifacts.sha256(MODEL);

    @TempDir
    static Path folder = Path.of("");

    private static final EmbeddedBroker BROKER = broker();

    private static EmbeddedBroker broker() {
        try {
            return EmbeddedBroker.start(Path.of(System.getProperty("java.io.tmpdir")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @BeforeAll
    static void publish() throws Exception {
        Ran keys = Ran.command("models", "keys", "--directory", folder.toString());
        assertThat(keys.code()).as(keys.err()).isZero();
        assertThat(keys.out()).contains("sign.trainer=" + folder.resolve("trainer.pem"));
        Connection connection = Connection.local(BROKER.bootstrapServers());
        connection.ensureTopics(1, 1);
        RecordSigner trainer = RecordSigner.with(folder.resolve("trainer.pem"));
        RecordSigner gate = RecordSigner.with(folder.resolve("gate.pem"));
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                connection.clientSettings(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (byte[] file : List.of(MODEL, OTHER)) {
                for (var piece : Artifacts.chunks(CarFollowing.POLICY, file)) {
                    send(
                            producer,
                            trainer,
                            Topics.ARTIFACTS,
                            piece.key().toString(),
                            piece.value().bytes());
                }
            }
            for (Promotion promotion :
                    List.of(promotion(1, SHA256, ""), promotion(2, Artifacts.sha256(OTHER), SHA256))) {
                byte[] value = UnderstudySerdes.promotion().serializer().serialize("", promotion);
                send(producer, gate, Topics.HISTORY, promotion.policy(), value);
                send(producer, gate, Topics.PROMOTIONS, promotion.policy(), value);
            }
            // A stranger's: it would be the newest.
            byte[] value = UnderstudySerdes.promotion().serializer().serialize("", promotion(9, "ee".repeat(32), ""));
            send(producer, RecordSigner.NONE, Topics.HISTORY, CarFollowing.POLICY, value);
        }
    }

    private static Promotion promotion(long epoch, String sha256, String previous) {
        return new Promotion(
                CarFollowing.POLICY, epoch, sha256, 1000 * epoch, previous, "test", true, "c", new TreeMap<>(), 0);
    }

    private static void send(
            KafkaProducer<byte[], byte[]> producer, RecordSigner signer, String topic, String key, byte[] value)
            throws Exception {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        producer.send(new ProducerRecord<>(topic, null, bytes, value, signer.headers(topic, bytes, value)))
                .get(30, TimeUnit.SECONDS);
    }

    @AfterAll
    static void stop() {
        BROKER.close();
    }

    private static Ran models(String command, String... more) {
        return models(List.of("trainer", "gate", "operator"), command, more);
    }

    private static Ran models(List<String> trusted, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("models", command));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--bootstrap-servers", BROKER.bootstrapServers()));
        trusted.forEach(role -> arguments.addAll(
                List.of("--trust-" + role, folder.resolve(role + ".pub").toString())));
        return Ran.command(arguments.toArray(String[]::new));
    }

    @Test
    void aPrivateKeyIsItsOwnersAloneAndIsNotOverwritten() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("gate.pem"))))
                .isEqualTo("rw-------");
        Ran again = Ran.command("models", "keys", "--directory", folder.toString());
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("it is not overwritten");
    }

    @Test
    void whatNobodySignedIsNotListedWhereKeysAreTrusted() {
        assertThat(models("list").out()).contains(SHA256.substring(0, 12)).doesNotContain("eeeeeeeeeeee");
        assertThat(models(List.of(), "list").out()).contains("eeeeeeeeeeee");
    }

    @Test
    void aRollbackNeedsTheKeyOfAnOperatorWhereKeysAreTrusted() {
        Ran without = models("rollback");
        assertThat(without.code()).isEqualTo(2);
        assertThat(without.err()).contains("sign.operator: expected the private key of one of trust.operator");
        Ran wrong =
                models("rollback", "--sign-operator", folder.resolve("gate.pem").toString());
        assertThat(wrong.code()).isEqualTo(2);
        Ran signed = models(
                "rollback", "--sign-operator", folder.resolve("operator.pem").toString());
        assertThat(signed.code()).as(signed.err()).isZero();
        assertThat(signed.out()).contains("epoch 3 puts " + SHA256.substring(0, 12) + " in force");
        assertThat(models("list").out()).contains("rolled back by hand");
    }

    @Test
    void verifySaysWhoseSignatureCounts() {
        Ran verified = models("verify", SHA256);
        assertThat(verified.out()).contains("signature: verified").contains("Refused: model"); // it is no ONNX file
        Ran swapped = Ran.command(
                "models",
                "verify",
                SHA256,
                "--bootstrap-servers",
                BROKER.bootstrapServers(),
                "--trust-trainer",
                folder.resolve("gate.pub").toString(),
                "--trust-gate",
                folder.resolve("gate.pub").toString());
        assertThat(swapped.code()).isEqualTo(1);
        assertThat(swapped.out())
                .contains("signature: refused")
                .contains("expected a signature by one of the trusted keys");
        Ran partly = models(List.of("gate"), "verify", SHA256);
        assertThat(partly.code()).isEqualTo(2);
        assertThat(partly.err()).contains("trust.trainer: expected a public key, as other roles have one");
    }

    @Test
    void anExportedModelIsVerifiedByItsFiles() throws Exception {
        Path model = export("verified.onnx");
        assertThat(Files.readAllBytes(model)).isEqualTo(MODEL);
        String[] verify = {
            "models",
            "verify",
            model.toString(),
            "--trust-trainer",
            folder.resolve("trainer.pub").toString()
        };
        assertThat(Ran.command(verify).out()).contains("signature: verified");
        Files.write(model, OTHER);
        Ran altered = Ran.command(verify);
        assertThat(altered.code()).isEqualTo(1);
        assertThat(altered.out())
                .contains("signature: refused")
                .contains("expected a signature for the file of model " + Artifacts.sha256(OTHER));
        Files.delete(model.resolveSibling("verified.onnx.sig"));
        assertThat(Ran.command(verify).out()).contains("found no signature");
    }

    @Test
    void withoutASignatureThatCountsNothingIsExported() {
        Path out = folder.resolve("unsigned.onnx");
        Ran refused = Ran.command(
                "models",
                "export",
                SHA256,
                "--out",
                out.toString(),
                "--bootstrap-servers",
                BROKER.bootstrapServers(),
                "--trust-trainer",
                folder.resolve("operator.pub").toString(),
                "--trust-gate",
                folder.resolve("gate.pub").toString());
        assertThat(refused.code()).isEqualTo(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void aFileIsToldFromAHashBeforeTheClusterIsAsked() throws Exception {
        Path file = Files.write(folder.resolve("exported-before.onnx"), MODEL);
        String[] nowhere = {"--bootstrap-servers", "localhost:1", "--timeout-seconds", "1"};
        Ran again = Ran.command("models", "export", file.toString(), nowhere[0], nowhere[1], nowhere[2], nowhere[3]);
        assertThat(again.err())
                .contains("expected the SHA-256 of a model of the cluster, or its beginning, found the file " + file);
        Ran there = Ran.command(
                "models", "export", "ab12", "--out", file.toString(), nowhere[0], nowhere[1], nowhere[2], nowhere[3]);
        assertThat(there.err()).contains("expected no file at " + file + ", found one");
    }

    @Test
    void whatTrainSignsIsVerified() throws Exception {
        Path episodes = folder.resolve("episodes.csv");
        StringBuilder lines = new StringBuilder("episode,step,x,x_dot,theta,theta_dot,action,reward\n");
        for (int step = 0; step < 5; step++) {
            lines.append("0,%d,0.01,0.02,-0.01,0.03,1,1.0%n".formatted(step));
        }
        lines.append("0,5,0.01,0.02,-0.01,0.03,,\n");
        Path model = folder.resolve("trained.onnx");
        Ran trained = Ran.command(
                "train",
                "bc",
                "--policy",
                "control/cartpole-v0",
                "--demos",
                Files.writeString(episodes, lines).toString(),
                "--trajectories",
                "1",
                "--steps",
                "5",
                "--out",
                model.toString(),
                "--sign-trainer",
                folder.resolve("trainer.pem").toString());
        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.out())
                .startsWith("Wrote " + model + " (")
                .contains(", and its signature " + model + ".sig: control/cartpole-v0, learned by bc in ")
                .contains("Of the logs: licence unknown, environment cartpole-v0, 1 trajectories, 5 pairs")
                .contains("Of the training: ");
        String[] verify = {
            "models",
            "verify",
            model.toString(),
            "--trust-trainer",
            folder.resolve("trainer.pub").toString()
        };
        Ran verified = Ran.command(verify);
        assertThat(verified.out()).contains("Accepted: model").contains("signature: verified");
        verify[4] = folder.resolve("gate.pub").toString();
        assertThat(Ran.command(verify).out()).contains("signature: refused");
    }

    private static Path export(String name) {
        Path model = folder.resolve(name);
        Ran exported = models("export", SHA256.substring(0, 8), "--out", model.toString());
        assertThat(exported.code()).as(exported.err()).isZero();
        assertThat(exported.out()).contains("and its signature " + model + ".sig");
        return model;
    }

    @Test
    void theReferenceToolVerifiesAnExportedModel() throws Exception {
        Optional<Path> python = Stream.of(
                        Path.of("").toAbsolutePath().resolveSibling("clients/python/.venv/bin/python"),
                        Path.of("/usr/bin/python3"))
                .filter(file -> Files.isExecutable(file) && runs(file, "-c", "import model_signing"))
                .findFirst();
        assumeTrue(
                python.isPresent(),
                "expected model-signing in clients/python/.venv, found none: run clients/python/install.sh");
        Path model = export("foreign.onnx");
        assertThat(verifies(python.get(), model, "trainer.pub")).isTrue();
        assertThat(verifies(python.get(), model, "gate.pub")).isFalse();
        Files.write(model, OTHER);
        assertThat(verifies(python.get(), model, "trainer.pub")).isFalse();
    }

    private static boolean verifies(Path python, Path model, String key) {
        return runs(
                python,
                "-m",
                "model_signing",
                "verify",
                "key",
                model.toString(),
                "--signature",
                model + ".sig",
                "--public_key",
                folder.resolve(key).toString());
    }

    private static boolean runs(Path program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .directory(folder.toFile())
                    .start();
            try (InputStream out = process.getInputStream()) {
                out.readAllBytes();
                return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
            } finally {
                process.destroy();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
