package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VisitorsTest {
    private static Conversation conversation(String entity, String episode, String... texts) {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < texts.length; i++) {
            turns.add(new Turn(
                    entity,
                    episode,
                    i,
                    i,
                    Actor.HUMAN,
                    "",
                    false,
                    i % 2 == 0 ? Role.USER : Role.ASSISTANT,
                    texts[i],
                    List.of(),
                    1));
        }
        return new Conversation(episode, turns);
    }

    @Test
    void visitorsSayWhatUsersSaidAndBeginAgainUnderAnotherName() {
        Visitors visitors = new Visitors(
                List.of(
                        conversation("a", "a", "a0", "x", "a2"),
                        conversation("b", "b", "b0"),
                        conversation("c", "c", "c0", "x")),
                2);
        List<List<Turn>> said = List.of(visitors.next(10), visitors.next(20), visitors.next(30), visitors.next(40));
        assertThat(said.stream().map(turns -> turns.get(0)))
                .extracting(Turn::text)
                .containsExactly("a0", "a2", "c0", "a0");
        assertThat(said.stream().map(turns -> turns.get(0)))
                .extracting(turn -> turn.episode() + " " + turn.sequence())
                .containsExactly("visitor-1#0 0", "visitor-1#0 2", "visitor-1#1 0", "visitor-1#2 0");
        assertThat(said.stream().map(turns -> turns.get(1)))
                .extracting(Turn::text)
                .containsOnly("b0");
        assertThat(said.get(3)).extracting(Turn::timeMs).containsOnly(40L);
        assertThat(said.get(3)).extracting(Turn::isDemonstration).containsOnly(false);
        assertThat(visitors.asked()).isEqualTo(8);
    }

    @Test
    void conversationsAreLaidASecondApartAndOneWriterHasOneAtATime() {
        DialogueTimeLine line = DialogueTimeLine.of(
                List.of(
                        conversation("a", "a", "a0", "a1", "a2"),
                        conversation("b", "b", "b0", "b1"),
                        conversation("a", "a'", "c0")),
                5_000);
        assertThat(line.turns())
                .extracting(turn -> turn.text() + " " + turn.timeMs())
                .containsExactly("a0 5000", "a1 6000", "b0 6000", "a2 7000", "b1 7000", "c0 8000");
        assertThat(line.endMs()).isEqualTo(8_000);
    }
}
