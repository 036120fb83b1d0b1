package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.PolicySpec;
import dev.understudy.ingest.DialogueFormat;
import dev.understudy.ingest.EpisodesSource;
import dev.understudy.ingest.IngestException;
import dev.understudy.ingest.InspectedSource;
import dev.understudy.ingest.MappedReader;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.ingest.OpenAccRun;
import dev.understudy.ingest.SampleSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Logs on the command line: files and folders that a mapping explains, one folder of a known layout, conversations. */
final class LogFiles {
    /** Which columns of the files hold what. */
    static final Setting<String> MAPPING = Setting.text(
            "mapping",
            "",
            "The mapping file that says which columns of CSV or JSON lines hold what; without one, logs are one folder in"
                    + " the OpenACC layout.");

    static final Setting<Boolean> SEQUENTIAL = Setting.off(
                    "ingest.sequential", "Lay the openacc runs one after another on one time line that ends now.")
            .as("--sequential");

    /** What files of episodes or of conversations are for. */
    static final Setting<String> POLICY = Setting.text(
            "policy",
            "",
            "The policy that files of episodes are of, such as control/cartpole-v1, or that is to learn from conversations,"
                    + " such as dialogue/responder; none for logs of cars.");

    private static final List<String> OTHER_FORMATS = List.of("openacc", "mapped", "episodes");

    /** How files are read. */
    static final Setting<String> FORMAT = new Setting<>(
            "ingest.format",
            "--format",
            "",
            "How the files are read: %s, or of conversations %s. Found without it: --mapping alone means mapped, --policy of control episodes, and conversations are told by their members."
                    .formatted(
                            String.join(", ", OTHER_FORMATS),
                            Arrays.stream(DialogueFormat.values())
                                    .map(DialogueFormat::toString)
                                    .collect(Collectors.joining(", "))),
            given -> {
                String text = given.toLowerCase(Locale.ROOT);
                if (!text.isEmpty() && !OTHER_FORMATS.contains(text) && !DialogueFormat.isNamed(text)) {
                    throw new IllegalArgumentException("expected one of %s or of conversations %s, found \"%s\""
                            .formatted(OTHER_FORMATS, Arrays.toString(DialogueFormat.values()), text));
                }
                return text;
            });

    private LogFiles() {}

    /**
     * Returns the policy that files of episodes are of, empty where logs are of cars.
     *
     * @throws BadSettingsException naming what there is, if there is no such policy
     */
    static Optional<ControlPolicySpec> episodesOf(String policy) {
        return !policy.isBlank() && Pipeline.spec(policy) instanceof ControlPolicySpec spec
                ? Optional.of(spec)
                : Optional.empty();
    }

    /**
     * Opens files of episodes, of which the last ends now.
     *
     * @throws BadSettingsException if one is not there, cannot be read or is none of the policy's
     */
    static InspectedSource episodes(List<Path> files, ControlPolicySpec spec, Set<Actor> experts) {
        requireExisting(files);
        return InspectedSource.of(opened(() -> new EpisodesSource(files, spec, Instant.now())), spec, experts);
    }

    /**
     * Opens conversations, of which the last turn is now where their format has no times; empty where the files are
     * something else.
     *
     * @param mapping the mapping file that was given; empty if none was
     * @param inactivity event time of silence after which the learning job takes a conversation for closed
     * @throws BadSettingsException if they were asked for and are not there, cannot be read or are of no format known
     */
    static Optional<InspectedSource> conversations(
            List<Path> files, Settings settings, String mapping, Duration inactivity, Set<Actor> experts) {
        return dialogueFormat(files, settings, mapping)
                .map(format -> InspectedSource.ofTurns(
                        opened(() -> format.open(files, Instant.now())),
                        dialoguePolicy(settings),
                        inactivity,
                        experts));
    }

    /** Returns whether settings say that files are of conversations. */
    static boolean isOfDialogue(Settings settings) {
        return DialogueFormat.isNamed(settings.get(FORMAT)) || isOfDialogue(settings.get(POLICY));
    }

    private static boolean isOfDialogue(String policy) {
        return !policy.isBlank() && Pipeline.spec(policy).domain().equals(Turn.DOMAIN);
    }

    private static Optional<DialogueFormat> dialogueFormat(List<Path> files, Settings settings, String mapping) {
        String format = settings.get(FORMAT);
        String policy = settings.get(POLICY);
        boolean isOfDialogue = isOfDialogue(policy);
        if (DialogueFormat.isNamed(format)) {
            if (!policy.isBlank() && !isOfDialogue) {
                throw new BadSettingsException(List.of("--policy: expected one of %s with --format %s, found \"%s\""
                        .formatted(Catalogue.policies(Turn.DOMAIN), format, policy)));
            }
            requireExisting(files);
            return Optional.of(DialogueFormat.named(format));
        }
        if (isOfDialogue) {
            if (!format.isEmpty()) {
                throw new BadSettingsException(List.of("--format: expected one of %s with --policy %s, found \"%s\""
                        .formatted(Arrays.toString(DialogueFormat.values()), policy, format)));
            }
            requireExisting(files);
            return Optional.of(recognised(files));
        }
        boolean mayBe = policy.isBlank()
                && format.isEmpty()
                && mapping.isEmpty()
                && files.stream().allMatch(Files::isRegularFile);
        return mayBe ? opened(() -> DialogueFormat.recognised(files)) : Optional.empty();
    }

    /**
     * Returns the format of conversations in files.
     *
     * @throws BadSettingsException if it is none that is known
     */
    static DialogueFormat recognised(List<Path> files) {
        return opened(() -> DialogueFormat.recognised(files))
                .orElseThrow(() -> new BadSettingsException(List.of(
                        "expected conversations in one of the formats %s, found in %s no object with their members"
                                .formatted(Arrays.toString(DialogueFormat.values()), FileKinds.found(files)))));
    }

    /** Returns the turns of conversations in files, in the order of their times; what is no turn is left out. */
    static List<Turn> turns(List<Path> files) {
        DialogueFormat format = recognised(files);
        try (SampleSource source = opened(() -> format.open(files, Instant.now()))) {
            return source.samples(Turn.class, bad -> {}).toList();
        }
    }

    @SuppressWarnings("unchecked") // what a policy of dialogue observes is turns
    private static PolicySpec<Turn> dialoguePolicy(Settings settings) {
        String policy = settings.get(POLICY);
        return policy.isBlank() ? new ResponderSpec() : (PolicySpec<Turn>) Pipeline.spec(policy);
    }

    /** Returns the paths of a list separated by commas, or of a single file with a comma in its name, and more. */
    static List<Path> paths(String listed, List<Path> more) {
        List<Path> paths = new ArrayList<>();
        if (!listed.isBlank() && Files.exists(Path.of(listed))) {
            paths.add(Path.of(listed));
        } else {
            Arrays.stream(listed.split(","))
                    .filter(text -> !text.isBlank())
                    .forEach(text -> paths.add(Path.of(text.strip())));
        }
        paths.addAll(more);
        return paths;
    }

    /**
     * Opens logs.
     *
     * @param mapping the mapping file; empty for a folder in the OpenACC layout
     * @throws BadSettingsException if a file is not there or cannot be read as asked, the mapping file says something
     *     wrong, or there is not one folder where there is no mapping file
     */
    static SampleSource open(List<Path> files, String mapping) {
        return open(files, mapping, false);
    }

    /**
     * Opens logs.
     *
     * @param sequential whether runs in the OpenACC layout are laid one after another
     */
    static SampleSource open(List<Path> files, String mapping, boolean sequential) {
        requireExisting(files);
        if (!mapping.isEmpty()) {
            return opened(() -> MappedReader.open(Path.of(mapping)).read(files));
        }
        if (files.size() != 1 || !Files.isDirectory(files.get(0))) {
            throw new BadSettingsException(List.of(
                    "expected one folder in the OpenACC layout (runs.csv and runs/), conversations in one of the formats %s, or a mapping file with --mapping (episodes of a task: --policy control/NAME), found %s and no mapping file"
                            .formatted(Arrays.toString(DialogueFormat.values()), FileKinds.found(files))));
        }
        OpenAccReader reader = opened(() -> OpenAccReader.open(files.get(0)));
        return read(reader, reader.runs(), sequential);
    }

    /** Fails where one of these is not there; all of those are in one message. */
    static void requireExisting(List<Path> files) {
        List<String> problems = files.stream()
                .filter(file -> !Files.exists(file))
                .map(file -> "expected a file or folder, found none at " + file.toAbsolutePath())
                .toList();
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
    }

    /** Opens something: what cannot be opened as asked is bad usage, as nothing was started yet. */
    static <T> T opened(Supplier<T> open) {
        try {
            return open.get();
        } catch (IngestException e) {
            throw new BadSettingsException(List.of(String.valueOf(e.getMessage())));
        }
    }

    /** Reads runs at the times they were recorded, or one after another so that the last ends now. */
    static SampleSource read(OpenAccReader reader, List<OpenAccRun> runs, boolean sequential) {
        if (!sequential) {
            return reader.read(runs);
        }
        Duration pause = Duration.ofSeconds(5);
        long lengthMs = 0;
        for (OpenAccRun run : runs) {
            lengthMs += (long) (1000 * run.seconds()) + pause.toMillis();
        }
        return reader.readSequentially(runs, Instant.now().minusMillis(lengthMs), pause);
    }
}
