package dev.understudy.learn.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.GailConfig.Feedback;
import dev.understudy.network.RecurrentNetwork;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.SequenceDiscriminator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A random network of 20 tokens speaks sequences of 8; a policy that was cloned for a moment learns from them. */
@SuppressWarnings("NullAway.Init")
class SequenceGailTest {
    private static final int ROWS = 32;
    private static final int LENGTH = 8;
    private static final RecurrentNetwork NETWORK = new RecurrentNetwork(20, 8, 16);
    private static final SequenceGailConfig CONFIG = new SequenceGailConfig(
            ROWS,
            1,
            LENGTH,
            Set.of(),
            new SequenceDiscriminator.Options(16, 32, 5e-3, 1.0),
            100,
            2,
            3e-3,
            RewardForm.LOG_ODDS,
            0.5,
            5,
            0,
            1e-3,
            0.9,
            150,
            Feedback.EXPERT);

    private static float[] oracle;
    private static List<TokenSequence> expert;
    private static SequenceCloning cloning;
    private static LearnerState cloned;

    @BeforeAll
    static void cloneForAMoment() {
        oracle = NETWORK.initialise(new SplittableRandom(11));
        for (int i = 0; i < oracle.length; i++) {
            oracle[i] *= 4;
        }
        expert = spoken(oracle, 40, 1);
        cloning = new SequenceCloning(
                NETWORK, new SequenceCloningConfig(ROWS, LENGTH, 5e-3, 0, 10_000, 1.0, 0.9, 0.0, 1, ROWS * LENGTH));
        try (Update update = cloning.begin(cloning.initialState(3), expert, List.of(), 3)) {
            while (update.step()) {}
            cloned = update.state();
        }
    }

    @AfterAll
    static void close() {
        cloning.close();
    }

    /** Sequences that begin with token 0, as the parameters speak them. */
    private static List<TokenSequence> spoken(float[] theta, int batches, long seed) {
        List<int[]> start = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            start.add(new int[] {0});
        }
        boolean[] learned = new boolean[LENGTH + 1];
        Arrays.fill(learned, 1, LENGTH + 1, true);
        List<TokenSequence> all = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        try (SequenceSampler sampler = new SequenceSampler(NETWORK, ROWS)) {
            sampler.parameters(theta);
            for (int batch = 0; batch < batches; batch++) {
                for (SequenceSampler.Said said : sampler.say(start, sampler.read(start), LENGTH, Set.of(), random)) {
                    int[] tokens = new int[LENGTH + 1];
                    System.arraycopy(said.tokens(), 0, tokens, 1, LENGTH);
                    all.add(new TokenSequence(tokens, learned));
                }
            }
        }
        return all;
    }

    /** Nats per token of what a policy says, under the oracle. */
    private static double oracleNats(LearnerState policy) {
        LearnerState judge = new LearnerState(new TreeMap<>(Map.of("theta", oracle)), new TreeMap<>(), new TreeMap<>());
        SequenceCloning.Score score = cloning.score(judge, spoken(SequenceCloning.exported(policy), 60, 5));
        return score.totalBits() * Math.log(2) / score.tokens();
    }

    private static LearnerState learn(SequenceGail gail, LearnerState from) {
        try (SequenceGailUpdate update = gail.begin(from, expert, 9)) {
            while (update.step()) {
                assertThat(update.progress()).isBetween(0.0, 1.0);
            }
            assertThat(update.report().problem()).isNull();
            return update.state();
        }
    }

    @Test
    void thePolicyComesToSayWhatTheOracleWould() {
        try (SequenceGail gail = new SequenceGail(NETWORK, CONFIG)) {
            double before = oracleNats(cloned);
            double after = oracleNats(learn(gail, gail.after(cloned, 1)));
            assertThat(after).isLessThan(before - 0.1);
        }
    }

    @Test
    void aDiscriminatorThatLearnsNothingTeachesNothing() {
        try (SequenceGail gail =
                new SequenceGail(NETWORK, CONFIG.with(CONFIG.policyRate(), 0, 20, Feedback.CONSTANT))) {
            LearnerState begun = gail.after(cloned, 1);
            LearnerState state = learn(gail, begun);
            assertThat(state.vector("theta")).isEqualTo(begun.vector("theta"));
            assertThat(state.vector("discriminator.theta")).isEqualTo(begun.vector("discriminator.theta"));
        }
    }

    @Test
    void randomTokensInPlaceOfTheExpertsTeachNoOracle() {
        try (SequenceGail gail = new SequenceGail(NETWORK, CONFIG.with(CONFIG.policyRate(), 0, 60, Feedback.NOISE))) {
            double before = oracleNats(cloned);
            double after = oracleNats(learn(gail, gail.after(cloned, 1)));
            assertThat(after).isGreaterThan(before);
        }
    }

    @Test
    void teacherForcingAloneIsCloning() {
        try (SequenceGail gail = new SequenceGail(NETWORK, CONFIG.with(0, 2, 100, Feedback.CONSTANT))) {
            LearnerState after = learn(gail, gail.after(cloned, 1));
            List<TokenSequence> unseen = spoken(oracle, 10, 77);
            assertThat(cloning.score(after, unseen).totalBits())
                    .isLessThan(cloning.score(cloned, unseen).totalBits());
        }
    }

    @Test
    void goesOnFromAnyStepAsIfItHadNeverStopped() {
        SequenceGailConfig config = CONFIG.with(CONFIG.policyRate(), 1, 4, Feedback.EXPERT);
        byte[] whole;
        LearnerState begun;
        try (SequenceGail gail = new SequenceGail(NETWORK, config)) {
            begun = learn(gail, gail.after(cloned, 1));
            whole = learn(gail, begun).toBytes();
        }
        LearnerState state = begun;
        boolean more = true;
        int stops = 0;
        while (more) {
            try (SequenceGail another = new SequenceGail(NETWORK, config);
                    SequenceGailUpdate update = another.begin(state, expert, 9)) {
                for (int i = 0; i < 5 && more; i++) {
                    more = update.step();
                }
                state = LearnerState.fromBytes(update.state().toBytes());
                stops++;
            }
        }
        assertThat(stops).isGreaterThan(2);
        assertThat(state.toBytes()).isEqualTo(whole);
    }

    @Test
    void anUpdateThatDivergesKeepsThePolicyAndSaysSo() {
        try (SequenceGail gail = new SequenceGail(NETWORK, CONFIG.with(1e30, 0, 50, Feedback.EXPERT))) {
            LearnerState begun = gail.after(cloned, 1);
            try (SequenceGailUpdate update = gail.begin(begun, expert, 9)) {
                while (update.step()) {}
                assertThat(update.report().figures()).containsEntry(TrainingReport.DIVERGED, 1.0);
                assertThat(update.state().vector("theta")).isEqualTo(begun.vector("theta"));
            }
        }
    }

    @Test
    void refusesAWindowWithNothingToLearnAndTokensThatItDoesNotKnow() {
        try (SequenceGail gail = new SequenceGail(NETWORK, CONFIG)) {
            LearnerState begun = gail.after(cloned, 1);
            TokenSequence silent = new TokenSequence(new int[] {1, 2}, new boolean[] {true, false});
            assertThatThrownBy(() -> gail.begin(begun, List.of(silent), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("expected at least one token to learn, got none in 1 sequences");
            TokenSequence foreign = new TokenSequence(new int[] {1, 20}, new boolean[] {true, true});
            assertThatThrownBy(() -> gail.begin(begun, List.of(foreign), 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tokens from 0 to 19, got 20");
        }
    }

    /** Contexts of at most 2 tokens, replies of at most 3: what is learned is a reply to what is before it. */
    @Test
    void runsOfLearnedTokensAreReplies() {
        boolean[] learned = {true, false, false, true, true, true, true, false, true};
        TokenSequence sequence = new TokenSequence(new int[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, learned);
        assertThat(Exchange.of(List.of(sequence), 2, 3))
                .containsExactly(
                        new Exchange(new int[] {2, 3}, new int[] {4, 5, 6}),
                        new Exchange(new int[] {7, 8}, new int[] {9}));
    }

    /**
     * One row, a context of 1 token, replies of 2. Places are steps x 2 columns, the generated reply in column 1: its
     * logits are at 3 and 5, its values before each token at 1 and 3. Log odds: 2 - 0, then -1 - 2.
     */
    @Test
    void rewardsOfPrefixesAddUpToThatOfTheWholeReply() {
        Replies replies = new Replies(new SequenceGailConfig(
                1,
                1,
                2,
                Set.of(),
                CONFIG.discriminator(),
                0,
                1,
                1,
                RewardForm.LOG_ODDS,
                1,
                5,
                0,
                1,
                0,
                1,
                Feedback.EXPERT));
        List<Exchange> generated = List.of(new Exchange(new int[] {4}, new int[] {5, 6}));
        SequenceDiscriminator.Judgement judgement = new SequenceDiscriminator.Judgement(
                new float[] {9, 9, 9, 2, 3, -1}, new float[] {9, 0.5f, 9, 0.25f, 9, 9});
        assertThat(replies.rewards(generated, judgement)).containsExactly(2, -3);
        assertThat(replies.values(generated, judgement)).containsExactly(0.5f, 0.25f);
        List<Exchange> expert = List.of(new Exchange(new int[] {4}, new int[] {7, 8}));
        assertThat(replies.tokens(expert, generated)).containsExactly(4, 4, 7, 5, 8, 6);
        assertThat(replies.accuracy(expert, generated, judgement)).isEqualTo(1);
        SequenceDiscriminator.Lesson lesson = replies.lesson(expert, generated, new float[] {3, 4});
        assertThat(lesson.signs()).containsExactly(0, 0, 1, -1, 1, -1);
        assertThat(lesson.weights()).containsExactly(0, 0, 0.5f, 0.5f, 0.5f, 0.5f);
        assertThat(lesson.targets()).containsExactly(0, 3, 0, 4, 0, 0);
        assertThat(lesson.valued()).containsExactly(0, 0.5f, 0, 0.5f, 0, 0);
    }

    /** The same tokens, read and said by the sampler and scored by cloning's program: the same likelihood. */
    @Test
    void theSamplerReadsContextsOfAnyLengthAndKnowsHowLikelyItsDrawsAre() {
        List<int[]> contexts = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            int[] context = new int[1 + row % 5];
            Arrays.setAll(context, i -> (7 * i + 3) % 20);
            contexts.add(context);
        }
        try (SequenceSampler sampler = new SequenceSampler(NETWORK, ROWS)) {
            sampler.parameters(oracle);
            List<SequenceSampler.Said> said =
                    sampler.say(contexts, sampler.read(contexts), 6, Set.of(19), new SplittableRandom(2));
            LearnerState state =
                    new LearnerState(new TreeMap<>(Map.of("theta", oracle)), new TreeMap<>(), new TreeMap<>());
            for (int row = 0; row < ROWS; row++) {
                int[] context = contexts.get(row);
                int[] reply = said.get(row).tokens();
                int[] tokens = Arrays.copyOf(context, context.length + reply.length);
                System.arraycopy(reply, 0, tokens, context.length, reply.length);
                boolean[] learned = new boolean[tokens.length];
                Arrays.fill(learned, context.length, tokens.length, true);
                double nats = cloning.score(state, List.of(new TokenSequence(tokens, learned)))
                                .totalBits()
                        * Math.log(2);
                assertThat(said.get(row).nats()).isCloseTo(nats, within(1e-3));
                assertThat(reply.length == 6 || reply[reply.length - 1] == 19).isTrue();
            }
        }
    }
}
