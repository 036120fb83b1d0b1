package dev.understudy.ingest;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Layouts of conversations in JSON lines; {@code docs/algorithms/dialogue.md} says what each is read as. */
public enum DialogueFormat {
    /** One writer plays both sides; a conversation a line, with the time at which it was handed in. */
    SELF_DIALOGUE("self-dialogue", true, "dialogue_id submitted_pacific"),
    /** A user and an assistant with services; a dialogue a line. */
    SCHEMA_GUIDED("schema-guided", false, "dialogue_id services"),
    /** A user and a clerk; a dialogue a line. */
    MULTIWOZ("multiwoz", false, "dialogue_id goal"),
    /** {@code {"messages":[{"role","content","weight"}]}}; a conversation a line, as OpenAI's services take it. */
    CHAT("chat", false, "messages"),
    /** Events of Rasa's tracker, one a line, or trackers with their events. */
    RASA("rasa", true, "sender_id");

    /** Lines of a file that are looked at until one is of a format. */
    private static final int MOST_LINES = 100;

    private final String text;
    private final boolean hasTimes;
    /** Members that every object of the format has, separated by blanks; no other format has all of them. */
    private final String members;

    DialogueFormat(String text, boolean hasTimes, String members) {
        this.text = text;
        this.hasTimes = hasTimes;
        this.members = members;
    }

    /** Returns whether users call a format so. */
    public static boolean isNamed(String name) {
        return Arrays.stream(values()).anyMatch(format -> format.text.equals(name));
    }

    /**
     * Returns a format by the name that users call it by.
     *
     * @throws IngestException naming what there is, if there is no such format
     */
    public static DialogueFormat named(String name) {
        return Arrays.stream(values())
                .filter(format -> format.text.equals(name))
                .findFirst()
                .orElseThrow(() -> new IngestException("expected one of the formats of dialogue %s, found '%s'"
                        .formatted(Arrays.toString(values()), name)));
    }

    /**
     * Returns the format that files have, by the members of the first object in each that has those of one; empty if no
     * file has any.
     *
     * @throws IngestException if a file cannot be read, or files are of different formats
     */
    public static Optional<DialogueFormat> recognised(List<Path> files) {
        Map<DialogueFormat, Path> found = new EnumMap<>(DialogueFormat.class);
        for (Path file : files) {
            recognised(file).ifPresent(format -> found.putIfAbsent(format, file));
        }
        if (found.size() > 1) {
            throw new IngestException("expected files of one format, found " + found);
        }
        return found.keySet().stream().findFirst();
    }

    private static Optional<DialogueFormat> recognised(Path file) {
        try (Lines lines = new Lines(file, DialogueSource.MOST_LINE_CHARS)) {
            String line = lines.next();
            for (int i = 0; line != null && i < MOST_LINES; i++) {
                Set<String> has = DialogueSource.members(line);
                Optional<DialogueFormat> format = Arrays.stream(values())
                        .filter(each -> has.containsAll(List.of(each.members.split(" "))))
                        .findFirst();
                if (format.isPresent()) {
                    return format;
                }
                line = lines.next();
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new IngestException("expected to read %s, found %s".formatted(file, Lines.describe(e)), e);
        }
    }

    /**
     * Reads files of this format, gzip or not, all of them at once; personal data is masked. Turns come in the order of
     * their times. A format without times has its turns a second apart, the last at a time that is given.
     *
     * @param end event time of the last turn, where the format has no times
     * @throws IngestException if a file cannot be read
     */
    public SampleSource open(List<Path> files, Instant end) {
        return new DialogueSource(this, files, end);
    }

    boolean hasTimes() {
        return hasTimes;
    }

    /** Returns a new reader of this layout. */
    DialogueLayout layout() {
        return switch (this) {
            case SELF_DIALOGUE -> new DialogueLayouts.SelfDialogue();
            case SCHEMA_GUIDED -> new DialogueLayouts.SchemaGuided();
            case MULTIWOZ -> new DialogueLayouts.MultiWoz();
            case CHAT -> new ChatLayout();
            case RASA -> new RasaLayout();
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
