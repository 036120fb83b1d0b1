package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class KneserNeyTest {
    private static final int BOUNDARY = 0;

    /**
     * Of 1 2 1 behind a boundary the bigrams are 01, 12, 21, once each. Before 1 came two different tokens, before 2
     * one: with the discounts 0.5 and 1 for few counts, unigrams are left 0.5 + 1 = 1.5 of 3 to share by thirds, so
     * p(0) = 1/6, p(1) = (2 - 1 + 0.5) / 3 = 1/2, p(2) = (1 - 0.5 + 0.5) / 3 = 1/3. After 1 came 2 once: p(2 | 1) = 1 -
     * 0.5 + 0.5 / 3 = 2/3.
     */
    @Test
    void aModelOfThreeTokensIsThatWorkedOutByHand() {
        KneserNey model = new KneserNey(2, 3, BOUNDARY);
        model.add(new int[] {1, 2, 1});
        assertThat(model.distribution(new int[] {1}))
                .containsExactly(new double[] {1 / 12.0, 1 / 4.0, 2 / 3.0}, within(1e-12));
        // At the beginning, after the boundary: p(2 | 0) = 0.5 / 3.
        assertThat(model.bits(new int[] {2, 1}))
                .containsExactly(
                        new double[] {Math.log(6) / Math.log(2), -Math.log(0.5 + 0.5 / 2) / Math.log(2)},
                        within(1e-12));
        assertThat(model.longestGrams()).isEqualTo(3);
    }

    @Test
    void aModelThatKnowsNothingIsUniform() {
        assertThat(new KneserNey(5, 4096, 3).bits(new int[] {7, 4095}))
                .containsExactly(new double[] {12, 12}, within(1e-12));
    }

    @Test
    void probabilitiesAreThoseOfTheDefinition() {
        List<int[]> sequences = sequences(60, 24);
        KneserNey model = new KneserNey(3, 24, BOUNDARY);
        sequences.forEach(model::add);
        Definition definition = new Definition(3, 24, sequences);
        for (int[] sequence : sequences(5, 24)) {
            double[] bits = model.bits(sequence);
            for (int i = 0; i < sequence.length; i++) {
                List<Integer> history = new ArrayList<>(List.of(BOUNDARY, BOUNDARY));
                for (int j = 0; j < i; j++) {
                    history.add(sequence[j]);
                }
                double expected = definition.probability(history.subList(i, i + 2), sequence[i]);
                assertThat(Math.pow(2, -bits[i])).isCloseTo(expected, within(1e-12));
            }
        }
    }

    @Test
    void probabilitiesSumToOneWhateverCameBefore() {
        KneserNey model = new KneserNey(5, 24, BOUNDARY);
        sequences(40, 24).forEach(model::add);
        for (int[] sequence : sequences(10, 24)) {
            double[] distribution = model.distribution(sequence);
            assertThat(Arrays.stream(distribution).sum()).isCloseTo(1, within(1e-9));
            assertThat(Arrays.stream(distribution).min().orElseThrow()).isPositive();
            int[] longer = Arrays.copyOf(sequence, sequence.length + 1);
            longer[sequence.length] = 5;
            assertThat(Math.pow(2, -model.bits(longer)[sequence.length])).isCloseTo(distribution[5], within(1e-12));
        }
    }

    @Test
    void whatHoldsMoreThanALongIsRefused() {
        assertThatThrownBy(() -> new KneserNey(6, 4096, 0)).hasMessageContaining("got order 6, vocabulary 4096");
        KneserNey model = new KneserNey(2, 3, BOUNDARY);
        assertThatThrownBy(() -> model.add(new int[] {3})).hasMessage("expected tokens below 3, got 3 among [3]");
        assertThatThrownBy(() -> model.bits(new int[] {-1})).hasMessageContaining("got -1");
    }

    private static List<int[]> sequences(int count, int vocabulary) {
        SplittableRandom random = new SplittableRandom(count);
        List<int[]> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] sequence = new int[20];
            for (int j = 0; j < sequence.length; j++) {
                double skewed = Math.pow(random.nextDouble(), 3); // low tokens are frequent, as words are
                sequence[j] = 1 + (int) (skewed * (vocabulary - 1));
            }
            sequences.add(sequence);
        }
        return sequences;
    }

    /** Chen and Goodman's equations written down as they stand, from lists of n-grams. */
    private static final class Definition {
        private final int vocabulary;
        private final Map<List<Integer>, Integer> counts = new HashMap<>();

        Definition(int order, int vocabulary, List<int[]> sequences) {
            this.vocabulary = vocabulary;
            Map<Integer, Set<List<Integer>>> types = new HashMap<>();
            for (int[] sequence : sequences) {
                List<Integer> padded = new ArrayList<>();
                for (int i = 1; i < order; i++) {
                    padded.add(BOUNDARY);
                }
                Arrays.stream(sequence).forEach(padded::add);
                for (int end = order; end <= padded.size(); end++) {
                    List<Integer> gram = List.copyOf(padded.subList(end - order, end));
                    counts.merge(gram, 1, Integer::sum);
                    for (int n = 1; n <= order; n++) {
                        types.computeIfAbsent(n, any -> new HashSet<>()).add(gram.subList(order - n, order));
                    }
                }
            }
            for (int n = 1; n < order; n++) {
                for (List<Integer> longer : types.getOrDefault(n + 1, Set.of())) {
                    counts.merge(List.copyOf(longer.subList(1, n + 1)), 1, Integer::sum);
                }
            }
        }

        double probability(List<Integer> history, int token) {
            double shorter =
                    history.isEmpty() ? 1.0 / vocabulary : probability(history.subList(1, history.size()), token);
            int total = 0;
            double left = 0;
            for (int w = 0; w < vocabulary; w++) {
                int count = count(history, w);
                total += count;
                left += count == 0 ? 0 : discount(history.size() + 1, count);
            }
            if (total == 0) {
                return shorter;
            }
            int count = count(history, token);
            return (count - (count == 0 ? 0 : discount(history.size() + 1, count)) + left * shorter) / total;
        }

        private int count(List<Integer> history, int token) {
            List<Integer> gram = new ArrayList<>(history);
            gram.add(token);
            return counts.getOrDefault(gram, 0);
        }

        private double discount(int n, int count) {
            double[] with = new double[5];
            counts.forEach((gram, of) -> with[gram.size() == n && of <= 4 ? of : 0]++);
            int k = Math.min(count, 3);
            if (with[1] * with[2] * with[3] * with[4] == 0) {
                return k / 2.0;
            }
            double y = with[1] / (with[1] + 2 * with[2]);
            return Math.min(k, Math.max(0, k - (k + 1) * y * with[k + 1] / with[k]));
        }
    }

    @Test
    void whateverItHasSeenSoFarNothingIsImpossible() {
        KneserNey model = new KneserNey(3, 12, 0);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            int[] tokens =
                    random.ints(6, 1, 12).map(token -> token > 6 ? 2 : token).toArray();
            double[] bits = model.bits(random.ints(6, 1, 12).toArray());
            assertThat(DoubleStream.of(bits)).as("after %d", i).allMatch(Double::isFinite);
            model.add(tokens);
        }
    }
}
