package dev.understudy.flink.assemble;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Step;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.schemas.SampleCodecs;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;

/** Turns as people log them: bad ones, repeated ones, in disorder, with pauses, without an end. */
class AssembleTurnsTest {
    private static final LogReading READING = LogReading.defaults();
    private static final String CONVERSATION = TestLogs.tripName(false, 0, READING);
    private static final long DAY = 86_400_000;

    private final List<LogRecord> records = new ArrayList<>();

    private static KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> harness() throws Exception {
        var harness = new KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step>(
                new KeyedProcessOperator<>(new AssembleEntity<>(
                        Policies.one(new ResponderSpec()), READING, AssembleEntity.Share.TRAINING)),
                LogRecord::entity,
                Types.STRING);
        harness.setup(Codecs.STEP.serializer());
        harness.open();
        return harness;
    }

    private static Map<String, Long> tallies(KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> h) {
        Map<String, Long> counts = new TreeMap<>();
        Collection<StreamRecord<Tally>> all = h.getSideOutput(AssembleEntity.TALLIES);
        if (all != null) {
            all.forEach(record ->
                    counts.merge(record.getValue().name(), record.getValue().count(), Long::sum));
        }
        return counts;
    }

    /** Returns the record of a turn of which nobody knows when it was sent: its timestamp is its own time. */
    private static LogRecord turn(long number, long timeMs, String text) {
        Role role = number % 2 == 0 ? Role.USER : Role.ASSISTANT;
        Turn turn = new Turn(
                "guest",
                CONVERSATION,
                number,
                timeMs,
                Actor.HUMAN,
                "",
                false,
                role,
                text,
                List.of(),
                Turn.usualWeight(role, Actor.HUMAN));
        byte[] value = SampleCodecs.of(Turn.class).encode(turn);
        return LogRecord.of(turn, value, 0, number, timeMs);
    }

    private void say(long number, long timeMs, String text) {
        records.add(turn(number, timeMs, text));
    }

    private void feed(KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> h) throws Exception {
        for (LogRecord record : records) {
            h.processElement(record, record.timeMs());
        }
        h.processWatermark(TestLogs.START_MS + 30 * DAY);
    }

    private static List<String> replies(KeyedOneInputStreamOperatorTestHarness<String, LogRecord, Step> h) {
        return h.extractOutputValues().stream()
                .map(step -> ResponderSpec.REPLIES.read(step.action(), 0))
                .toList();
    }

    @Test
    void turnsThatCannotBeUsedAreCountedAndTheOthersLearned() throws Exception {
        long start = TestLogs.START_MS;
        say(0, start, "");
        say(1, start + 100, "a".repeat(100_000));
        say(2, start + 200, "bell \u0007");
        say(3, start + 300, "lost \uFFFD");
        say(4, start + 400, "\uD83D\uDE00 \u043f\u0440\u0438\u0432\u0435\u0442 \u4f60\u597d <|end|>");
        say(5, start + 500, "Hello \uD83D\uDE00");
        say(5, start + 500, "Hello \uD83D\uDE00");
        say(7, start + 700, "Good day");
        say(6, start + 600, "And you?");
        try (var h = harness()) {
            feed(h);
            assertThat(replies(h)).containsExactly("Hello \uD83D\uDE00", "Good day");
            assertThat(tallies(h))
                    .containsEntry("rejected.EMPTY", 1L)
                    .containsEntry("rejected.TOO_LONG", 1L)
                    .containsEntry("rejected.CONTROL_CHARACTER", 1L)
                    .containsEntry("rejected.NOT_UNICODE", 1L)
                    .containsEntry(Tally.DUPLICATES, 1L)
                    .containsEntry(Tally.INGESTED, 9L);
        }
    }

    @Test
    void pausesOfMinutesAndDaysAreBelieved() throws Exception {
        long timeMs = TestLogs.START_MS;
        long number = 0;
        for (long pauseMs : new long[] {1_000, 300_000, 1_000, 3 * DAY, 1_000, 6 * DAY, 1_000}) {
            say(number++, timeMs, "turn at " + timeMs);
            timeMs += pauseMs;
        }
        say(number, timeMs, "the end");
        try (var h = harness()) {
            feed(h);
            assertThat(replies(h)).as("one in each piece").hasSize(4);
            assertThat(tallies(h)).doesNotContainKey("rejected.TIME_JUMP");
        }
    }

    @Test
    void aConversationThatNeverEndsTakesABoundedState() throws Exception {
        long largest = 0;
        try (var h = harness()) {
            for (int i = 0; i < 600; i++) {
                LogRecord record = turn(i, TestLogs.START_MS + 1_000L * i, "and so it went on and on ".repeat(30));
                h.processElement(record, record.timeMs());
                h.processWatermark(record.timeMs() - 500);
                if (i % 50 == 49) {
                    long size = h.snapshot(i, i).getManagedKeyedState().getStateSize();
                    largest = Math.max(largest, size);
                }
            }
            h.processWatermark(TestLogs.START_MS + DAY);
            assertThat(h.extractOutputValues().size()).isEqualTo(300);
        }
        assertThat(largest).isBetween(1_000L, 32_768L);
    }
}
