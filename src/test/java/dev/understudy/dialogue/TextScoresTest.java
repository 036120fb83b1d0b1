package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextScoresTest {
    private static final Tokeniser BYTES = Tokeniser.train(List.of(), 260);

    @Test
    void aTurnCostsItsTokensAndItsEndOverItsBytesAndOne() {
        TextScores.Sum sum = new TextScores.Sum();
        sum.add("we are", 12, 5);
        sum.add("é", 4, 3);
        TextScores scores = sum.scores();
        assertThat(scores.bytes()).isEqualTo(7 + 3); // é takes two
        assertThat(scores.tokens()).isEqualTo(8);
        assertThat(scores.bitsPerByte()).isCloseTo(1.6, within(1e-12));
        assertThat(scores.perplexityPerToken()).isCloseTo(4, within(1e-12)); // 2^(16 / 8)
        assertThat(scores.perplexityPerWord()).isCloseTo(Math.pow(2, 16 / 5.0), within(1e-12));
        assertThat(scores.distinct1()).isNaN();
        TextScores.Sum twice = new TextScores.Sum();
        twice.add(sum);
        twice.add(sum);
        assertThat(twice.scores().tokens()).isEqualTo(16);
        assertThat(twice.bitsPerByte()).isEqualTo(sum.bitsPerByte());
    }

    @Test
    void onlyTurnsThatAreToBeImitatedCountAndMarksOfRolesNever() {
        List<Turn> turns =
                List.of(TurnTest.turn("e", 0, Role.USER, "ab"), TurnTest.turn("e", 1, Role.ASSISTANT, "xyz"));
        int[] ids = BYTES.encode(turns); // <|user|> a b <|end|> <|assistant|> x y z <|end|>
        double[] bits = {100, 1, 1, 1, 100, 2, 2, 2, 4};
        TextScores.Sum sum = new TextScores.Sum();
        sum.add(turns, ids, bits);
        assertThat(sum.scores().tokens()).isEqualTo(4);
        assertThat(sum.scores().bytes()).isEqualTo(4);
        assertThat(sum.bitsPerByte()).isCloseTo(10 / 4.0, within(1e-12));
    }

    @Test
    void bitsOfOtherTokensAreRefused() {
        List<Turn> turns = List.of(TurnTest.turn("e", 0, Role.ASSISTANT, "ab"));
        int[] ids = BYTES.encode(turns);
        assertThatThrownBy(() -> new TextScores.Sum().add(turns, ids, new double[3]))
                .hasMessage("expected the bits of each token of 1 turns, got 3 bits of 4 tokens in 1 turns");
        int[] cut = Arrays.copyOf(ids, 3);
        assertThatThrownBy(() -> new TextScores.Sum().add(turns, cut, new double[3]))
                .hasMessageContaining("3 tokens in 0 turns");
    }

    @Test
    void distinctIsTheShareOfDifferentWordsAndPairsOfTheReplies() {
        TextScores.Sum sum = new TextScores.Sum();
        sum.reply("I like it");
        sum.reply("I like  that ");
        sum.reply("");
        assertThat(sum.scores().distinct1()).isCloseTo(4 / 6.0, within(1e-12));
        assertThat(sum.scores().distinct2()).isCloseTo(3 / 4.0, within(1e-12));
    }
}
