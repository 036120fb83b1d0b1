package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.demo.Visitors.Exchange;
import dev.understudy.app.study.Talk;
import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Decision;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyCheckTest {
    private static final ResponderSpec SPEC = new ResponderSpec();

    private final List<String> closed = new ArrayList<>();

    /** Replies with its name, its seed and how much was said so far. */
    private final class Parrot implements ServedPolicy {
        private final String name;

        Parrot(String name) {
            this.name = name;
        }

        @Override
        public void answer(Rows contexts, int rows, long[] seeds, LoadedPolicy.Answer answer) {
            String context = new String(((ByteRows) contexts).values(), StandardCharsets.UTF_8);
            float[] actions = new float[SPEC.actionSize()];
            ResponderSpec.REPLIES.write(reply(name, seeds[0], context.strip().length()), actions, 0);
            if (answer.actions() != null) {
                System.arraycopy(actions, 0, answer.actions(), 0, actions.length);
            }
        }

        @Override
        public void answer(Rows contexts, int rows, LoadedPolicy.Answer answer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void act(float[] observations, int rows, float[] actions) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int observationSize() {
            return SPEC.observationSize();
        }

        @Override
        public int actionSize() {
            return SPEC.actionSize();
        }

        @Override
        public ModelFile file() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            closed.add(name);
        }
    }

    private static String reply(String name, long seed, int length) {
        return "%s-%d-%d".formatted(name, seed, length);
    }

    private static Turn turn(long sequence) {
        return new Turn("v", "v#0", sequence, sequence, Actor.HUMAN, "", false, Role.USER, "Hi", List.of(), 0);
    }

    private static Exchange exchange(long sequence, String model, String text, Decision.Kind kind) {
        return new Exchange(
                turn(sequence),
                new Decision(
                        "v",
                        "v#0",
                        sequence,
                        sequence,
                        ResponderSpec.NAME,
                        1,
                        model,
                        new float[0],
                        new float[0],
                        kind,
                        "",
                        Double.NaN,
                        text,
                        sequence,
                        0,
                        0,
                        "i"));
    }

    /** Returns a reply as serving would make it, from what was said before. */
    private static String served(Parrot by, List<Exchange> before, long sequence) {
        Talk talk = new Talk(SPEC);
        for (Exchange each : before) {
            talk.hear(each.asked());
            talk.said(String.valueOf(each.decided().text()));
        }
        talk.hear(turn(sequence));
        return talk.reply(by, turn(sequence), sequence);
    }

    @Test
    void aReplyThatItsModelWouldNotMakeIsMixed() {
        List<Exchange> exchanges = new ArrayList<>();
        exchanges.add(exchange(0, "", "Nobody is here.", Decision.Kind.FALLBACK_NO_MODEL));
        exchanges.add(exchange(2, "a", served(new Parrot("a"), exchanges, 2), Decision.Kind.POLICY));
        exchanges.add(exchange(4, "b", served(new Parrot("b"), exchanges, 4), Decision.Kind.POLICY));
        assertThat(ReplyCheck.of(exchanges, SPEC, Parrot::new, 8)).isEqualTo(new ReplyCheck(2, 0));
        assertThat(closed).containsExactlyInAnyOrder("a", "b");

        exchanges.add(exchange(6, "b", served(new Parrot("a"), exchanges, 6), Decision.Kind.POLICY));
        assertThat(ReplyCheck.of(exchanges, SPEC, Parrot::new, 8)).isEqualTo(new ReplyCheck(3, 1));
    }
}
