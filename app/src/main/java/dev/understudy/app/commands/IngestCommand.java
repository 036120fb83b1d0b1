package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Interrupts;
import dev.understudy.app.console.Prose;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.Connection;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Domain;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.LogInspection;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.ingest.OpenAccRun;
import dev.understudy.ingest.PolicyGuess;
import dev.understudy.ingest.Replay;
import dev.understudy.ingest.ReplayReport;
import dev.understudy.ingest.ReplaySettings;
import dev.understudy.ingest.Row;
import dev.understudy.ingest.SampleSource;
import dev.understudy.schemas.DomainTopics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Reads log files into Kafka. */
@Command(
        name = "ingest",
        description = {
            "Read log files into Kafka, at a multiple of their own speed or as fast as possible.",
            "Formats: openacc (a folder with runs.csv and runs/*.csv.gz); mapped (CSV or JSON lines, plain or .gz, whose",
            "columns the file given with --mapping names; see docs/bring-your-own-logs.md); episodes (files of episodes of the",
            "task that --policy names, as train takes them; see docs/data.md), which go to control.logs.v1; self-dialogue,",
            "schema-guided, multiwoz, chat, rasa (conversations in JSON lines; see docs/algorithms/dialogue.md), which go to",
            "dialogue.logs.v1, with personal data masked."
        })
public final class IngestCommand implements Tool {
    private static final int MOST_BAD_ROWS_SHOWN = 10;

    private static final int FAILED = 1;

    private static final Setting<String> MAPPING = Setting.text(
                    "ingest.mapping", "", "The mapping file; needed for --format mapped.")
            .as("--mapping");
    private static final Setting<String> RUNS = Setting.text(
                    "ingest.runs", "", "Names or experts (acc-S, human) of the openacc runs, by comma; all by default.")
            .as("--runs");
    private static final Setting<Double> FACTOR = Setting.number(
                    "ingest.factor", 0, 0, 1_000_000, "Event seconds per second; 0 is as fast as possible.")
            .as("--factor");
    private static final Setting<ReplaySettings.Route> TO = Setting.choice(
                    "ingest.to",
                    ReplaySettings.Route.LOGS,
                    ReplaySettings.Route.class,
                    "Where samples go: logs, observations or both.")
            .as("--to");
    private static final Setting<String> PROGRESS = Setting.text(
                    "ingest.progress", "", "A file that remembers how far it got; the same command then goes on there.")
            .as("--progress");
    private static final Setting<Integer> LIMIT = Setting.integer(
                    "ingest.limit", Integer.MAX_VALUE, 0, Integer.MAX_VALUE, "At most so many rows.")
            .as("--limit");

    private static final Setting<Boolean> GUESS = Setting.off(
                    "ingest.guess",
                    "Send nothing: look at one file and write a first policy file for it, with what is unsure.")
            .as("--guess");

    @Parameters(
            paramLabel = "<file>",
            arity = "1..*",
            description =
                    "A folder (openacc), files and folders (mapped or with --policy-file), or files (episodes, conversations).")
    private List<Path> files = List.of();

    @Override
    public List<Setting<?>> settings() {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(Connection.TOPIC_SETTINGS);
        settings.addAll(List.of(
                LogFiles.FORMAT,
                LogFiles.POLICY,
                PolicyFiles.FILE,
                MAPPING,
                RUNS,
                LogFiles.SEQUENTIAL,
                FACTOR,
                TO,
                PROGRESS,
                LIMIT,
                GUESS));
        return settings;
    }

    @Override
    public Set<String> meaningless(Settings settings) {
        return LogFiles.isOfDialogue(settings)
                ? Set.of(MAPPING.key(), RUNS.key(), LogFiles.SEQUENTIAL.key())
                : Set.of();
    }

    @Override
    public int run(Settings settings, Console console) {
        if (settings.get(GUESS)) {
            return guess(console);
        }
        Opened opened = open(settings);
        Domain<?> domain = opened.domain();
        try (InspectedSource source = opened.source()) {
            List<String> told = source.notes();
            told.forEach(console::note);
            Connection connection = Connection.of(settings);
            connection.ensureTopics(settings, domain);
            String progress = settings.get(PROGRESS);
            ReplaySettings replaying = new ReplaySettings(
                    connection.bootstrapServers(),
                    settings.get(FACTOR),
                    settings.get(TO),
                    progress.isEmpty() ? null : Path.of(progress),
                    Duration.ofMinutes(2),
                    settings.get(LIMIT));
            Properties client = replaying.producerProperties();
            client.putAll(connection.clientSettings());
            ReplayReport report;
            AtomicLong bad = new AtomicLong();
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(client)) {
                Replay replay = new Replay(replaying, DomainTopics.of(domain), producer);
                Interrupts.onFirst(replay::stop);
                report = replay.run(source, each -> show(each, console), row -> tell(row, bad, console));
            }
            LogInspection found = source.inspection();
            Map<String, Object> result = result(report, found);
            console.result(result, () -> summary(report, found));
            found.remarks().stream().filter(remark -> !told.contains(remark)).forEach(console::note);
            if (report.finished() && report.logs() + report.observations() + report.skipped() == 0) {
                console.note("expected rows to send in %s, found none: %,d rows, bad %s"
                        .formatted(files, report.rows(), report.bad()));
                return FAILED;
            }
            return 0;
        }
    }

    private int guess(Console console) {
        LogFiles.requireExisting(files);
        if (files.size() != 1) {
            throw new BadSettingsException(
                    List.of("<file>: expected one file to guess from, found %d".formatted(files.size())));
        }
        PolicyGuess guess = LogFiles.opened(() -> PolicyGuess.of(files.get(0)));
        guess.unsure().forEach(each -> console.note("unsure: " + each));
        console.result(Map.of("policyFile", guess.text(), "unsure", guess.unsure()), guess::text);
        return 0;
    }

    /** What is read, and of which domain it is. */
    private record Opened(InspectedSource source, Domain<?> domain) {}

    private Opened open(Settings settings) {
        Optional<InspectedSource> declared = PolicyFiles.logs(files, settings);
        if (declared.isPresent()) {
            return new Opened(declared.get(), ControlPolicySpec.DOMAIN);
        }
        LogReading reading = LogReading.defaults();
        Optional<InspectedSource> conversations =
                LogFiles.conversations(files, settings, settings.get(MAPPING), reading.inactivity(), reading.experts());
        if (conversations.isPresent()) {
            return new Opened(conversations.get(), Turn.DOMAIN);
        }
        Optional<ControlPolicySpec> control = LogFiles.episodesOf(settings.get(LogFiles.POLICY));
        if (settings.get(LogFiles.FORMAT).equals("episodes") && control.isEmpty()) {
            throw new BadSettingsException(List.of("--policy: expected one of %s with --format episodes, found \"%s\""
                    .formatted(Catalogue.policies(ControlPolicySpec.DOMAIN), settings.get(LogFiles.POLICY))));
        }
        return control.isPresent()
                ? new Opened(
                        LogFiles.episodes(files, control.get(), reading.experts()),
                        control.get().domain())
                : new Opened(
                        new InspectedSource(source(settings), reading.lateness(), reading.experts()),
                        new CarFollowingPolicy().domain());
    }

    private SampleSource source(Settings settings) {
        if (settings.get(LogFiles.FORMAT).equals("mapped")
                && settings.get(MAPPING).isEmpty()) {
            throw new BadSettingsException(List.of("--mapping: expected a mapping file, found none"));
        }
        if (!settings.get(MAPPING).isEmpty()) {
            return LogFiles.open(files, settings.get(MAPPING));
        }
        LogFiles.requireExisting(files);
        if (files.size() != 1) {
            throw new BadSettingsException(
                    List.of("<file>: expected one folder in the openacc layout, found " + files.size()));
        }
        OpenAccReader reader = LogFiles.opened(() -> OpenAccReader.open(files.get(0)));
        List<OpenAccRun> runs = LogFiles.opened(() -> runs(reader, settings.get(RUNS)));
        return LogFiles.read(reader, runs, settings.get(LogFiles.SEQUENTIAL));
    }

    private static List<OpenAccRun> runs(OpenAccReader reader, String wanted) {
        if (wanted.isEmpty()) {
            return reader.runs();
        }
        List<OpenAccRun> runs = new ArrayList<>();
        for (String word : Arrays.stream(wanted.split(",")).map(String::strip).toList()) {
            List<OpenAccRun> labelled = reader.labelled(word);
            runs.addAll(labelled.isEmpty() ? reader.named(List.of(word)) : labelled);
        }
        return runs;
    }

    private static void show(ReplayReport report, Console console) {
        String text = "%,d rows, %,.0f a second%s, %,d bad%s"
                .formatted(
                        report.rows(),
                        report.rowsPerSecond(),
                        report.logs() + report.observations() == 0
                                ? ""
                                : ", event time " + Instant.ofEpochMilli(report.eventTimeMs()),
                        report.badRows(),
                        report.skipped() == 0 ? "" : "; %,d rows were sent before".formatted(report.skipped()));
        if (console.isTerminal()) {
            console.status(text);
        } else {
            console.line(text);
        }
    }

    private static void tell(Row.Bad row, AtomicLong bad, Console console) {
        long number = bad.incrementAndGet();
        if (number <= MOST_BAD_ROWS_SHOWN) {
            console.note(row.describe());
        } else if (number == MOST_BAD_ROWS_SHOWN + 1) {
            console.note("... and more; all of them are in dead-letters.v1");
        }
    }

    /** Returns the same in sentences. */
    static String summary(ReplayReport report, LogInspection found) {
        String skipped = report.skipped() == 0 ? "" : " after %,d that were sent before".formatted(report.skipped());
        return "Sent %,d log records and %,d observations of %,d rows%s in %.1f s%s; %s.%nThe learning job makes %,d steps of the rows: %,d come late, %,d are there twice, %s."
                .formatted(
                        report.logs(),
                        report.observations(),
                        report.rows(),
                        skipped,
                        report.seconds(),
                        report.finished() ? "" : ", and stopped before the end",
                        Prose.listed(Map.of("badRows", report.bad())),
                        found.steps(),
                        found.late(),
                        found.duplicates(),
                        Prose.listed(Map.of("rejected", found.rejectedByReason())));
    }

    /** Returns what was sent, and what the learning job would make of it. */
    public static Map<String, Object> result(ReplayReport report, LogInspection found) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("rows", report.rows());
        result.put("skipped", report.skipped());
        result.put("logs", report.logs());
        result.put("observations", report.observations());
        result.put("bad", report.bad());
        result.put("late", found.late());
        result.put("duplicates", found.duplicates());
        result.put("rejectedByReason", found.rejectedByReason());
        result.put("steps", found.steps());
        result.put("seconds", report.seconds());
        result.put("finished", report.finished());
        return result;
    }
}
