package dev.understudy.learn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.model.Decoding;
import dev.understudy.network.NGramTables;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SequenceCloningTest {
    private static final int VOCABULARY = 12;
    private static final int END = 0;
    private static final RecurrentNetwork NETWORK = new RecurrentNetwork(VOCABULARY, 8, 16);
    private static final NGramTables TABLES = new NGramTables(
            VOCABULARY,
            List.of(
                    new NGramTables.Table(13, 4, 3, 0.5f, 1f, 1.3f),
                    new NGramTables.Table(61, 2, 4, 0.8f, 1.4f, 1.8f)));
    private static final RecurrentNetwork WITH_TABLES = new RecurrentNetwork(VOCABULARY, 8, 16, TABLES);
    private static final SequenceCloningConfig CONFIG =
            new SequenceCloningConfig(4, 8, 1e-2, 10, 1000, 1.0, 0.9, 0.0, 1, 16);

    private final List<SequenceCloning> opened = new ArrayList<>();

    @AfterEach
    void closeLearners() {
        opened.forEach(SequenceCloning::close);
    }

    private SequenceCloning learner(SequenceCloningConfig config) {
        return learner(NETWORK, config);
    }

    private SequenceCloning learner(RecurrentNetwork network, SequenceCloningConfig config) {
        SequenceCloning learner = new SequenceCloning(network, config);
        opened.add(learner);
        return learner;
    }

    /**
     * A question of a start s from 1 to 5 and a length k from 2 to 4; the answer is s repeated k times, then 11, then
     * the end: it takes memory to know when.
     */
    private static List<TokenSequence> conversations(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenSequence> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int start = random.nextInt(1, 6);
            int length = random.nextInt(2, 5);
            int[] tokens = new int[length + 4];
            Arrays.fill(tokens, start);
            tokens[1] = 5 + length; // 7, 8 or 9
            tokens[length + 2] = 11;
            tokens[length + 3] = END;
            boolean[] learned = new boolean[tokens.length];
            Arrays.fill(learned, 2, tokens.length, true);
            all.add(new TokenSequence(tokens, learned));
        }
        return all;
    }

    private static LearnerState run(SequenceCloning learner, LearnerState state, List<TokenSequence> window) {
        try (Update update = learner.begin(state, window, List.of(), 3)) {
            while (update.step()) {
                assertThat(update.progress()).isBetween(0.0, 1.0);
            }
            assertThat(update.report().problem()).isNull();
            return update.state();
        }
    }

    @Test
    void learnsToAnswerAndIsScoredByWhatItExports() {
        SequenceCloning learner = learner(CONFIG);
        List<TokenSequence> unseen = conversations(50, 99);
        LearnerState state = learner.initialState(1);
        SequenceCloning.Score before = learner.score(state, unseen);
        assertThat(before.tokens())
                .isEqualTo(
                        unseen.stream().mapToInt(TokenSequence::learnedTokens).sum());
        // Nothing known: log2 of 12 choices is 3.6 bits a token.
        assertThat(before.totalBits() / before.tokens()).isBetween(2.5, 5.0);
        state = run(learner, state, conversations(2000, 2));
        SequenceCloning.Score after = learner.score(state, unseen);
        assertThat(after.totalBits() / after.tokens()).isLessThan(0.05);

        try (AutoregressivePolicy policy = AutoregressivePolicy.ofExport(learner.export(state))) {
            AutoregressivePolicy.Prompt prompt = new AutoregressivePolicy.Prompt(new int[] {4, 8}, null, 1);
            assertThat(policy.reply(List.of(prompt), new Decoding(0, 1, 0, 10, Set.of(END)))
                            .get(0)
                            .tokens())
                    .containsExactly(4, 4, 4, 11);
        }
    }

    @Test
    void theSameSeedGivesTheSameBytesAndAnotherDoesNot() {
        List<TokenSequence> window = conversations(60, 4);
        SequenceCloningConfig config = CONFIG.with(1e-2, 0.9, 0.2, 2);
        byte[] once =
                run(learner(config), learner(config).initialState(1), window).toBytes();
        byte[] again =
                run(learner(config), learner(config).initialState(1), window).toBytes();
        assertThat(once).isEqualTo(again);
        SequenceCloning learner = learner(config);
        try (Update update = learner.begin(learner.initialState(1), window, List.of(), 4)) {
            while (update.step()) {}
            assertThat(update.state().toBytes()).isNotEqualTo(once); // other units were dropped
        }
    }

    @Test
    void goesOnFromAnyStepAsIfItHadNeverStopped() {
        goesOnFromAnyStep(NETWORK);
    }

    @Test
    void goesOnFromAnyStepWithItsTables() {
        goesOnFromAnyStep(WITH_TABLES);
    }

    private void goesOnFromAnyStep(RecurrentNetwork network) {
        List<TokenSequence> window = conversations(60, 4);
        SequenceCloningConfig config = CONFIG.with(1e-2, 0.9, 0.2, 1);
        SequenceCloning learner = learner(network, config);
        LearnerState first = run(learner, learner.initialState(1), window);
        byte[] whole = run(learner, first, window).toBytes();
        LearnerState state = first;
        boolean more = true;
        int stops = 0;
        while (more) {
            SequenceCloning other = learner(network, config);
            try (Update update = other.begin(state, window, List.of(), 3)) {
                for (int i = 0; i < 7 && more; i++) {
                    more = update.step();
                }
                state = LearnerState.fromBytes(update.state().toBytes());
                stops++;
            }
        }
        assertThat(stops).isGreaterThan(1);
        assertThat(state.toBytes()).isEqualTo(whole);
    }

    @Test
    void theScoreOfASequenceDoesNotDependOnThoseBesideIt() {
        SequenceCloning learner = learner(CONFIG);
        LearnerState state = run(learner, learner.initialState(1), conversations(100, 2));
        List<TokenSequence> unseen = conversations(30, 99);
        double[] together = learner.score(state, unseen).bits();
        for (int i = 0; i < unseen.size(); i++) {
            assertThat(learner.score(state, List.of(unseen.get(i))).bits()[0]).isCloseTo(together[i], within(1e-4));
        }
    }

    @Test
    void goesOnFromAModelOfTheSameNetworkOnly() {
        SequenceCloning learner = learner(CONFIG);
        LearnerState state = run(learner, learner.initialState(1), conversations(100, 2));
        byte[] model = learner.export(state);
        LearnerState found = Objects.requireNonNull(learner.stateFrom(model));
        assertThat(learner.export(found)).isEqualTo(model);
        RecurrentNetwork wider = new RecurrentNetwork(VOCABULARY, 8, 17);
        assertThat(learner.stateFrom(wider.toModel(wider.initialise(new SplittableRandom(1)))))
                .isNull();
        assertThat(learner.stateFrom(new byte[] {1, 2})).isNull();
    }

    @Test
    void goesOnFromAModelWithItsTables() {
        SequenceCloning learner = learner(WITH_TABLES, CONFIG);
        LearnerState state = run(learner, learner.initialState(1), conversations(100, 2));
        byte[] model = learner.export(state);
        LearnerState found = Objects.requireNonNull(learner.stateFrom(model));
        assertThat(learner.export(found)).isEqualTo(model);
        assertThat(found.vector("memory")).hasSize(TABLES.size());
    }

    @Test
    void goesOnFromAModelOfBeforeThereWereTables() {
        SequenceCloning before = learner(CONFIG);
        LearnerState state = run(before, before.initialState(1), conversations(100, 2));
        SequenceCloning learner = learner(WITH_TABLES, CONFIG);
        LearnerState found = Objects.requireNonNull(learner.stateFrom(before.export(state)));
        assertThat(found.vector("memory")).isEqualTo(TABLES.initial());
        assertThat(found.vector("theta")).startsWith(state.vector("average"));
        assertThat(run(learner, found, conversations(50, 3)).vector("memory")).isNotEqualTo(TABLES.initial());
    }

    @Test
    void aNetworkAloneGoesOnFromThatOfAModelWithTables() {
        SequenceCloning mixed = learner(NETWORK.with(NGramTables.defaults(VOCABULARY)), CONFIG);
        LearnerState state = run(mixed, mixed.initialState(1), conversations(40, 2));
        LearnerState found = Objects.requireNonNull(learner(CONFIG).stateFrom(mixed.export(state)));
        assertThat(state.vector("average")).startsWith(found.vector("theta"));
        assertThat(found.vectors()).doesNotContainKey("memory");
    }

    @Test
    void withTablesTheServedModelPredictsAsTheLearnerIsScored() {
        SequenceCloning learner = learner(WITH_TABLES, CONFIG);
        LearnerState state = run(learner, learner.initialState(1), conversations(300, 2));
        List<TokenSequence> unseen = conversations(30, 99);
        double[] scored = learner.score(state, unseen).bits();
        try (AutoregressivePolicy policy = AutoregressivePolicy.ofExport(learner.export(state))) {
            assertThat(policy.stateSize()).isEqualTo(WITH_TABLES.servedState());
            List<double[]> together = policy.nats(
                    unseen.stream().map(TokenSequence::tokens).toList(),
                    unseen.stream().map(TokenSequence::learned).toList());
            for (int i = 0; i < unseen.size(); i++) {
                assertThat(Arrays.stream(together.get(i)).sum() / Math.log(2)).isCloseTo(scored[i], within(1e-3));
                TokenSequence one = unseen.get(i);
                assertThat(policy.nats(List.of(one.tokens()), List.of(one.learned()))
                                .get(0))
                        .containsExactly(together.get(i), within(1e-5));
            }
        }
    }

    /** The tables know after one window what takes the network many steps. */
    @Test
    void withTablesItLearnsSoonerWhatIsSaidOften() {
        List<TokenSequence> unseen = conversations(50, 99);
        SequenceCloning alone = learner(CONFIG);
        SequenceCloning mixed = learner(WITH_TABLES, CONFIG);
        double without = alone.score(run(alone, alone.initialState(1), conversations(20, 2)), unseen)
                .totalBits();
        double with = mixed.score(run(mixed, mixed.initialState(1), conversations(20, 2)), unseen)
                .totalBits();
        assertThat(with).isLessThan(0.9 * without);
    }

    @Test
    void anUpdateThatDivergesKeepsTheParametersAndSaysSo() {
        SequenceCloning learner = learner(CONFIG.with(1e30, 0.9, 0, 1));
        LearnerState state = learner.initialState(1);
        try (Update update = learner.begin(state, conversations(200, 2), List.of(), 3)) {
            while (update.step()) {}
            assertThat(update.report().figures()).containsEntry(TrainingReport.DIVERGED, 1.0);
            assertThat(update.state().vector("theta")).isEqualTo(state.vector("theta"));
        }
    }

    /** 2 steps of rising, 10 steady; at step 40 half, for ever a quarter. */
    @Test
    void theLearningRateRisesThenFallsWithTheRootOfTheSteps() {
        SequenceCloningConfig config = new SequenceCloningConfig(1, 1, 8, 2, 10, 1, 0.9, 0, 1, 1);
        assertThat(List.of(0L, 1L, 9L, 39L, 100_000L).stream().map(config::learningRate))
                .containsExactly(4.0, 8.0, 8.0, 4.0, 2.0);
        assertThat(config.newest(0)).isEqualTo(1);
        assertThat(config.newest(30)).isEqualTo(0.25);
        assertThat(config.newest(1000)).isCloseTo(0.1, within(1e-12));
    }

    @Test
    void refusesAWindowWithNothingToLearn() {
        TokenSequence silent = new TokenSequence(new int[] {1, 2}, new boolean[] {true, false});
        assertThatThrownBy(() -> learner(CONFIG).begin(learner(CONFIG).initialState(1), List.of(silent), List.of(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at least one token to learn, got none in 1 sequences");
    }
}
