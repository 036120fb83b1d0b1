package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Refusal;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnTest {
    static Turn turn(String episode, long sequence, Role role, String text) {
        return new Turn(
                "visitor",
                episode,
                sequence,
                1000 * sequence,
                Actor.HUMAN,
                "",
                false,
                role,
                text,
                List.of(),
                Turn.usualWeight(role, Actor.HUMAN));
    }

    @Test
    void onlyTheSideThatAnswersIsUsuallyImitatedAndNoPolicyEver() {
        assertThat(Turn.usualWeight(Role.USER, Actor.HUMAN)).isZero();
        assertThat(Turn.usualWeight(Role.SYSTEM, Actor.HUMAN)).isZero();
        assertThat(Turn.usualWeight(Role.ASSISTANT, Actor.HUMAN)).isOne();
        assertThat(Turn.usualWeight(Role.ASSISTANT, Actor.ASSISTANCE)).isOne();
        assertThat(Turn.usualWeight(Role.ASSISTANT, Actor.POLICY)).isZero();
        Turn marked = new Turn("v", "e", 0, 0, Actor.POLICY, "", false, Role.ASSISTANT, "x", List.of(), 1);
        assertThat(marked.isDemonstration()).isFalse();
    }

    @Test
    void aWeightBetweenIsRefused() {
        assertThatThrownBy(() -> new Turn("v", "e", 3, 0, Actor.HUMAN, "", false, Role.USER, "x", List.of(), 2))
                .hasMessage("expected weight 0 or 1, got 2 (turn 3 of e)");
    }

    @Test
    void whatIsNoTextIsRefusedWithWhatWasExpected() {
        assertRefused("", TurnRefusal.EMPTY, "expected text, got none (turn 0 of e)");
        assertRefused(
                "x".repeat(20_000),
                TurnRefusal.TOO_LONG,
                "expected at most 16,384 characters, got 20,000 (turn 0 of e)");
        assertRefused(
                "ab\u0000",
                TurnRefusal.CONTROL_CHARACTER,
                "expected text, got the control character U+0000 at character 3 (turn 0 of e)");
        assertRefused(
                "a\uDC00",
                TurnRefusal.NOT_UNICODE,
                "expected text, got at character 2 what is no UTF-8 (or the mark U+FFFD of an earlier loss) (turn 0 of e)");
        assertThat(TurnCheck.check(turn("e", -1, Role.USER, "x"))).isEqualTo(TurnRefusal.NEGATIVE_SEQUENCE);
        assertThat(TurnCheck.check("Grüße \uD83D\uDE00\tдруг\r\n")).isNull();
    }

    private static void assertRefused(String text, TurnRefusal refusal, String message) {
        Turn turn = turn("e", 0, Role.USER, text);
        assertThat(TurnCheck.check(turn)).isEqualTo(refusal);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.INPUT);
        assertThat(TurnCheck.describe(refusal, turn)).isEqualTo(message);
    }

    @Test
    void conversationsComeInTheOrderInWhichTheyEndedAndTheirTurnsInThatOfTheirNumbers() {
        List<Conversation> conversations = Conversation.of(List.of(
                turn("long", 5, Role.USER, "late"),
                turn("short", 1, Role.USER, "b"),
                turn("short", 0, Role.USER, "a"),
                turn("short", 1, Role.USER, "again"),
                turn("long", 0, Role.USER, "early")));
        assertThat(conversations).extracting(Conversation::episode).containsExactly("short", "long");
        assertThat(conversations.get(0).turns()).extracting(Turn::text).containsExactly("a", "b");
        assertThat(conversations.get(1).turns()).extracting(Turn::text).containsExactly("early", "late");
    }
}
