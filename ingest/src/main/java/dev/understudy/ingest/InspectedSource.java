package dev.understudy.ingest;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.PolicySpec;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A source whose rows are inspected as they pass. */
public final class InspectedSource implements SampleSource {
    private final SampleSource source;
    private final Inspection log;

    /**
     * Inspects logs of cars; the source closes with this one.
     *
     * @param lateness how far out of order samples may come, event time
     * @param experts whose driving is learned
     */
    public InspectedSource(SampleSource source, Duration lateness, Set<Actor> experts) {
        this(source, new InspectedLog(lateness, experts));
    }

    private InspectedSource(SampleSource source, Inspection log) {
        this.source = source;
        this.log = log;
    }

    /** Inspects episodes, which close with this one. */
    public static InspectedSource of(EpisodesSource source, ControlPolicySpec spec, Set<Actor> experts) {
        return new InspectedSource(source, new InspectedEpisodes(spec, experts));
    }

    /** Inspects samples of a declared policy, which close with this one. */
    public static InspectedSource of(DeclaredSource source, PolicyFile file) {
        return new InspectedSource(source, new DeclaredLog(file.policy()));
    }

    /**
     * Inspects conversations, which close with this one.
     *
     * @param source of turns
     * @param inactivity event time of silence after which a conversation is closed
     */
    public static InspectedSource ofTurns(
            SampleSource source, PolicySpec<Turn> spec, Duration inactivity, Set<Actor> experts) {
        return new InspectedSource(source, new InspectedTurns(spec, inactivity, experts));
    }

    /** Returns whether its rows are turns of conversations. */
    public boolean isOfConversations() {
        return log instanceof InspectedTurns;
    }

    @Override
    public String describe() {
        return source.describe();
    }

    @Override
    public List<String> notes() {
        return source.notes();
    }

    /** Passes over rows without inspecting them. */
    @Override
    public long skip(long rows) {
        return source.skip(rows);
    }

    @Override
    public boolean hasNext() {
        return source.hasNext();
    }

    @Override
    public Row next() {
        Row row = source.next();
        log.read(row);
        return row;
    }

    @Override
    public void close() {
        source.close();
    }

    /** Returns what the rows that passed come to. Call it once, after the last. */
    public LogInspection inspection() {
        return log.finish(source.notes());
    }
}
