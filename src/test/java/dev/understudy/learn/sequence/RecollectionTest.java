package dev.understudy.learn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.network.NGramTables;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecollectionTest {
    private static final NGramTables TABLES =
            new NGramTables(8, List.of(new NGramTables.Table(16, 4, 4, 0.5f, 1f, 1.3f)));
    private static final int STEPS = 4;

    private static List<TokenSequence> window(int count) {
        List<TokenSequence> window = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            window.add(new TokenSequence(new int[] {1, 2, 3}, new boolean[] {false, true, true}));
        }
        return window;
    }

    private static float firstNats(Recollection recollection, Packing packing, int segment) {
        packing.read(segment);
        recollection.reach(segment);
        return recollection.nats()[0];
    }

    @Test
    void aWindowIsCountedByTheHundredOnceAllOfThemAreLearned() {
        List<TokenSequence> window = window(250);
        Packing packing = new Packing(window, 8, 1, STEPS); // two sequences of two places a segment
        float[] memory = TABLES.initial();
        Recollection recollection = Recollection.counting(TABLES, memory, packing, window);
        List<Float> nats = new ArrayList<>();
        for (int segment = 0; segment < packing.segments(); segment++) {
            nats.add(firstNats(recollection, packing, segment));
        }
        for (int segment = 0; segment < packing.segments(); segment++) {
            // log of 8 until the first hundred sequences, 50 segments, are over.
            assertThat((double) nats.get(segment))
                    .as("segment %d", segment)
                    .isCloseTo(segment < 50 ? Math.log(8) : 0, within(0.05));
        }
        assertThat(memory).isEqualTo(TABLES.initial());
        recollection.reach(packing.segments());
        float[] all = TABLES.initial();
        window.forEach(sequence -> TABLES.learn(all, sequence.tokens(), sequence.learned()));
        assertThat(recollection.memory()).isEqualTo(all);
    }

    @Test
    void aSecondPassHearsWhatTheFirstOneHeardAndIsNotCounted() {
        List<TokenSequence> window = window(100);
        List<TokenSequence> twice = new ArrayList<>(window);
        twice.addAll(window);
        Packing packing = new Packing(twice, 8, 1, STEPS);
        Recollection recollection = Recollection.counting(TABLES, TABLES.initial(), packing, window);
        for (int segment = 0; segment < packing.segments(); segment++) {
            assertThat((double) firstNats(recollection, packing, segment)).isCloseTo(Math.log(8), within(1e-5));
        }
        recollection.reach(packing.segments());
        assertThat(recollection.memory()[2]).isEqualTo(100f);
    }

    @Test
    void onlyAskingWritesNothing() {
        List<TokenSequence> window = window(3);
        Packing packing = new Packing(window, 8, 1, STEPS);
        float[] memory = TABLES.initial();
        Recollection recollection = Recollection.of(TABLES, memory, packing);
        firstNats(recollection, packing, 0);
        recollection.reach(packing.segments());
        assertThat(memory).isEqualTo(TABLES.initial());
    }
}
