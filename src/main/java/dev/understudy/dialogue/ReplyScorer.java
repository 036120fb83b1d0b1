package dev.understudy.dialogue;

import java.util.List;

/** Says how well replies fit a conversation. */
public interface ReplyScorer {
    /**
     * Returns a score for each candidate, the higher the better.
     *
     * @param context the turns so far, at least one
     */
    double[] scores(List<Turn> context, List<String> candidates);
}
