package dev.understudy.benchmarks;

import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.NGramBaseline;
import dev.understudy.dialogue.ReplyChoice;
import dev.understudy.dialogue.TextScores;
import dev.understudy.dialogue.TfIdfRetrieval;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.ingest.DialogueFormat;
import dev.understudy.ingest.SampleSource;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What the baselines of dialogue reach on conversations in the order in which they ended: the n-gram model's bits per
 * byte on the last tenth held out, through it, and over the pass, where each conversation is scored before it is
 * learned; and how often TF-IDF finds a reply of the last tenth among twenty.
 */
final class DialogueBaselines {
    private static final int PASS_BLOCK = 1000;
    private static final int LAST_TENTH_BLOCK = 100;
    private static final int CANDIDATES = 20;

    private final Settings settings;
    private final Consumer<String> progress;

    /**
     * What is measured.
     *
     * @param demos the conversations
     * @param format their layout
     * @param entries most entries of the tokeniser
     * @param tokeniserCharacters of the beginning, which the tokeniser is learned from
     * @param seed of the wrong candidates of retrieval
     */
    record Settings(Path demos, DialogueFormat format, int entries, long tokeniserCharacters, long seed) {}

    DialogueBaselines(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
    }

    Map<String, Object> run() {
        Map<String, Object> figures = new LinkedHashMap<>();
        List<Conversation> conversations = conversations(figures);
        int heldOutFrom = conversations.size() * 9 / 10;
        List<Conversation> heldOut = conversations.subList(heldOutFrom, conversations.size());
        Tokeniser tokeniser = tokeniser(conversations, figures);

        lastTenth(tokeniser, conversations.subList(0, heldOutFrom), heldOut, figures);
        pass(tokeniser, conversations, figures);
        List<ReplyChoice> choices = ReplyChoice.draw(heldOut, CANDIDATES, settings.seed);
        List<String> texts = texts(conversations.subList(0, heldOutFrom));
        for (int turns : new int[] {1, 3, 100}) {
            double[] recall = ReplyChoice.recallAtOne(new TfIdfRetrieval(texts, turns), choices);
            double mean = Arrays.stream(recall).average().orElse(Double.NaN);
            figures.put("recallAtOneByLast" + turns + "Turns", mean);
            progress.accept("TF-IDF by the last %d turns: R@1 of %d %.3f on %d replies"
                    .formatted(turns, CANDIDATES, mean, recall.length));
        }
        return figures;
    }

    private List<Conversation> conversations(Map<String, Object> figures) {
        AtomicLong bad = new AtomicLong();
        List<Turn> turns;
        long began = System.nanoTime();
        try (SampleSource source = settings.format.open(List.of(settings.demos), Instant.EPOCH);
                Stream<Turn> read = source.samples(Turn.class, row -> bad.incrementAndGet())) {
            turns = read.toList();
        }
        List<Conversation> conversations = Conversation.of(turns);
        figures.put("conversations", conversations.size());
        figures.put("turns", turns.size());
        figures.put("refused", bad.get());
        figures.put("readSeconds", seconds(began));
        progress.accept("%d turns of %d conversations, %d refused, read in %.1f s"
                .formatted(turns.size(), conversations.size(), bad.get(), seconds(began)));
        return conversations;
    }

    private Tokeniser tokeniser(List<Conversation> conversations, Map<String, Object> figures) {
        List<String> beginning = new ArrayList<>();
        long chars = 0;
        for (String text : texts(conversations)) {
            if (chars >= settings.tokeniserCharacters) {
                break;
            }
            beginning.add(text);
            chars += text.length();
        }
        long began = System.nanoTime();
        Tokeniser tokeniser = Tokeniser.train(beginning, settings.entries);
        double learnedSeconds = seconds(began);
        figures.put("tokeniserSeconds", learnedSeconds);
        figures.put("entries", tokeniser.size());
        began = System.nanoTime();
        long tokens = conversations.stream()
                .mapToLong(conversation -> tokeniser.encode(conversation.turns()).length)
                .sum();
        double tokensPerSecond = tokens / seconds(began);
        figures.put("tokens", tokens);
        figures.put("encodedTokensPerSecond", tokensPerSecond);
        progress.accept("tokeniser of %d entries from %,d characters in %.1f s; %,.0f tokens/s encoded"
                .formatted(tokeniser.size(), chars, learnedSeconds, tokensPerSecond));
        return tokeniser;
    }

    /** Scores the last tenth by what came before it, then by what was learned up to a hundred conversations earlier. */
    private void lastTenth(
            Tokeniser tokeniser, List<Conversation> before, List<Conversation> last, Map<String, Object> figures) {
        NGramBaseline baseline = new NGramBaseline(tokeniser);
        before.forEach(conversation -> baseline.learn(conversation.turns()));
        TextScores.Sum heldOut = new TextScores.Sum();
        last.forEach(conversation -> score(baseline, tokeniser, conversation, heldOut));
        TextScores scores = heldOut.scores();
        TextScores.Sum through = new TextScores.Sum();
        testThenTrain(baseline, tokeniser, last, LAST_TENTH_BLOCK).forEach(through::add);
        figures.put("heldOut", json(scores));
        figures.put("testThenTrainLastTenthBitsPerByte", through.bitsPerByte());
        progress.accept(
                "last tenth: held out %.4f bits per byte, perplexity per token %.2f, per word %.1f; test, then train by %d %.4f"
                        .formatted(
                                scores.bitsPerByte(),
                                scores.perplexityPerToken(),
                                scores.perplexityPerWord(),
                                LAST_TENTH_BLOCK,
                                through.bitsPerByte()));
    }

    private void pass(Tokeniser tokeniser, List<Conversation> conversations, Map<String, Object> figures) {
        long began = System.nanoTime();
        List<TextScores.Sum> blocks = testThenTrain(new NGramBaseline(tokeniser), tokeniser, conversations, PASS_BLOCK);
        TextScores.Sum all = new TextScores.Sum();
        blocks.forEach(all::add);
        figures.put("testThenTrainBitsPerByte", all.bitsPerByte());
        figures.put(
                "testThenTrainByThousand",
                blocks.stream().map(TextScores.Sum::bitsPerByte).toList());
        progress.accept("over the pass: test, then train by %d %.4f bits per byte, in %.0f s; by thousand %s"
                .formatted(
                        PASS_BLOCK,
                        all.bitsPerByte(),
                        seconds(began),
                        blocks.stream()
                                .map(block -> "%.3f".formatted(block.bitsPerByte()))
                                .toList()));
    }

    /** Scores each block of conversations and then learns it; returns a sum for each. */
    private static List<TextScores.Sum> testThenTrain(
            NGramBaseline baseline, Tokeniser tokeniser, List<Conversation> conversations, int block) {
        List<TextScores.Sum> sums = new ArrayList<>();
        for (int from = 0; from < conversations.size(); from += block) {
            List<Conversation> next = conversations.subList(from, Math.min(from + block, conversations.size()));
            TextScores.Sum sum = new TextScores.Sum();
            next.forEach(conversation -> score(baseline, tokeniser, conversation, sum));
            next.forEach(conversation -> baseline.learn(conversation.turns()));
            sums.add(sum);
        }
        return sums;
    }

    private static void score(
            NGramBaseline baseline, Tokeniser tokeniser, Conversation conversation, TextScores.Sum sum) {
        sum.add(conversation.turns(), tokeniser.encode(conversation.turns()), baseline.bits(conversation.turns()));
    }

    private static List<String> texts(List<Conversation> conversations) {
        return conversations.stream()
                .flatMap(conversation -> conversation.turns().stream())
                .map(Turn::text)
                .toList();
    }

    private static Map<String, Object> json(TextScores scores) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("bitsPerByte", scores.bitsPerByte());
        json.put("perplexityPerToken", scores.perplexityPerToken());
        json.put("perplexityPerWord", scores.perplexityPerWord());
        json.put("tokens", scores.tokens());
        json.put("bytes", scores.bytes());
        return json;
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }
}
