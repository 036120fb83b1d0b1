package dev.understudy.app.kafka;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Settings;
import dev.understudy.app.embedded.EmbeddedBroker;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TurnClientIT {
    private static Connection connection(String bootstrapServers) {
        return Connection.of(Settings.resolve(
                Connection.SETTINGS,
                Set.of(),
                null,
                Map.of(),
                Map.of("bootstrap.servers", bootstrapServers, "timeout.seconds", "3")));
    }

    @Test
    void aClusterThatIsGoneIsToldWithItsAddress(@TempDir Path folder) throws Exception {
        TurnClient client;
        String address;
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder)) {
            address = broker.bootstrapServers();
            Connection.local(address).ensureTopics(1, 1, Turn.DOMAIN);
            client = new TurnClient(connection(address), Duration.ofMinutes(10));
        }
        try (client) {
            Turn turn = new Turn("a", "a", 0, 1, Actor.HUMAN, "", false, Role.USER, "Hello", List.of(), 0);
            assertThatThrownBy(() -> client.ask(List.of(turn)))
                    .isInstanceOf(CommandFailedException.class)
                    .hasMessageStartingWith(
                            "expected to send a turn to dialogue.observations.v1 at %s within 3 s, found no answer ("
                                    .formatted(address));
        }
    }
}
