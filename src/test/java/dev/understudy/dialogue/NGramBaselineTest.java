package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NGramBaselineTest {
    private static final List<Turn> HEARD = List.of(
            TurnTest.turn("e", 0, Role.USER, "how are you"), TurnTest.turn("e", 1, Role.ASSISTANT, "very well"));
    private static final Tokeniser TOKENISER = Tokeniser.train(List.of("how are you", "very well"), 280);

    @Test
    void whatWasHeardCostsLessThanWhatWasNot() {
        NGramBaseline baseline = new NGramBaseline(TOKENISER);
        double before = bitsPerByte(baseline, HEARD);
        for (int i = 0; i < 20; i++) {
            baseline.learn(HEARD);
        }
        List<Turn> unheard = List.of(
                TurnTest.turn("f", 0, Role.USER, "how are you"), TurnTest.turn("f", 1, Role.ASSISTANT, "zzz zzz zz"));
        assertThat(bitsPerByte(baseline, HEARD)).isLessThan(before / 4);
        assertThat(bitsPerByte(baseline, unheard)).isGreaterThan(4 * bitsPerByte(baseline, HEARD));
    }

    @Test
    void marksOfRolesCostNothing() {
        NGramBaseline baseline = new NGramBaseline(TOKENISER);
        baseline.learn(HEARD);
        int[] ids = TOKENISER.encode(HEARD);
        double[] bits = baseline.bits(HEARD);
        assertThat(bits).hasSameSizeAs(ids);
        for (int i = 0; i < ids.length; i++) {
            assertThat(bits[i] == 0).isEqualTo(ids[i] == Tokeniser.USER || ids[i] == Tokeniser.ASSISTANT);
        }
    }

    @Test
    void aReplyIsDrawnFromWhatWasHeardAndTheSameSeedGivesTheSame() {
        NGramBaseline baseline = new NGramBaseline(TOKENISER);
        for (int i = 0; i < 500; i++) {
            baseline.learn(HEARD);
        }
        String reply = baseline.reply(HEARD.subList(0, 1), new SplittableRandom(1), 20);
        assertThat(reply).isEqualTo("very well");
        assertThat(baseline.reply(HEARD.subList(0, 1), new SplittableRandom(1), 20))
                .isEqualTo(reply);
        assertThat(TOKENISER.encode(baseline.reply(HEARD.subList(0, 1), new SplittableRandom(1), 1)))
                .hasSize(1);
    }

    private static double bitsPerByte(NGramBaseline baseline, List<Turn> turns) {
        TextScores.Sum sum = new TextScores.Sum();
        sum.add(turns, TOKENISER.encode(turns), baseline.bits(turns));
        return sum.bitsPerByte();
    }
}
