package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyChoiceTest {
    private static final List<Conversation> CONVERSATIONS = conversations();

    private static List<Conversation> conversations() {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            String topic = "topic" + i;
            turns.add(TurnTest.turn("e" + i, 0, Role.USER, "what about " + topic));
            turns.add(TurnTest.turn("e" + i, 1, Role.ASSISTANT, topic + " is what I like"));
            turns.add(TurnTest.turn("e" + i, 2, Role.USER, "good"));
            turns.add(TurnTest.turn("e" + i, 3, Role.ASSISTANT, "bye"));
        }
        return Conversation.of(turns);
    }

    @Test
    void everyReplyThatIsToBeImitatedIsToBeFoundAmongDifferentTexts() {
        List<ReplyChoice> choices = ReplyChoice.draw(CONVERSATIONS, 20, 1);
        assertThat(choices).hasSize(60);
        for (ReplyChoice choice : choices) {
            assertThat(new HashSet<>(choice.candidates())).hasSize(20);
            Turn last = choice.context().get(choice.context().size() - 1);
            assertThat(choice.candidates().get(choice.right()))
                    .isEqualTo(last.sequence() == 2 ? "bye" : last.text().substring(11) + " is what I like");
        }
        assertThat(ReplyChoice.draw(CONVERSATIONS, 20, 1)).isEqualTo(choices);
        assertThat(ReplyChoice.draw(CONVERSATIONS, 20, 2)).isNotEqualTo(choices);
    }

    @Test
    void aReplyThatSharesARareWordIsFoundAndOneThatSharesNoneIsNot() {
        List<ReplyChoice> choices = ReplyChoice.draw(CONVERSATIONS, 20, 1);
        TfIdfRetrieval retrieval = new TfIdfRetrieval(
                CONVERSATIONS.stream()
                        .flatMap(conversation -> conversation.turns().stream())
                        .map(Turn::text)
                        .toList(),
                1);
        double[] recall = ReplyChoice.recallAtOne(retrieval, choices);
        for (int i = 0; i < recall.length; i++) {
            boolean isFirst = choices.get(i).context().size() == 1;
            assertThat(recall[i]).isEqualTo(isFirst ? 1 : 1 / 20.0); // 20 share a score of zero
        }
    }

    /** Of three texts, "a" is in all and "b" in one: ln(4/4) + 1 = 1 and ln(4/2) + 1. */
    @Test
    void aScoreIsTheCosineOfWeightedWords() {
        TfIdfRetrieval retrieval = new TfIdfRetrieval(List.of("a b", "A", "a a"), 2);
        double rare = Math.log(2) + 1;
        double[] scores = retrieval.scores(
                List.of(
                        TurnTest.turn("e", 0, Role.USER, "b"),
                        TurnTest.turn("e", 1, Role.ASSISTANT, "a"),
                        TurnTest.turn("e", 2, Role.USER, "A!")),
                List.of("a", "b a", "c", ""));
        double both = Math.sqrt(1 + rare * rare);
        assertThat(scores).containsExactly(new double[] {1, 1 / both, 0, 0}, within(1e-12));
    }

    @Test
    void tooFewTextsToChooseFromAreRefused() {
        assertThatThrownBy(() -> ReplyChoice.draw(CONVERSATIONS.subList(0, 2), 20, 1))
                .hasMessage("expected 2 to 3 candidates, as many as there are different texts, got 20");
    }
}
