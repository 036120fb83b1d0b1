package dev.understudy.learn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PackingTest {
    private static TokenSequence sequence(int... tokens) {
        boolean[] learned = new boolean[tokens.length];
        Arrays.fill(learned, true);
        return new TokenSequence(tokens, learned);
    }

    @Test
    void laysSequencesEndToEndInTheShortestStream() {
        TokenSequence masked = new TokenSequence(new int[] {5, 6, 7}, new boolean[] {true, false, true});
        Packing packing = new Packing(List.of(sequence(1, 2, 3, 4), masked, sequence(8, 9)), 10, 2, 2);
        assertThat(packing.segments()).isEqualTo(2);
        assertThat(packing.places()).isEqualTo(6);
        // stream 0: 1>2 2>3 | 3>4 -;  stream 1: 5>(6) 6>7 | 8>9 -
        packing.read(0);
        assertThat(packing.owners()).containsExactly(0, 1, 0, 1);
        assertThat(packing.weights()).containsExactly(1, 0, 1, 1);
        packing.read(1);
        assertThat(packing.owners()).containsExactly(0, 2, -1, -1);
        assertThat(packing.weights()).containsExactly(1, 1, 0, 0);
    }

    @Test
    void aSequenceOfOneTokenHasNothingToPredict() {
        Packing packing = new Packing(List.of(sequence(3), sequence(1, 2)), 10, 1, 4);
        packing.read(0);
        assertThat(packing.owners()).containsExactly(1, -1, -1, -1);
    }

    @Test
    void namesATokenThatIsNotInTheVocabulary() {
        assertThatThrownBy(() -> new Packing(List.of(sequence(1, 2), sequence(1, 10)), 10, 1, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected tokens from 0 to 9, got 10 (sequence 1, token 1)");
        assertThatThrownBy(() -> new TokenSequence(new int[2], new boolean[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected for each of 2 tokens whether it is learned, got 1");
    }
}
