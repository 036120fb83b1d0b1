package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TurnClient;
import dev.understudy.app.study.Talk;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.dialogue.PersonalData;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.dialogue.TurnCheck;
import dev.understudy.dialogue.TurnRefusal;
import dev.understudy.domain.Actor;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Decision;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** Talks with what {@code serve} serves, through Kafka, or with a model file: a line in, a reply out. */
@Command(
        name = "chat",
        description = {
            "Talk with a policy of dialogue: each line of the input is a turn, each line of the output a reply; with --json, an",
            "object with the reply, or with what is wrong with a line that can be no turn.",
            "Through Kafka, with the policy that serve serves; or, with --model, with a model file and without a cluster.",
            "An empty line begins another conversation. What is typed is masked as logs are, and never learned from."
        })
public final class ChatCommand implements Tool {
    private static final int SHORT_HASH = 12;

    private static final Setting<String> MODEL = TrainCommand.existingIfGiven(
            "model",
            "A model file to talk with, as train writes it or models export writes it; without one, through Kafka.");
    private static final Setting<String> POLICY = Setting.text(
            "policy",
            "",
            "Which policy is asked, where serve serves several of dialogue; the one that it serves by default.");
    private static final Setting<String> CONVERSATION = Setting.text(
                    "chat.conversation",
                    "",
                    "Name of the conversation; one that was answered within a day goes on. A new one by default.")
            .as("--conversation");
    private static final Setting<Integer> WAIT_SECONDS = Setting.integer(
                    "chat.wait.seconds", 30, 1, 3600, "How long to wait for a reply, seconds.")
            .as("--wait-seconds");

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(List.of(MODEL, POLICY, CONVERSATION, WAIT_SECONDS, TrainCommand.SEED));
        return settings;
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        String policy = settings.get(POLICY);
        if (!policy.isBlank() && !Pipeline.spec(policy).domain().equals(Turn.DOMAIN)) {
            throw new BadSettingsException(List.of(
                    "policy: expected one of %s, found \"%s\"".formatted(Catalogue.policies(Turn.DOMAIN), policy)));
        }
        // The process's own input: it is not this command's to close.
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (settings.get(MODEL).isBlank()) {
            throughKafka(settings, lines, console);
        } else {
            withFile(settings, lines, console);
        }
        return 0;
    }

    /** A person's part of conversations: lines become turns. */
    private static final class Visitor {
        private final BufferedReader lines;
        private final Console console;
        private final String entity;
        private final String label;
        private int conversations;
        private long sequence;
        private long lineNumber;

        Visitor(BufferedReader lines, Console console, String entity, String label) {
            this.lines = lines;
            this.console = console;
            this.entity = entity;
            this.label = label;
        }

        String episode() {
            return conversations == 0 ? entity : entity + "#" + conversations;
        }

        /** Goes on after a turn of that number. */
        void after(long newest) {
            sequence = newest + 2;
        }

        /** Returns the next turn that can be asked, null at the end of the input. */
        @Nullable
        Turn next() throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                lineNumber++;
                if (line.isBlank()) {
                    conversations++;
                    sequence = 0;
                    continue;
                }
                Turn turn = turn(PersonalData.masked(line));
                TurnRefusal refusal = TurnCheck.check(turn);
                if (refusal == null) {
                    sequence += 2; // the reply has the number between
                    return turn;
                }
                refused(TurnCheck.describe(refusal, turn));
            }
            return null;
        }

        /** Tells why the last line gets no reply. */
        void refused(String why) {
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("error", why);
            told.put("line", lineNumber);
            console.problemLine(told, () -> "line %d: %s".formatted(lineNumber, why));
        }

        private Turn turn(String text) {
            // A time that is the record's own counts as set by hand, and then no pause is believed: a ms earlier.
            long timeMs = System.currentTimeMillis() - 1;
            return new Turn(
                    entity, episode(), sequence, timeMs, Actor.HUMAN, label, false, Role.USER, text, List.of(), 0);
        }
    }

    private static void throughKafka(Settings settings, BufferedReader lines, Console console) throws IOException {
        String given = settings.get(CONVERSATION);
        String name =
                given.isBlank() ? "visitor-" + UUID.randomUUID().toString().substring(0, 8) : given;
        Connection connection = Connection.of(settings);
        Visitor visitor = new Visitor(lines, console, name, settings.get(POLICY));
        try (TurnClient client = new TurnClient(connection, Duration.ofSeconds(settings.get(WAIT_SECONDS)))) {
            if (!given.isBlank()) {
                client.newest(name, visitor.episode()).ifPresent(visitor::after);
            }
            if (console.isTerminal()) {
                console.note("conversation %s at %s; an empty line begins another, Ctrl-D ends"
                        .formatted(name, connection.bootstrapServers()));
            }
            boolean isWithoutModel = false;
            for (Turn turn = visitor.next(); turn != null; turn = visitor.next()) {
                Decision decision = client.ask(List.of(turn)).get(turn);
                if (decision == null) {
                    throw new CommandFailedException(
                            "expected a reply within %d s, found none: does 'understudy serve --policy %s' run at %s?"
                                    .formatted(
                                            settings.get(WAIT_SECONDS),
                                            turn.label().isBlank() ? ResponderSpec.NAME : turn.label(),
                                            connection.bootstrapServers()));
                }
                console.resultLine(json(decision), () -> text(decision));
                isWithoutModel = decision.kind() == Decision.Kind.FALLBACK_NO_MODEL;
            }
            if (isWithoutModel) {
                throw new CommandFailedException(
                        "expected a reply by a model, found the fallback's: no model is in service at %s yet; 'understudy models list --policy %s' says what was judged"
                                .formatted(
                                        connection.bootstrapServers(),
                                        settings.get(POLICY).isBlank() ? ResponderSpec.NAME : settings.get(POLICY)));
            }
        }
    }

    private static Map<String, @Nullable Object> json(Decision decision) {
        Map<String, @Nullable Object> told = new LinkedHashMap<>();
        told.put("reply", decision.text());
        told.put("sha256", decision.sha256());
        told.put("seed", decision.seed());
        told.put("policy", decision.policy());
        told.put("epoch", decision.epoch());
        told.put("kind", decision.kind().name());
        told.put("reason", decision.reason());
        told.put("conversation", decision.episode());
        told.put("sequence", decision.sequence());
        told.put("latencyMillis", decision.decidedAtMs() - decision.observedAtMs());
        return told;
    }

    /** Returns a reply with what it rests on. */
    private static String text(Decision decision) {
        String by = decision.sha256().isEmpty()
                ? decision.kind().name()
                : "epoch %d, model %s"
                        .formatted(decision.epoch(), decision.sha256().substring(0, SHORT_HASH));
        String why = decision.reason().isEmpty() ? "" : "; " + decision.reason();
        return "%s   [%s%s]".formatted(Console.onOneLine(String.valueOf(decision.text())), by, why);
    }

    private static void withFile(Settings settings, BufferedReader lines, Console console) throws IOException {
        Path file = Path.of(settings.get(MODEL));
        PolicySpec<Turn> spec = DialogueStudy.named(file);
        String name = settings.get(CONVERSATION).isBlank() ? "console" : settings.get(CONVERSATION);
        Visitor visitor = new Visitor(lines, console, name, "");
        Talk talk = new Talk(spec);
        try (ServedPolicy policy = EvaluateCommand.accepted(file, spec)) {
            for (Turn turn = visitor.next(); turn != null; turn = visitor.next()) {
                Refusal refusal = talk.hear(turn);
                if (refusal != null) {
                    visitor.refused(refusal.text());
                    continue;
                }
                long seed = settings.get(TrainCommand.SEED) + turn.sequence() + 2;
                String text = talk.reply(policy, turn, seed);
                talk.said(text);
                Map<String, Object> told = new LinkedHashMap<>();
                told.put("reply", text);
                told.put("sha256", policy.sha256());
                told.put("seed", seed);
                console.resultLine(told, () -> Console.onOneLine(text));
            }
        }
    }
}
