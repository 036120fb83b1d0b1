package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.app.kafka.Connection;
import dev.understudy.schemas.DomainTopics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tests of the Python client, against this project's broker; skipped where its packages are not installed. */
class PythonClientIT {
    @TempDir
    Path folder = Path.of("");

    @Test
    void theTestsOfThePythonClientPass() throws Exception {
        Path client = Path.of("").toAbsolutePath().resolveSibling("clients/python");
        Path python = client.resolve(".venv/bin/python");
        assumeTrue(
                Files.isExecutable(python)
                        && run(client, Map.of(), python, "-c", "import confluent_kafka, gymnasium, pytest")
                                        .code()
                                == 0,
                "expected the Python client in clients/python/.venv, found none: run clients/python/install.sh");
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            Connection connection = Connection.local(broker.bootstrapServers());
            connection.ensureTopics(1, 3);
            try (Admin admin = connection.admin()) {
                connection.topicAdmin(admin).ensure(1, DomainTopics.CONTROL.all(3));
            }
            Map<String, String> environment = Map.of("UNDERSTUDY_TEST_BOOTSTRAP_SERVERS", broker.bootstrapServers());
            Ran tests = run(client, environment, python, "-m", "pytest", "-q", "-p", "no:cacheprovider");
            assertThat(tests.code()).as(tests.out()).isZero();
        }
    }

    private static Ran run(Path in, Map<String, String> environment, Path program, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            String text = new String(out.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ran(process.exitValue(), text, "");
        } finally {
            process.destroy();
        }
    }
}
