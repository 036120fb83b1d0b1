package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.model.AutoregressivePolicy.Prompt;
import dev.understudy.model.AutoregressivePolicy.Reply;
import dev.understudy.network.RecurrentNetwork;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AutoregressivePolicyTest {
    /** As wide as the network of dialogue, so that the kernels are the same; the vocabulary is not even. */
    private static final RecurrentNetwork NETWORK = new RecurrentNetwork(1001, 192, 256);

    private static AutoregressivePolicy policy;

    @BeforeAll
    static void load() {
        float[] theta = NETWORK.initialise(new SplittableRandom(1));
        for (int i = 0; i < theta.length; i++) {
            theta[i] *= 3;
        }
        policy = AutoregressivePolicy.ofExport(NETWORK.toModel(theta));
    }

    @AfterAll
    static void close() {
        policy.close();
    }

    private static List<Prompt> prompts(int count) {
        SplittableRandom random = new SplittableRandom(8);
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] tokens =
                    random.ints(1 + random.nextInt(30), 0, NETWORK.vocabulary()).toArray();
            prompts.add(new Prompt(tokens, null, random.nextLong()));
        }
        return prompts;
    }

    private static void sameAloneAsAmongOthers(Decoding decoding) {
        List<Prompt> prompts = prompts(80);
        List<Reply> together = policy.reply(prompts, decoding);
        Set<Integer> lengths = new HashSet<>();
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(policy.reply(List.of(prompts.get(i)), decoding)).containsExactly(together.get(i));
            lengths.add(together.get(i).tokens().length);
        }
        assertThat(lengths).hasSizeGreaterThan(2);
        assertThat(policy.reply(prompts, decoding)).isEqualTo(together);
    }

    /** A tenth of the tokens ends a reply, so that rows leave the batch at different steps. */
    private static Set<Integer> stops() {
        Set<Integer> stops = new HashSet<>();
        for (int token = 0; token < NETWORK.vocabulary(); token += 10) {
            stops.add(token);
        }
        return stops;
    }

    @Test
    void aReplyIsTheSameAloneAndAmongOthers() {
        sameAloneAsAmongOthers(new Decoding(1.0, 1.0, 0, 25, stops()));
        sameAloneAsAmongOthers(Decoding.defaults(stops()));
        sameAloneAsAmongOthers(Decoding.greedy(stops()));
    }

    @Test
    void goesOnFromTheStateThatAReplyLeft() {
        Prompt whole = new Prompt(new int[] {1, 2, 3, 4, 5, 6}, null, 9);
        Decoding decoding = Decoding.defaults(stops());
        Reply expected = policy.reply(List.of(whole), decoding).get(0);
        Reply half = policy.reply(List.of(new Prompt(new int[] {1, 2, 3}, null, 1)), decoding)
                .get(0);
        assertThat(policy.reply(List.of(new Prompt(new int[] {4, 5, 6}, half.state(), 9)), decoding))
                .containsExactly(expected);
    }

    @Test
    void anotherSeedMostlyGivesAnotherReply() {
        int[] tokens = {1, 2, 3};
        List<Prompt> prompts = new ArrayList<>();
        for (int seed = 0; seed < 20; seed++) {
            prompts.add(new Prompt(tokens, null, seed));
        }
        Decoding decoding = new Decoding(1.0, 1.0, 0, 10, Set.of());
        assertThat(new HashSet<>(policy.reply(prompts, decoding))).hasSizeGreaterThan(15);
        Decoding greedy = new Decoding(0, 1.0, 0, 10, Set.of());
        assertThat(new HashSet<>(policy.reply(prompts, greedy))).hasSize(1);
    }

    @Test
    void endsAtItsLengthOrAtAStopThatIsNotPartOfIt() {
        Decoding decoding = new Decoding(1.0, 1.0, 0, 6, stops());
        for (Reply reply : policy.reply(prompts(60), decoding)) {
            assertThat(Arrays.stream(reply.tokens())).noneMatch(stops()::contains);
            assertThat(reply.tokens().length).isLessThanOrEqualTo(6);
            assertThat(reply.stopped() || reply.tokens().length == 6).isTrue();
        }
    }

    @Test
    void noRunOfTokensComesTwice() {
        Decoding loops = new Decoding(0, 1.0, 0, 60, Set.of());
        Decoding guarded = new Decoding(0, 1.0, 2, 60, Set.of());
        boolean looped = false;
        for (Prompt prompt : prompts(10)) {
            looped |= pairs(policy.reply(List.of(prompt), loops).get(0)) < 59;
            assertThat(pairs(policy.reply(List.of(prompt), guarded).get(0))).isEqualTo(59);
        }
        assertThat(looped).isTrue();
    }

    private static int pairs(Reply reply) {
        Set<List<Integer>> pairs = new HashSet<>();
        for (int i = 1; i < reply.tokens().length; i++) {
            pairs.add(List.of(reply.tokens()[i - 1], reply.tokens()[i]));
        }
        return pairs.size();
    }

    @Test
    void namesWhatIsWrongWithAPrompt() {
        Decoding decoding = Decoding.greedy(Set.of());
        assertThatThrownBy(() -> policy.reply(
                        List.of(new Prompt(new int[] {1}, null, 1), new Prompt(new int[] {}, null, 1)), decoding))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "prompt 1: expected at least one token, tokens from 0 to 1000, and a state of 256, got 0 tokens and a state of 0");
        assertThatThrownBy(() -> policy.reply(List.of(new Prompt(new int[] {1001}, null, 1)), decoding))
                .hasMessageContaining("1 tokens, some out of range, and");
        assertThatThrownBy(() -> policy.reply(List.of(new Prompt(new int[] {1}, new float[3], 1)), decoding))
                .hasMessageEndingWith("a state of 3");
        assertThatThrownBy(() -> new Decoding(-1, 1, 0, 1, Set.of())).hasMessageContaining("got -1.0 and 1.0");
        assertThatThrownBy(() -> new Decoding(0, 1, 1, 1, Set.of())).hasMessageContaining("got 1 and 1");
    }

    @Test
    void refusesAModelOfAnotherForm() {
        assertThatThrownBy(() -> AutoregressivePolicy.ofExport(new byte[] {1, 2, 3}))
                .isInstanceOf(InvalidModelException.class);
        assertThatThrownBy(() -> AutoregressivePolicy.ofExport(
                        TestModels.model(1, 0).build().toByteArray()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("expected state FLOAT [batch, n], got null");
    }
}
