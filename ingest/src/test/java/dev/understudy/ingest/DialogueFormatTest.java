package dev.understudy.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.dialogue.TurnCheck;
import dev.understudy.domain.Actor;
import dev.understudy.ingest.Row.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DialogueFormatTest {
    private static final Instant END = Instant.parse("2026-01-02T03:04:05Z");

    private final Path folder;
    private final List<Row.Bad> bad = new ArrayList<>();

    DialogueFormatTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void aSelfDialogueIsDemonstratedOnBothSidesAndEndsWhenItWasHandedIn() {
        List<Turn> turns = read(DialogueFormat.SELF_DIALOGUE, """
                {"dialogue_id":"ab12","topic":"music","submitted_pacific":"2017-05-07T11:23:04","work_seconds":574,"turns":["Hi","Hello you","Bye"]}
                """);
        long handedInMs = Instant.parse("2017-05-07T18:23:04Z").toEpochMilli();
        assertThat(turns)
                .containsExactly(
                        said("ab12", 0, handedInMs - 2000, "music", Role.USER, "Hi", 1),
                        said("ab12", 1, handedInMs - 1000, "music", Role.ASSISTANT, "Hello you", 1),
                        said("ab12", 2, handedInMs, "music", Role.USER, "Bye", 1));
        assertThat(bad).isEmpty();
    }

    @Test
    void turnsOfConversationsThatOverlapComeInTheOrderOfTheirTimes() {
        List<Turn> turns = read(DialogueFormat.SELF_DIALOGUE, """
                {"dialogue_id":"a","topic":"","submitted_pacific":"2017-05-07T11:23:04","turns":["a0","a1"]}
                {"dialogue_id":"b","topic":"","submitted_pacific":"2017-05-07T11:23:05","turns":["b0","b1","b2"]}
                """);
        assertThat(turns).extracting(Turn::text).containsExactly("a0", "b0", "a1", "b1", "b2");
    }

    @Test
    void ofASchemaGuidedDialogueTheSystemIsDemonstratedWithItsActs() {
        List<Turn> turns = read(DialogueFormat.SCHEMA_GUIDED, """
                {"dialogue_id":"train/1_0","services":["Media_1","Banks_1"],"turns":[{"speaker":"user","text":"Eat","acts":[["Banks_1","INFORM_INTENT","intent","Find"]]},{"speaker":"system","text":"Where?","acts":[["Banks_1","REQUEST","city","a|b","c"]]}]}
                """);
        assertThat(turns).extracting(Turn::label).containsOnly("Banks_1+Media_1");
        assertThat(turns).extracting(Turn::weight).containsExactly(0, 1);
        assertThat(turns.get(1).acts()).containsExactly("Banks_1|REQUEST|city|a/b|c");
        assertThat(turns.get(1).role()).isEqualTo(Role.ASSISTANT);
    }

    @Test
    void ofMultiWozTheActsHaveTheSameForm() {
        List<Turn> turns = read(DialogueFormat.MULTIWOZ, """
                {"dialogue_id":"MUL1","split":"val","goal":{"train":{},"hotel":{}},"turns":[{"speaker":"user","text":"Hi","acts":[["Hotel-Inform","Area","east"],["general-greet","none","none"]]}]}
                """);
        assertThat(turns.get(0).acts()).containsExactly("Hotel|Inform|Area|east", "general|greet|none|none");
        assertThat(turns.get(0).label()).isEqualTo("hotel+train");
    }

    @Test
    void withoutTimesTurnsAreASecondApartAndTheLastIsAtTheEnd() {
        List<Turn> turns = read(DialogueFormat.CHAT, """
                {"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2"}]}
                {"messages":[{"role":"user","content":"3"}]}
                """);
        assertThat(turns)
                .extracting(Turn::timeMs)
                .containsExactly(END.toEpochMilli() - 2000, END.toEpochMilli() - 1000, END.toEpochMilli());
    }

    @Test
    void ofAChatTheAssistantIsDemonstratedUnlessItIsMarkedOtherwise() {
        List<Turn> turns = read(DialogueFormat.CHAT, """
                {"id":"c","user":"u","label":"help","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello","weight":0},{"role":"user","content":"Well said","weight":1},{"role":"assistant","content":[{"type":"text","text":"Bye"},{"type":"image_url"}]},{"role":"assistant","content":"mine","actor":"POLICY"}]}
                """);
        assertThat(turns).extracting(Turn::weight).containsExactly(0, 0, 0, 1, 1, 0);
        assertThat(turns)
                .extracting(Turn::role)
                .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.ASSISTANT);
        assertThat(turns).extracting(Turn::text).contains("Bye");
        assertThat(turns.get(5).actor()).isEqualTo(Actor.POLICY);
        assertThat(turns).extracting(Turn::entity).containsOnly("u");
        assertThat(turns).extracting(Turn::episode).containsOnly("c");
    }

    @Test
    void aChatMessageThatCannotBeUsedLeavesAHoleAndTheOthersStay() {
        List<Turn> turns = read(DialogueFormat.CHAT, """
                {"messages":[{"role":"tool","content":"x"},{"role":"assistant","content":"y","weight":2},{"role":"assistant","content":"z","actor":"POLICY","weight":1},{"role":"assistant","content":null},{"role":"user","content":"w","actor":"ROBOT"},{"role":"user","content":"ok"}]}
                {"messages":"none"}
                [1]
                {"messages"
                """);
        assertThat(turns).extracting(Turn::sequence).containsExactly(5L);
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(
                        Problem.WORD,
                        Problem.NUMBER,
                        Problem.NUMBER,
                        Problem.MISSING,
                        Problem.WORD,
                        Problem.MISSING,
                        Problem.JSON,
                        Problem.JSON);
        assertThat(bad.get(0).describe())
                .endsWith("chat:1: expected system, developer, user or assistant as 'role', found \"tool\"");
        assertThat(bad.get(2).message()).isEqualTo("expected 0 as 'weight' of a policy's own reply, found 1");
    }

    @Test
    void eventsOfRasaBecomeConversationsOfTheirSenders() {
        List<Turn> turns = read(DialogueFormat.RASA, """
                {"sender_id":"s1","event":"session_started","timestamp":1.0}
                {"sender_id":"s1","event":"user","timestamp":2.5,"text":"hello","parse_data":{"intent":{"name":"greet"}}}
                {"sender_id":"s2","event":"user","timestamp":2.6,"text":"hi"}
                {"sender_id":"s1","event":"slot","timestamp":2.7,"name":"x"}
                {"sender_id":"s1","event":"bot","timestamp":3.0,"text":"Hey!","metadata":{"utter_action":"utter_greet"}}
                {"sender_id":"s1","event":"session_started","timestamp":100}
                {"sender_id":"s1","event":"bot","timestamp":101,"text":"Again?","metadata":{"weight":0}}
                {"sender_id":"s3","events":[{"event":"user","timestamp":102,"text":"tracker"},{"event":"bot","timestamp":103,"text":null}]}
                """);
        assertThat(turns)
                .extracting(Turn::episode, Turn::sequence, Turn::timeMs, Turn::actor, Turn::weight)
                .containsExactly(
                        tuple("s1#0", 0L, 2500L, Actor.HUMAN, 0),
                        tuple("s2#0", 0L, 2600L, Actor.HUMAN, 0),
                        tuple("s1#0", 1L, 3000L, Actor.ASSISTANCE, 1),
                        tuple("s1#1", 0L, 101_000L, Actor.ASSISTANCE, 0),
                        tuple("s3#0", 0L, 102_000L, Actor.HUMAN, 0));
        assertThat(turns.get(0).acts()).containsExactly("user|greet");
        assertThat(turns.get(2).acts()).containsExactly("bot|utter_greet");
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.MISSING);
    }

    @Test
    void twoRecordsOfATurnAndTurnsOutOfOrderAreRefused() {
        List<Turn> turns = read(DialogueFormat.RASA, """
                {"sender_id":"s","event":"user","timestamp":2.5,"text":"hello"}
                {"sender_id":"s","event":"user","timestamp":2.5,"text":"hello"}
                {"sender_id":"s","event":"bot","timestamp":2.4,"text":"late"}
                {"sender_id":"s","event":"bot","timestamp":"soon","text":"when"}
                {"event":"bot","timestamp":3,"text":"who"}
                """);
        assertThat(turns).extracting(Turn::text).containsExactly("hello");
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(Problem.DUPLICATE, Problem.TIME_BACKWARDS, Problem.TIME, Problem.MISSING);
        assertThat(bad.get(0).message())
                .startsWith("expected the user event of s at 2.5 with 5 characters once, found it at ")
                .endsWith("rasa:1 too");
        assertThat(bad.get(1).message())
                .isEqualTo("expected the events of s in the order of their times, found one 100 ms before the newest");
    }

    @Test
    void aConversationThatComesTwiceCountsOnce() {
        String line = "{\"dialogue_id\":\"a\",\"submitted_pacific\":\"2017-05-07T11:23:04\",\"turns\":[\"x\"]}\n";
        assertThat(read(DialogueFormat.SELF_DIALOGUE, line + line)).hasSize(1);
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.DUPLICATE);
    }

    @Test
    void turnsThatHoldNoUsableTextAreRefusedOneByOne() {
        String tooLong = "a".repeat(100_000);
        List<Turn> turns = read(
                DialogueFormat.SELF_DIALOGUE,
                "{\"dialogue_id\":\"a\",\"submitted_pacific\":\"2017-05-07T11:23:04\",\"turns\":[\"\",\" \\t\",\""
                        + tooLong + "\",\"\\u0007\",\"\\ud83d\",\"lost \uFFFD\",{},\"\\ud83d\\ude00 fine\\n\"]}\n");
        assertThat(turns).extracting(Turn::text).containsExactly("\uD83D\uDE00 fine\n");
        assertThat(turns).extracting(Turn::sequence).containsExactly(7L);
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(
                        Problem.MISSING,
                        Problem.MISSING,
                        Problem.TOO_LONG,
                        Problem.TEXT,
                        Problem.TEXT,
                        Problem.TEXT,
                        Problem.MISSING);
        assertThat(bad.get(2).message()).isEqualTo("expected at most 16,384 characters, got 100,000 (turn 2 of a)");
        assertThat(bad.get(2).text()).hasSize(4096);
        assertThat(bad.get(3).message())
                .isEqualTo("expected text, got the control character U+0007 at character 1 (turn 3 of a)");
        assertThat(TurnCheck.MOST_CHARS).isEqualTo(16_384);
    }

    @Test
    void bytesThatAreNoUtf8CostTheirTurnAlone() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes("{\"messages\":[{\"role\":\"user\",\"content\":\"caf".getBytes(StandardCharsets.UTF_8));
        bytes.write(0xE9); // Latin-1
        bytes.writeBytes("\"},{\"role\":\"user\",\"content\":\"tea\"}]}".getBytes(StandardCharsets.UTF_8));
        assertThat(read(DialogueFormat.CHAT, bytes.toByteArray()))
                .extracting(Turn::text)
                .containsExactly("tea");
        assertThat(bad).extracting(Row.Bad::problem).containsExactly(Problem.TEXT);
    }

    @Test
    void personalDataIsMaskedInTextsActsAndWhatIsRefused() {
        List<Turn> turns = read(DialogueFormat.SCHEMA_GUIDED, """
                {"dialogue_id":"a","turns":[{"speaker":"system","text":"Call 415-931-6917","acts":[["Bank","INFORM","phone","415-931-6917"]]},{"speaker":"ann@example.org","text":"x"}]}
                {"mail":"ann@example.org"}
                """);
        assertThat(turns.get(0).text()).isEqualTo("Call <phone>");
        assertThat(turns.get(0).acts()).containsExactly("Bank|INFORM|phone|<phone>");
        assertThat(bad).hasSize(2).allSatisfy(row -> assertThat(row.text() + row.message())
                .contains("<mail>")
                .doesNotContain("ann@"));
    }

    @Test
    void aTimeThatIsNoneAndALineWithoutEndAreRefused() throws IOException {
        read(DialogueFormat.SELF_DIALOGUE, """
                {"dialogue_id":"a","submitted_pacific":"yesterday","turns":["x"]}
                {"dialogue_id":"b","submitted_pacific":"","turns":["x"]}
                {"dialogue_id":"c","submitted_pacific":"2017-05-07T11:23:04","turns":[]}
                """ + "x".repeat(DialogueSource.MOST_LINE_CHARS + 1));
        assertThat(bad)
                .extracting(Row.Bad::problem)
                .containsExactly(Problem.TIME, Problem.MISSING, Problem.MISSING, Problem.TOO_LONG);
    }

    @Test
    void theBundledConversationsAreReadWhole() {
        List<Turn> turns = DialogueFormat.SELF_DIALOGUE
                .open(List.of(Path.of("data/self-dialogue/dialogues.jsonl.gz")), END)
                .samples(Turn.class, bad::add)
                .toList();
        assertThat(bad).isEmpty();
        assertThat(turns).hasSize(13_549).allMatch(Turn::isDemonstration);
        assertThat(turns).isSortedAccordingTo(Comparator.comparingLong(Turn::timeMs));
        assertThat(Conversation.of(turns)).hasSize(690);
    }

    @Test
    void aFormatIsToldByTheMembersOfItsObjects() throws IOException {
        Map<String, DialogueFormat> lines = Map.of(
                "{\"dialogue_id\":\"a\",\"submitted_pacific\":\"2017-05-07T11:23:04\"}", DialogueFormat.SELF_DIALOGUE,
                "{\"dialogue_id\":\"a\",\"services\":[]}", DialogueFormat.SCHEMA_GUIDED,
                "{\"dialogue_id\":\"a\",\"goal\":{}}", DialogueFormat.MULTIWOZ,
                "\n[1]\n{\"messages\"\n{\"messages\":[]}", DialogueFormat.CHAT,
                "{\"sender_id\":\"s\",\"event\":\"user\"}", DialogueFormat.RASA);
        List<Path> files = new ArrayList<>();
        for (Map.Entry<String, DialogueFormat> each : lines.entrySet()) {
            Path file = Files.writeString(folder.resolve(each.getValue() + ".jsonl"), each.getKey());
            assertThat(DialogueFormat.recognised(List.of(file))).contains(each.getValue());
            files.add(file);
        }
        assertThatThrownBy(() -> DialogueFormat.recognised(files))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining("expected files of one format, found {self-dialogue=");
        Path other = Files.writeString(folder.resolve("other"), "t,car,v\n1,2,3\n");
        assertThat(DialogueFormat.recognised(List.of(other))).isEmpty();
    }

    @Test
    void turnsThatWereMaskedAreCounted() throws IOException {
        Path file = Files.writeString(folder.resolve("masked"), """
                {"messages":[{"role":"user","content":"I am ann@example.org"},{"role":"assistant","content":"Hello"}]}
                """);
        try (SampleSource source = DialogueFormat.CHAT.open(List.of(file), END)) {
            assertThat(source.notes()).containsExactly("personal data was masked in 1 turn");
        }
    }

    @Test
    void namesAndDeadLettersAreMaskedToo() {
        List<Turn> turns = read(DialogueFormat.CHAT, """
                {"id":12,"user":"+1 415 931 6917","label":"ann@example.org","messages":[{"role":"user","content":"Hi"}]}
                {"id":"x","messages":[{"role":"?","content":"call\\n415-931-6917 or ann\\u0040example.org"}]}
                """);
        assertThat(turns).singleElement().satisfies(turn -> {
            assertThat(turn.entity()).startsWith("<phone>-");
            assertThat(turn.episode()).isEqualTo("12");
            assertThat(turn.label()).isEqualTo("<mail>");
        });
        assertThat(bad).singleElement().extracting(Row.Bad::text).asString().contains("call <phone> or <mail>");
    }

    @Test
    void aLineWithManyProblemsIsShownWithTheFirstOnly() {
        assertThat(read(DialogueFormat.CHAT, "{\"messages\":[1" + ",1".repeat(99_999) + "]}"))
                .isEmpty();
        assertThat(bad).hasSize(100_000);
        assertThat(bad.get(0).text()).startsWith("{\"messages").hasSizeLessThan(5_000);
        assertThat(bad.get(99_999).text()).isEmpty();
    }

    @Test
    void aNameOrLabelThatIsTooLongIsRefused() {
        String line = "{\"id\":\"a\",\"label\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
        assertThat(read(DialogueFormat.CHAT, line.formatted("x".repeat(513)))).isEmpty();
        assertThat(bad).singleElement().extracting(Row.Bad::problem).isEqualTo(Row.Problem.TOO_LONG);
    }

    @Test
    void anUnknownFormatIsRefusedWithThoseThereAre() {
        assertThat(DialogueFormat.named("multiwoz")).isEqualTo(DialogueFormat.MULTIWOZ);
        assertThatThrownBy(() -> DialogueFormat.named("xml"))
                .isInstanceOf(IngestException.class)
                .hasMessage("expected one of the formats of dialogue "
                        + "[self-dialogue, schema-guided, multiwoz, chat, rasa], found 'xml'");
    }

    private static Turn said(String id, long sequence, long timeMs, String label, Role role, String text, int weight) {
        return new Turn(id, id, sequence, timeMs, Actor.HUMAN, label, false, role, text, List.of(), weight);
    }

    private List<Turn> read(DialogueFormat format, String lines) {
        return read(format, lines.getBytes(StandardCharsets.UTF_8));
    }

    private List<Turn> read(DialogueFormat format, byte[] bytes) {
        try {
            Path file = folder.resolve(format.toString());
            try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
                out.write(bytes);
            }
            return format.open(List.of(file), END).samples(Turn.class, bad::add).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
