package dev.understudy.dialogue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A question to a {@link ReplyScorer}: which of these was the reply?
 *
 * @param context the turns before it, at least one
 * @param candidates different texts
 * @param right index of the reply that was given
 */
public record ReplyChoice(List<Turn> context, List<String> candidates, int right) {
    /** @throws IllegalArgumentException if there is no turn, or {@code right} is no candidate */
    public ReplyChoice {
        if (context.isEmpty() || right < 0 || right >= candidates.size()) {
            throw new IllegalArgumentException(
                    "expected a turn and a right one among the candidates, got %d turns, %d of %d"
                            .formatted(context.size(), right, candidates.size()));
        }
        context = List.copyOf(context);
        candidates = List.copyOf(candidates);
    }

    /**
     * Returns a choice for every turn that is to be imitated and has one before it. The wrong candidates are such turns
     * of any of the conversations, with other texts. The same arguments give the same choices.
     *
     * @param candidates how many to choose from, at least 2
     * @throws IllegalArgumentException if there are fewer different texts than that
     */
    public static List<ReplyChoice> draw(List<Conversation> conversations, int candidates, long seed) {
        List<String> replies = conversations.stream()
                .flatMap(conversation -> conversation.turns().stream())
                .filter(Turn::isDemonstration)
                .map(Turn::text)
                .distinct()
                .toList();
        if (candidates < 2 || replies.size() < candidates) {
            throw new IllegalArgumentException(
                    "expected 2 to %d candidates, as many as there are different texts, got %d"
                            .formatted(replies.size(), candidates));
        }
        SplittableRandom random = new SplittableRandom(seed);
        List<ReplyChoice> choices = new ArrayList<>();
        for (Conversation conversation : conversations) {
            List<Turn> turns = conversation.turns();
            for (int i = 1; i < turns.size(); i++) {
                if (turns.get(i).isDemonstration()) {
                    choices.add(choice(turns.subList(0, i), turns.get(i).text(), replies, candidates, random));
                }
            }
        }
        return choices;
    }

    private static ReplyChoice choice(
            List<Turn> context, String reply, List<String> replies, int candidates, SplittableRandom random) {
        List<String> drawn = new ArrayList<>(List.of(reply));
        while (drawn.size() < candidates) {
            String other = replies.get(random.nextInt(replies.size()));
            if (!drawn.contains(other)) {
                drawn.add(other);
            }
        }
        int right = random.nextInt(candidates);
        Collections.swap(drawn, 0, right);
        return new ReplyChoice(context, drawn, right);
    }

    /**
     * Returns how often a scorer puts the right candidate first (R@1), choice by choice: 1, 0, or where k candidates
     * share the first place with it, 1 / k.
     *
     * @return {@code [choices]}
     */
    public static double[] recallAtOne(ReplyScorer scorer, List<ReplyChoice> choices) {
        return choices.stream().mapToDouble(choice -> choice.recall(scorer)).toArray();
    }

    private double recall(ReplyScorer scorer) {
        double[] scores = scorer.scores(context, candidates);
        double best = Arrays.stream(scores).max().orElseThrow();
        long first = Arrays.stream(scores).filter(score -> score == best).count();
        return scores[right] == best ? 1.0 / first : 0;
    }
}
