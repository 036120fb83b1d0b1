package dev.understudy.app;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

/** The whole system in one JVM. */
@Command(name = "demo", description = "Run the whole system in one JVM on bundled real logs.")
final class DemoCommand implements Tool {
    private static final Setting<Integer> SECONDS = Setting.integer(
                    "demo.seconds", 110, 10, 86_400, "Stop after this long, seconds.")
            .as("--seconds");

    @Override
    public List<Setting<?>> settings() {
        return List.of(SECONDS);
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        long started = System.nanoTime();
        try (EmbeddedBroker broker = EmbeddedBroker.start(Path.of(System.getProperty("java.io.tmpdir")))) {
            console.line("broker at %s after %d ms"
                    .formatted(broker.bootstrapServers(), (System.nanoTime() - started) / 1_000_000));
        }
        return 0;
    }
}
