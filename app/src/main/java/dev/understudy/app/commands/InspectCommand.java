package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.LogInspection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Says what logs would come to, before anything is sent. */
@Command(
        name = "inspect",
        description = {
            "Read log files as ingest and the learning job would, and say what they come to; needs no Kafka.",
            "Exits with 1 where no step would be learned. See docs/bring-your-own-logs.md."
        })
public final class InspectCommand implements Tool {
    private static final int FAILED = 1;

    @Parameters(
            paramLabel = "<file>",
            arity = "1..*",
            description =
                    "Files and folders with --mapping or --policy-file, one folder in the OpenACC layout, files of episodes with --policy, or files of conversations.")
    private List<Path> files = List.of();

    @Override
    public List<Setting<?>> settings() {
        return List.of(
                LogFiles.FORMAT,
                LogFiles.POLICY,
                PolicyFiles.FILE,
                LogFiles.MAPPING,
                LogFiles.SEQUENTIAL,
                Pipeline.EXPERTS,
                Pipeline.LATENESS_MILLIS,
                Pipeline.INACTIVITY_MILLIS);
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) {
        Set<Actor> experts = settings.get(Pipeline.EXPERTS).actors();
        InspectedSource source = open(settings, experts);
        LogInspection found = LogInspection.of(source);
        Map<String, @Nullable Object> result = result(found);
        console.result(result, () -> text(found, source.isOfConversations() ? ofConversations(result) : result));
        return found.steps() > 0 ? 0 : FAILED;
    }

    private InspectedSource open(Settings settings, Set<Actor> experts) {
        Optional<InspectedSource> declared = PolicyFiles.logs(files, settings);
        if (declared.isPresent()) {
            return declared.get();
        }
        String mapping = settings.get(LogFiles.MAPPING);
        Optional<InspectedSource> conversations = LogFiles.conversations(
                files, settings, mapping, Duration.ofMillis(settings.get(Pipeline.INACTIVITY_MILLIS)), experts);
        if (conversations.isPresent()) {
            return conversations.get();
        }
        Optional<ControlPolicySpec> control = LogFiles.episodesOf(settings.get(LogFiles.POLICY));
        return control.isPresent()
                ? LogFiles.episodes(files, control.get(), experts)
                : new InspectedSource(
                        LogFiles.open(files, mapping, settings.get(LogFiles.SEQUENTIAL)),
                        Duration.ofMillis(settings.get(Pipeline.LATENESS_MILLIS)),
                        experts);
    }

    static Map<String, @Nullable Object> result(LogInspection found) {
        Map<String, @Nullable Object> action = new LinkedHashMap<>();
        action.put("mean", finite(found.action().mean()));
        action.put("min", finite(found.action().min()));
        action.put("max", finite(found.action().max()));
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("rows", found.rows());
        result.put("bad", found.bad());
        result.put("badByReason", found.badByReason());
        result.put("samples", found.samples());
        result.put("trips", found.trips());
        result.put("rateHz", finite(found.rateHz()));
        result.put("steps", found.steps());
        result.put("rejectedByReason", found.rejectedByReason());
        result.put("late", found.late());
        result.put("duplicates", found.duplicates());
        result.put("action", action);
        result.put("remarks", found.remarks());
        return result;
    }

    /** Returns the figures that conversations have, by the names of what they count. */
    private static Map<String, @Nullable Object> ofConversations(Map<String, @Nullable Object> result) {
        Map<String, String> names = Map.of("samples", "turns", "trips", "conversations", "steps", "replies");
        Map<String, @Nullable Object> shown = new LinkedHashMap<>();
        result.forEach((name, figure) -> {
            if (!name.equals("rateHz") && !name.equals("action")) {
                shown.put(names.getOrDefault(name, name), figure);
            }
        });
        return shown;
    }

    /** JSON has no NaN: null where there was nothing to measure. */
    private static @Nullable Object finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static String text(LogInspection found, Map<String, @Nullable Object> result) {
        StringBuilder text = new StringBuilder(Table.ofFigures(result).toString());
        found.remarks()
                .forEach(remark ->
                        text.append(System.lineSeparator()).append("- ").append(remark));
        return text.toString();
    }
}
