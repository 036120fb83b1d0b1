package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.http.ChatCompletions;
import dev.understudy.app.http.HttpDoor;
import dev.understudy.app.http.LiveDecisions;
import dev.understudy.app.kafka.Connection;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Policies;
import dev.understudy.environment.ActionSpace;
import dev.understudy.streams.Serving;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code serve} answers by HTTP, if it does.
 *
 * @param address where it listens; null if it does not
 * @param token that requests must carry; empty for none
 * @param waiting most requests that wait for their decisions
 * @param timeout longest wait
 * @param policies those of dialogue that are served; null if none are
 */
record HttpSettings(
        @Nullable InetSocketAddress address,
        String token,
        int waiting,
        Duration timeout,
        @Nullable Policies<Turn> policies) {
    private static final Setting<Integer> PORT = Setting.integer(
                    "serve.http.port",
                    0,
                    0,
                    65_535,
                    "Port of OpenAI's chat completions (/v1/chat/completions) for policies of dialogue; 0 for none.")
            .as("--http");
    private static final Setting<String> ADDRESS = Setting.required(
                    "serve.http.address",
                    "127.0.0.1",
                    "Address it listens on; one that other machines reach needs serve.http.token.file.")
            .as("--http-address");
    private static final Setting<String> TOKEN_FILE = Setting.text(
                    "serve.http.token.file",
                    "",
                    "File with the token that requests must carry (Authorization: Bearer TOKEN); none by default.")
            .as("--http-token-file");
    private static final Setting<Integer> WAITING = Setting.integer(
            "serve.http.waiting",
            64,
            1,
            1_000,
            "Most requests that wait for their replies at once; more are told 503.");
    private static final Setting<Integer> TIMEOUT_SECONDS = Setting.integer(
            "serve.http.timeout.seconds",
            30,
            1,
            600,
            "Longest wait for a reply, after which a request is told 504, seconds.");

    /** Connections beside those whose requests wait: of clients that are idle or slow, and of those told to wait. */
    private static final int SPARE_CONNECTIONS = 256;

    static final List<Setting<?>> ALL = List.of(PORT, ADDRESS, TOKEN_FILE, WAITING, TIMEOUT_SECONDS);

    /** A door that is open, or none. */
    record Opened(@Nullable HttpDoor door, @Nullable LiveDecisions<Turn> decisions) implements AutoCloseable {
        /** Returns the number of its responses, by the kind of their status. */
        Map<String, Object> counts() {
            Map<String, Object> counts = new LinkedHashMap<>();
            if (door != null) {
                long[] byHundred = new long[6];
                door.responses().forEach((status, count) -> byHundred[Math.min(5, status / 100)] += count);
                counts.put("httpAnswered", byHundred[2]);
                counts.put("httpRefused", byHundred[4]);
                counts.put("httpFailed", byHundred[5]);
            }
            return counts;
        }

        @Override
        public void close() {
            if (door != null && decisions != null) {
                door.close();
                decisions.close();
            }
        }
    }

    /**
     * Reads them.
     *
     * @throws BadSettingsException naming every problem there is
     */
    static HttpSettings of(Settings settings, List<Policies<?>> served) {
        Duration timeout = Duration.ofSeconds(settings.get(TIMEOUT_SECONDS));
        if (settings.get(PORT) == 0) {
            return new HttpSettings(null, "", settings.get(WAITING), timeout, null);
        }
        List<String> problems = new ArrayList<>();
        Policies<Turn> ofDialogue = ofDialogue(served);
        if (ofDialogue == null) {
            problems.add("serve.http.port: expected a policy of dialogue that replies with text, found %s"
                    .formatted(served));
        }
        String token = "";
        if (!settings.get(TOKEN_FILE).isEmpty()) {
            try {
                token = Files.readString(Path.of(settings.get(TOKEN_FILE))).strip();
            } catch (IOException e) {
                problems.add("serve.http.token.file: expected a readable file, found " + e);
            }
            if (token.length() < 16) {
                problems.add("serve.http.token.file: expected a token of at least 16 characters, found %d"
                        .formatted(token.length()));
            }
        }
        InetSocketAddress address = null;
        try {
            InetAddress host = InetAddress.getByName(settings.get(ADDRESS));
            address = new InetSocketAddress(host, settings.get(PORT));
            if (!host.isLoopbackAddress() && token.isEmpty()) {
                problems.add("serve.http.address: expected serve.http.token.file beside %s, which other machines reach"
                        .formatted(settings.get(ADDRESS)));
            }
        } catch (UnknownHostException e) {
            problems.add("serve.http.address: expected an address of this machine, found " + settings.get(ADDRESS));
        }
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
        return new HttpSettings(address, token, settings.get(WAITING), timeout, ofDialogue);
    }

    @SuppressWarnings("unchecked") // the samples of a domain are those of its policies
    private static @Nullable Policies<Turn> ofDialogue(List<Policies<?>> served) {
        return (Policies<Turn>) served.stream()
                .filter(each -> each.domain().equals(Turn.DOMAIN))
                .filter(each ->
                        each.names().stream().anyMatch(name -> each.spec(name).actions() instanceof ActionSpace.Text))
                .findFirst()
                .orElse(null);
    }

    /** Opens the door, if there is to be one. */
    Opened open(Connection connection, String instance, Serving serving, Console console) {
        if (address == null || policies == null) {
            return new Opened(null, null);
        }
        LiveDecisions<Turn> decisions = new LiveDecisions<>(connection, Turn.DOMAIN, instance, waiting, timeout);
        try {
            HttpDoor door = HttpDoor.open(
                    address,
                    token,
                    waiting + SPARE_CONNECTIONS,
                    List.of(new ChatCompletions(policies, decisions, serving::model, InstantSource.system())));
            console.line("Chat completions at http://%s:%d/v1"
                    .formatted(
                            address.getAddress().getHostAddress(),
                            door.address().getPort()));
            return new Opened(door, decisions);
        } catch (IOException e) {
            decisions.close();
            throw new CommandFailedException(
                    "expected to listen on %s (serve.http.port), found %s".formatted(address, e.getMessage()), e);
        }
    }

    /** Leaves out the token. */
    @Override
    public String toString() {
        return "HttpSettings[%s, %d waiting, %s]".formatted(address, waiting, timeout);
    }
}
