package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a retriever is made of. */
class RetrievalPartsTest {
    private static final List<String> TEXTS =
            List.of("The cat sat.", "The dog and the cat sat down", "A bird!", "the the bird's nest");

    private static WordRarity rarity() {
        float[] textsWith = new float[WordRarity.BUCKETS];
        for (String text : TEXTS) {
            Arrays.stream(WordRarity.words(text)).distinct().forEach(word -> textsWith[word]++);
        }
        return WordRarity.of(textsWith, TEXTS.size());
    }

    @Test
    void matchesAreCosinesOfTfIdf() {
        WordRarity rarity = WordRarity.read(rarity().toText());
        WordRarity.Index index = new WordRarity.Index();
        TEXTS.forEach(text -> index.add(rarity.weighted(List.of(WordRarity.words(text)))));
        Turn asked = TestDialogues.conversation(0).turns().get(0);
        Turn turn = new Turn("", "", 0, 0, asked.actor(), "", false, Role.USER, "the cat saw a bird", List.of(), 0);
        float[] matches = new float[TEXTS.size()];
        index.match(rarity.weighted(List.of(WordRarity.words(turn.text()))), matches, 0);
        double[] expected = new TfIdfRetrieval(TEXTS, 1).scores(List.of(turn), TEXTS);
        for (int i = 0; i < matches.length; i++) {
            assertThat((double) matches[i]).as(TEXTS.get(i)).isCloseTo(expected[i], within(0.02));
        }
        assertThat(rarity.texts()).isBetween(3L, 5L);
        assertThat(rarity.textsWith()[WordRarity.words("the")[0]]).isCloseTo(3, within(0.5f));
    }

    @Test
    void eachRowIsInOneBatchOfAPass() {
        for (BatchOrder order : List.of(BatchOrder.near(1000, 10, 7), BatchOrder.everywhere(1000, 10, 7))) {
            for (int pass = 0; pass < 2; pass++) {
                List<Integer> rows = new ArrayList<>();
                for (int batch = 0; batch < 100; batch++) {
                    for (int row : order.batch(100 * pass + batch)) {
                        rows.add(row);
                    }
                }
                assertThat(rows).hasSize(1000).doesNotHaveDuplicates();
            }
        }
        int[] near = BatchOrder.near(1000, 10, 7).batch(3);
        assertThat(Arrays.stream(near).max().orElseThrow()
                        - Arrays.stream(near).min().orElseThrow())
                .as("of one block of 160")
                .isLessThan(160);
        assertThat(BatchOrder.near(3, 5, 1).batch(0)).hasSize(5).contains(0, 1, 2);
    }

    @Test
    void candidatesAreBoundedAndWhatIsSaidOftenStays() {
        List<String> said = new ArrayList<>(Collections.nCopies(50, "Good to hear!"));
        for (int i = 0; i < 3 * ReplyCandidates.MOST; i++) {
            said.add("reply " + i);
        }
        ReplyCandidates none = ReplyCandidates.of("", new float[0]);
        ReplyCandidates candidates = none.with(said);
        assertThat(ReplyCandidates.split(candidates.text()))
                .hasSize(ReplyCandidates.MOST)
                .contains("Good to hear!");
        assertThat(candidates.with(said).text())
                .as("the same again changes nothing")
                .isEqualTo(candidates.text());
        ReplyCandidates read = ReplyCandidates.of(candidates.text(), candidates.keys());
        assertThat(read.with(List.of("reply 1")).text())
                .isEqualTo(candidates.with(List.of("reply 1")).text());
    }

    @Test
    void featuresAreTokensAndPairsAndOlderTurnsComeLast() {
        Tokeniser tokeniser = Tokeniser.train(TEXTS, Tokeniser.FEWEST_ENTRIES);
        TextFeatures features = new TextFeatures(tokeniser);
        int[] cat = features.of("CAT");
        assertThat(cat).hasSize(5).isEqualTo(features.of("cat"));
        assertThat(cat[2]).isGreaterThanOrEqualTo(Tokeniser.MOST_ENTRIES);
        assertThat(features.of("")).isEmpty();
        long[] row = new long[TextFeatures.ROOM];
        TextFeatures.writeContext(List.of(cat, features.of("b"), features.of("c"), features.of("d")), row, 0);
        assertThat(row[0]).isEqualTo(cat[0]);
        assertThat(row[5]).isZero();
        assertThat(row[40]).isEqualTo(features.of("b")[0]);
        assertThat(row[80]).isEqualTo(features.of("c")[0]);
        assertThat(row[81]).isEqualTo(features.of("d")[0]);
        assertThat(row[82]).isZero();
    }

    @Test
    void retrievalTakesRepliesOfOtherConversations() {
        List<Conversation> conversations = TestDialogues.conversations(8);
        RetrievalBaseline baseline = new RetrievalBaseline(conversations);
        assertThat(baseline.recallAtOne(conversations, 5, 1)).isBetween(0.5, 1.0);
        assertThat(baseline.recallAtOne(conversations, 6, 1)).as("five replies").isNaN();
        TextScores replies = baseline.replies(conversations, 1);
        assertThat(replies.distinct1()).isBetween(0.01, 1.0);
        assertThat(new RetrievalBaseline(conversations.subList(0, 1))
                        .replies(conversations.subList(0, 1), 1)
                        .distinct1())
                .as("nobody else said anything")
                .isNaN();
    }
}
