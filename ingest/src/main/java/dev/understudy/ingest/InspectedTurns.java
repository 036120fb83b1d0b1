package dev.understudy.ingest;

import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.TimeJumps;
import dev.understudy.ingest.Row.Problem;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The books of conversations while they are read: what the learning job would make of their turns if they are sent as
 * fast as possible. Holds all turns, as their source does; not thread-safe.
 */
final class InspectedTurns implements Inspection, Assembler.Output<Turn> {
    private final PolicySpec<Turn> spec;
    private final long inactivityMs;
    private final Set<Actor> experts;
    private final Map<String, List<Turn>> conversations = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Map<Problem, Long> bad = new EnumMap<>(Problem.class);
    private final Map<Problem, String> firstBad = new EnumMap<>(Problem.class);
    private final TreeMap<String, Long> rejected = new TreeMap<>();
    private long rows;
    private long turns;
    private long duplicates;
    private long bytes;
    private long demonstrations;
    private long longReplies;
    private long pauses;
    private long steps;
    private long unanswered;
    private long withActs;

    InspectedTurns(PolicySpec<Turn> spec, Duration inactivity, Set<Actor> experts) {
        this.spec = spec;
        inactivityMs = inactivity.toMillis();
        this.experts = experts;
    }

    @Override
    public void read(Row row) {
        rows++;
        if (row instanceof Row.Bad wrong) {
            bad.merge(wrong.problem(), 1L, Long::sum);
            firstBad.putIfAbsent(wrong.problem(), wrong.describe());
        } else if (row instanceof Row.Said said) {
            turns++;
            take(said.sample());
        } else {
            throw new IllegalArgumentException("expected turns of %s, got %s".formatted(spec.name(), row));
        }
    }

    private void take(Turn turn) {
        if (!seen.add(turn.episode() + '\n' + turn.sequence())) {
            duplicates++;
            return;
        }
        int length = turn.text().getBytes(StandardCharsets.UTF_8).length;
        bytes += length;
        withActs += turn.acts().isEmpty() ? 0 : 1;
        demonstrations += turn.isDemonstration() ? 1 : 0;
        longReplies += turn.isDemonstration() && length > ResponderSpec.REPLIES.size() ? 1 : 0;
        conversations
                .computeIfAbsent(turn.entity() + '\n' + turn.episode(), any -> new ArrayList<>())
                .add(turn);
    }

    @Override
    public void step(Step step) {
        steps++;
    }

    /** Counts a turn that is not answered; that nothing to be imitated follows is no fault of it. */
    @Override
    public void rejected(Turn turn, Refusal reason) {
        if (reason == GeneralRefusal.NO_LABEL) {
            unanswered++;
            return;
        }
        rejected.merge(reason.name(), 1L, Long::sum);
    }

    /** Makes steps of one conversation; a silence that is too long ends it, and what comes after begins another. */
    private void assemble(List<Turn> conversation) {
        for (List<Turn> piece : TimeJumps.pieces(
                conversation, Turn.DOMAIN.longestPause(), wrong -> rejected(wrong, GeneralRefusal.TIME_JUMP))) {
            List<Turn> inOrder = new ArrayList<>(piece);
            inOrder.sort(Comparator.comparingLong(Turn::timeMs).thenComparingLong(Turn::sequence));
            Assembler<Turn> assembler = new Assembler<>(spec, experts);
            long beforeMs = Long.MAX_VALUE;
            for (Turn turn : inOrder) {
                if (turn.timeMs() - inactivityMs > beforeMs) {
                    pauses++;
                    assembler.end(this);
                }
                beforeMs = turn.timeMs();
                assembler.offer(turn, this);
            }
            assembler.end(this);
        }
    }

    private String whyNone() {
        if (spec instanceof ActsSpec && withActs == 0) {
            return "%s learns from turns with acts, and none of %s has any"
                    .formatted(spec.name(), Remarks.count(turns, "turn"));
        }
        return "no turn is followed by one of the other side that is to be imitated"
                + (rejected.isEmpty() ? "" : "; rejected " + rejected);
    }

    @Override
    public LogInspection finish(List<String> notes) {
        conversations.values().forEach(this::assemble);
        return new LogInspection(
                rows,
                new TreeMap<>(bad),
                turns,
                conversations.size(),
                Double.NaN,
                steps,
                rejected,
                0,
                duplicates,
                new LogInspection.Action(Double.NaN, Double.NaN, Double.NaN),
                remarks(notes));
    }

    private List<String> remarks(List<String> notes) {
        Remarks remarks = new Remarks(notes);
        if (turns > 0) {
            remarks.add(
                    "%s of %s, %s of text in UTF-8; %s to be imitated (weight 1), %s context (weight 0)",
                    Remarks.count(conversations.size(), "conversation"),
                    Remarks.count(turns - duplicates, "turn"),
                    Remarks.count(bytes, "byte"),
                    Remarks.count(demonstrations, "is", "are"),
                    Remarks.count(turns - duplicates - demonstrations, "is", "are"));
        }
        bad.forEach((problem, count) ->
                remarks.add("%s (%s), the first %s", Remarks.count(count, "bad row"), problem, firstBad.get(problem)));
        if (longReplies > 0) {
            remarks.add(
                    "%s longer than %d bytes: what is beyond is not learned",
                    Remarks.count(longReplies, "turn to be imitated is", "turns to be imitated are"),
                    ResponderSpec.REPLIES.size());
        }
        if (pauses > 0) {
            remarks.add(
                    "%s after a silence of more than %,d ms: for learn and promote-gate the conversation ends before it"
                            + " (--inactivity-millis)",
                    Remarks.count(pauses, "turn comes", "turns come"), inactivityMs);
        }
        long jumped = rejected.getOrDefault(GeneralRefusal.TIME_JUMP.name(), 0L);
        if (jumped > 0) {
            remarks.add(
                    "%s more than %d days after or %d s before the turns beside it: sent at their own pace (ingest"
                            + " --factor 1) such pauses are believed",
                    Remarks.count(jumped, "turn is", "turns are"),
                    Turn.DOMAIN.longestPause().toDays(),
                    TimeJumps.REACH_MS / 1000);
        }
        if (rows == 0) {
            remarks.add("there are no rows");
        } else if (steps == 0) {
            remarks.add("no reply would be learned: %s", turns == 0 ? "every row is bad" : whyNone());
        } else {
            remarks.add(
                    "%s followed by a reply to be imitated, %s not",
                    Remarks.count(steps, "turn is", "turns are"), Remarks.count(unanswered, "is", "are"));
        }
        return remarks.list();
    }
}
