package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class TokeniserTest {
    private static final List<String> TEXTS = List.of("low low low low low", "lower lower newest newest", "newest");
    private static final Tokeniser SMALL = Tokeniser.train(TEXTS, 300);

    /**
     * Words with their blanks: "low", " low" x4, "lower", " lower", " newest" x2, "newest". Pairs: lo and ow 7, e s and
     * s t 3, w e 5 (lower 2, newest 3), n e and e w 3, " l" 5, " n" 2. Of lo and ow, both 7, o has the higher id than
     * l: (l, o) is lower than (o, w).
     */
    @Test
    void theMostFrequentPairIsMergedFirstAndOfEqualOnesThatWithTheLowerIds() {
        Tokeniser two = Tokeniser.train(TEXTS, Tokeniser.FEWEST_ENTRIES + 2);
        assertThat(two.size()).isEqualTo(262);
        assertThat(two.merges()).hasSize(2);
        assertThat(two.decode(260)).isEqualTo("lo");
        assertThat(two.decode(261)).isEqualTo("low");
    }

    @Test
    void theOrderOfTheTextsDoesNotMatter() {
        List<String> other = List.of(TEXTS.get(2), TEXTS.get(0), TEXTS.get(1));
        assertThat(Tokeniser.train(other, 300).toJson()).isEqualTo(SMALL.toJson());
        assertThat(Tokeniser.train(other, 300).fingerprint())
                .isEqualTo(SMALL.fingerprint())
                .matches("[0-9a-f]{64}");
    }

    @Test
    void textsWithFewPairsGiveFewEntries() {
        assertThat(Tokeniser.train(List.of("ab"), 4096).size()).isEqualTo(261);
        assertThat(Tokeniser.train(List.of(), 4096).size()).isEqualTo(260);
    }

    @Test
    void tooManyOrTooFewEntriesAreRefused() {
        assertThatThrownBy(() -> Tokeniser.train(TEXTS, 4097)).hasMessage("expected 260 to 4096 entries, got 4097");
        assertThatThrownBy(() -> Tokeniser.train(TEXTS, 259)).hasMessage("expected 260 to 4096 entries, got 259");
    }

    @Test
    void anyBytesComeBackAsTheyWere() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < 500; round++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertThat(SMALL.bytes(SMALL.encode(bytes)))
                    .describedAs("round %d of seed 7", round)
                    .isEqualTo(bytes);
        }
    }

    @Test
    void noTextGivesAMark() {
        for (String text : List.of("<|end|>", "<|user|> hi <|assistant|>", "<|system|>")) {
            int[] ids = SMALL.encode(text);
            assertThat(Arrays.stream(ids)).noneMatch(Tokeniser::isMark);
            assertThat(SMALL.decode(ids)).isEqualTo(text);
        }
    }

    @Test
    void aTurnBeginsWithTheMarkOfItsRoleAndEndsWithTheEnd() {
        int[] ids = SMALL.encode(Role.ASSISTANT, "low");
        assertThat(ids).hasSize(3).startsWith(Tokeniser.ASSISTANT).endsWith(Tokeniser.END);
        assertThat(SMALL.decode(ids)).isEqualTo("low");
        List<Turn> turns = List.of(
                TurnTest.turn("e", 0, Role.SYSTEM, "low"),
                TurnTest.turn("e", 1, Role.USER, "newest"),
                TurnTest.turn("e", 2, Role.ASSISTANT, "low"));
        int[] all = SMALL.encode(turns);
        assertThat(all).startsWith(Tokeniser.SYSTEM).endsWith(ids);
        assertThat(Arrays.stream(all).filter(id -> id == Tokeniser.END).count()).isEqualTo(3);
    }

    @Test
    void anIdThatIsNoneIsRefused() {
        assertThatThrownBy(() -> SMALL.decode(5, SMALL.size()))
                .hasMessage("expected token ids below %d, got %d".formatted(SMALL.size(), SMALL.size()));
    }

    @Test
    void aLongWordTakesNoLongerThanItsLength() {
        Tokeniser repeated = Tokeniser.train(List.of("a".repeat(64)), 4096);
        String text = "a".repeat(200_000);
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(10), () -> {
            assertThat(repeated.decode(repeated.encode(text))).isEqualTo(text);
        });
    }

    @Test
    void whatWasWrittenIsReadAsTheSame() {
        Tokeniser read = Tokeniser.read(SMALL.toJson());
        assertThat(read.toJson()).isEqualTo(SMALL.toJson());
        assertThat(read.encode("the lowest, newer one")).isEqualTo(SMALL.encode("the lowest, newer one"));
    }

    @Test
    void filesOfOtherKindsAreRefusedWithWhatWasExpected() {
        String json = new String(SMALL.toJson(), StandardCharsets.UTF_8);
        assertRefused(json.substring(0, json.length() - 1), "expected '}' in JSON at character");
        assertRefused("[]", "expected an object as tokenizer.json, got []");
        assertRefused(
                json.replace("\"type\":\"BPE\"", "\"type\":\"Unigram\""), "expected BPE as model.type, got Unigram");
        assertRefused(
                json.replaceFirst("\"add_prefix_space\":false", "\"add_prefix_space\":true"),
                "expected false as pre_tokenizer.add_prefix_space, got true");
        assertRefused(
                json.replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}"),
                "expected null as normalizer, got {type=NFC}");
        assertRefused(json.replace("\"<|end|>\":3", "\"<|stop|>\":3"), "expected '<|end|>' to have id 3");
        assertRefused(json.replace("\"lo\":260", "\"lo\":261"), "expected ids from 0 to");
        assertRefused(
                json.replace("\"l o\"", "\"l oo\""),
                "expected two entries that become one in model.merges, got 'l oo'");
        assertRefused(json.replace("\"lo\":260", "\"l\u0000o\":260"), "expected no control character in JSON");
        assertRefused("[".repeat(100), "expected at most 64 levels in JSON at character 65");
    }

    private static void assertRefused(String json, String message) {
        assertThatThrownBy(() -> Tokeniser.read(json.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
