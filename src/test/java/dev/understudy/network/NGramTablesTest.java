package dev.understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class NGramTablesTest {
    private static final int VOCABULARY = 10;
    private static final NGramTables TABLES = new NGramTables(
            VOCABULARY,
            List.of(
                    new NGramTables.Table(13, 3, 4, 0.5f, 1f, 1.3f),
                    new NGramTables.Table(31, 2, 5, 0.8f, 1.4f, 1.8f),
                    new NGramTables.Table(29, 2, 3, 0.9f, 1.6f, 2f)));
    /** One slot of one context is enough for what is worked out by hand. */
    private static final NGramTables BIGRAMS =
            new NGramTables(4, List.of(new NGramTables.Table(64, 2, 8, 0.5f, 1f, 1.5f)));

    private static boolean[] all(int[] tokens) {
        boolean[] learned = new boolean[tokens.length];
        Arrays.fill(learned, true);
        return learned;
    }

    private static float[] learned(NGramTables tables, int[]... sequences) {
        float[] memory = tables.initial();
        for (int[] sequence : sequences) {
            tables.learn(memory, sequence, all(sequence));
        }
        return memory;
    }

    private static double chance(NGramTables tables, float[] memory, int... tokens) {
        return Math.exp(-tables.recall(memory, tokens).nats()[tokens.length - 1]);
    }

    /** Every second token follows the one before it more often than not, so that contexts are met again. */
    private static int[] text(int length, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int[] tokens = new int[length];
        for (int i = 1; i < length; i++) {
            tokens[i] = random.nextInt(3) > 0 ? (tokens[i - 1] * 3 + 1) % VOCABULARY : random.nextInt(VOCABULARY);
        }
        return tokens;
    }

    @Test
    void anEmptyMemoryTakesAllTokensForAsLikely() {
        assertThat(chance(TABLES, TABLES.initial(), 3, 4)).isCloseTo(0.1, within(1e-6));
        assertThat(TABLES.recall(TABLES.initial(), new int[] {3, 4}).evidence())
                .containsExactly(0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1);
    }

    /**
     * 1 is followed by 2 twice and by 3 once: D(2) = 1 and D(1) = 0.5 of 3 are left, which is a half. Unigrams: 2 and 3
     * have 2 and 1 of 3, and 0.01 is added to each.
     */
    @Test
    void discountsAndGoesOnToTheUnigramAsWorkedOutByHand() {
        float[] memory = learned(BIGRAMS, new int[] {1, 2}, new int[] {1, 2}, new int[] {1, 3});
        assertThat(chance(BIGRAMS, memory, 1, 2)).isCloseTo((2 - 1) / 3.0 + 0.5 * 2.01 / 3.04, within(1e-6));
        assertThat(chance(BIGRAMS, memory, 1, 3)).isCloseTo((1 - 0.5) / 3.0 + 0.5 * 1.01 / 3.04, within(1e-6));
        assertThat(chance(BIGRAMS, memory, 1, 0)).isCloseTo(0.5 * 0.01 / 3.04, within(1e-6));
        assertThat(chance(BIGRAMS, memory, 3, 2)).isCloseTo(2.01 / 3.04, within(1e-6));
        assertThat(BIGRAMS.recall(memory, new int[] {1, 2}).evidence())
                .containsExactly(0, 0, (float) Math.log(4), 0.5f);
    }

    @Test
    void theChancesOfAllTokensAddUpToOneHoweverFullTheTablesAre() {
        float[] memory = TABLES.initial();
        int[] text = text(3000, 1);
        TABLES.learn(memory, text, all(text));
        for (int at = 5; at < 60; at++) {
            double sum = 0;
            for (int w = 0; w < VOCABULARY; w++) {
                int[] tokens = Arrays.copyOf(text, at + 1);
                tokens[at] = w;
                sum += chance(TABLES, memory, tokens);
            }
            assertThat(sum).isCloseTo(1, within(1e-5));
        }
        assertThat(memory).hasSize(TABLES.size());
    }

    @Test
    void learnsOnlyWhatIsToBeImitated() {
        float[] memory = TABLES.initial();
        TABLES.learn(memory, new int[] {1, 2, 3}, new boolean[] {true, false, false});
        assertThat(memory).isEqualTo(TABLES.initial());
    }

    @Test
    void aCountThatIsFullHalvesThoseOfItsContext() {
        NGramTables wide = new NGramTables(65_536, List.of(new NGramTables.Table(8, 4, 2, 0.5f, 1f, 1.3f)));
        float[] memory = wide.initial();
        for (int i = 0; i < 100; i++) {
            wide.learn(memory, new int[] {7, 8}, all(new int[2]));
            wide.learn(memory, new int[] {7, 9}, all(new int[2]));
        }
        for (int i = 0; i < 600; i++) {
            wide.learn(memory, new int[] {7, 8}, all(new int[2]));
        }
        // 8 is halved at 255, 383, 511 and 639 of 700; 9 goes from 100 to 50, 25, 13 and 7.
        double ratio = chance(wide, memory, 7, 8) / chance(wide, memory, 7, 9);
        assertThat(ratio).isBetween(20.0, 40.0);
        for (float each : memory) {
            assertThat(each).isBetween(0f, (float) (1 << 24));
        }
    }

    @Test
    void whatIsMetOftenStaysWhileOtherContextsPassBy() {
        int[] often = {1, 4, 7, 2};
        float[] memory = TABLES.initial();
        for (int i = 0; i < 200; i++) {
            TABLES.learn(memory, often, all(often));
            int[] passing = text(6, i);
            TABLES.learn(memory, passing, all(passing));
        }
        assertThat(chance(TABLES, memory, often)).isGreaterThan(0.5);
    }

    @Test
    void aModelHoldsEnoughToGoOnFrom() {
        int[] text = text(500, 3);
        float[] memory = learned(TABLES, text);
        float[] found = TABLES.fromExported(Arrays.copyOf(memory, TABLES.exported()));
        assertThat(found).hasSize(TABLES.size());
        assertThat(TABLES.recall(found, text)).isEqualTo(TABLES.recall(memory, text));
        assertThat(Arrays.copyOfRange(found, TABLES.exported(), TABLES.size())).contains(1f);
    }

    @Test
    void theGraphSaysWhatRecallSays() {
        int[] text = text(400, 2);
        float[] memory = learned(TABLES, text);
        int[] other = text(60, 9);
        NGramTables.Recall recall = TABLES.recall(memory, other);
        Graph graph = new Graph();
        Tensor last = graph.input("last", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        Tensor second = graph.input("second", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        Tensor third = graph.input("third", ElementType.INT64, Shape.of(Shape.UNKNOWN));
        NGramGraph.Chances chances = new NGramGraph(TABLES)
                .chances(
                        graph.constant(Arrays.copyOf(memory, TABLES.exported()), Shape.of(TABLES.exported())),
                        List.of(last, second, third));
        int rows = other.length - 1;
        long[][] contexts = new long[3][rows];
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < 3; i++) {
                contexts[i][row] = row >= i ? other[row - i] : 0;
            }
        }
        try (Program program = Program.builder(graph)
                        .output("chances", chances.chances())
                        .output("evidence", chances.evidence())
                        .build();
                Result result = program.run(new Feeds()
                        .longs("last", contexts[0])
                        .longs("second", contexts[1])
                        .longs("third", contexts[2]))) {
            float[] found = result.floats("chances");
            float[] evidence = result.floats("evidence");
            for (int row = 0; row < rows; row++) {
                assertThat(-Math.log(found[row * VOCABULARY + other[row + 1]]))
                        .isCloseTo(recall.nats()[row + 1], within(1e-4));
                double sum = 0;
                for (int w = 0; w < VOCABULARY; w++) {
                    sum += found[row * VOCABULARY + w];
                }
                assertThat(sum).isCloseTo(1, within(1e-5));
                for (int i = 0; i < TABLES.evidence(); i++) {
                    assertThat(evidence[row * TABLES.evidence() + i])
                            .isCloseTo(recall.evidence()[(row + 1) * TABLES.evidence() + i], within(1e-5f));
                }
            }
        }
    }

    @Test
    void refusesTablesThatCannotBe() {
        assertThatThrownBy(() -> new NGramTables.Table(4, 1, 5, 0.5f, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at least 1 slot, width and probe, and no more probes than slots, got 4, 1 and 5");
        assertThatThrownBy(() -> new NGramTables.Table(4, 1, 1, 1.5f, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected discounts above 0 and at most 1, 2 and 3, got 1.5, 1.0 and 1.0");
        assertThatThrownBy(() -> new NGramTables(1 << 17, List.of(new NGramTables.Table(1, 1, 1, 0.5f, 1, 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a vocabulary from 2 to 65536 and at least one table, got 131072 and 1");
        assertThatThrownBy(() -> new RecurrentNetwork(7, 3, 4, TABLES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected n-gram tables of the same vocabulary 7, got 10");
    }
}
