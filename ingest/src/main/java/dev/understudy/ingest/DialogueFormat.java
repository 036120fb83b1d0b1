package dev.understudy.ingest;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** Layouts of conversations in JSON lines; {@code docs/algorithms/dialogue.md} says what each is read as. */
public enum DialogueFormat {
    /** One writer plays both sides; a conversation a line, with the time at which it was handed in. */
    SELF_DIALOGUE("self-dialogue", true),
    /** A user and an assistant with services; a dialogue a line. */
    SCHEMA_GUIDED("schema-guided", false),
    /** A user and a clerk; a dialogue a line. */
    MULTIWOZ("multiwoz", false),
    /** {@code {"messages":[{"role","content","weight"}]}}; a conversation a line, as OpenAI's services take it. */
    CHAT("chat", false),
    /** Events of Rasa's tracker, one a line, or trackers with their events. */
    RASA("rasa", true);

    private final String text;
    private final boolean hasTimes;

    DialogueFormat(String text, boolean hasTimes) {
        this.text = text;
        this.hasTimes = hasTimes;
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
