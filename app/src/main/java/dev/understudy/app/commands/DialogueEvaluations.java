package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Table;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.ActsEvaluation;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.RetrieverEvaluation;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.model.ServedPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What {@code evaluate} tells of policies of dialogue that choose: of the retriever and of acts. */
final class DialogueEvaluations {
    private static final int REGRESSION_PASSES = 8;

    private DialogueEvaluations() {}

    /**
     * Tells how often a retriever puts the true reply first.
     *
     * @param result what is known of the model and the conversations; receives the figures
     * @param fitted what TF-IDF is fitted to; the conversations themselves if it is empty
     */
    static void ofRetriever(
            ServedPolicy policy,
            List<Conversation> fitted,
            List<Conversation> heldOut,
            long seed,
            Map<String, Object> result,
            Console console) {
        RetrieverEvaluation evaluation = new RetrieverEvaluation(policy);
        RetrieverEvaluation.Recall recall;
        try {
            recall = evaluation.recall(fitted.isEmpty() ? heldOut : fitted, heldOut, RetrieverSpec.CHOICES, seed);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        result.put("recallAtOne", recall.recallAtOne());
        result.put("candidates", recall.candidates());
        result.put("replies", recall.replies());
        result.put("knownReplies", evaluation.knownReplies());
        Map<String, Object> tfIdf = new LinkedHashMap<>();
        tfIdf.put("recallAtOne", recall.tfIdf());
        tfIdf.put("differenceLow", recall.low());
        tfIdf.put("differenceHigh", recall.high());
        result.put("baselines", Map.of("tfIdf", tfIdf));
        console.result(
                result,
                () -> String.format(
                        Locale.ROOT,
                        "the true reply of %d first in %.3f of %d (TF-IDF %.3f; difference %.3f, 95 %% [%.3f, %.3f]) in %d"
                                + " conversations; it knows %d replies",
                        recall.candidates(),
                        recall.recallAtOne(),
                        recall.replies(),
                        recall.tfIdf(),
                        recall.recallAtOne() - recall.tfIdf(),
                        recall.low(),
                        recall.high(),
                        heldOut.size(),
                        evaluation.knownReplies()));
    }

    /**
     * Tells the micro-F1 of a policy of acts.
     *
     * @param fitted steps that the regression learns; there is none if it is empty
     * @param heldOut steps whose acts are predicted
     */
    static void ofActs(
            ServedPolicy policy,
            List<Trajectory> fitted,
            List<Trajectory> heldOut,
            long seed,
            Map<String, Object> result,
            Console console) {
        ActsEvaluation.Result scores;
        try {
            scores = new ActsEvaluation(policy).scores(fitted, heldOut, REGRESSION_PASSES, seed);
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        result.put("turns", scores.turns());
        result.put("unknownActs", scores.unknown());
        result.putAll(figures(scores.all()));
        Map<String, Object> byDomain = new LinkedHashMap<>();
        Table table = new Table("domain", "micro-F1", "regression", "95 % of the difference", "acts");
        scores.byDomain().forEach((domain, f1) -> {
            Map<String, Object> ofDomain = figures(f1);
            if (!fitted.isEmpty()) {
                ofDomain.put("baselines", baselines(f1));
            }
            byDomain.put(domain, ofDomain);
            row(table, domain, f1);
        });
        row(table, "all", scores.all());
        result.put("byDomain", byDomain);
        if (!fitted.isEmpty()) {
            result.put("baselines", baselines(scores.all()));
        }
        console.result(result, table::toString);
    }

    private static void row(Table table, String domain, ActsEvaluation.MicroF1 f1) {
        boolean isCompared = !Double.isNaN(f1.regression());
        table.row(
                domain,
                String.format(Locale.ROOT, "%.3f", f1.policy()),
                isCompared ? String.format(Locale.ROOT, "%.3f", f1.regression()) : "",
                isCompared ? String.format(Locale.ROOT, "[%.3f, %.3f]", f1.low(), f1.high()) : "",
                Long.toString(f1.acts()));
    }

    private static Map<String, Object> figures(ActsEvaluation.MicroF1 f1) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("microF1", f1.policy());
        figures.put("precision", f1.precision());
        figures.put("recall", f1.recall());
        figures.put("acts", f1.acts());
        return figures;
    }

    private static Map<String, Object> baselines(ActsEvaluation.MicroF1 f1) {
        Map<String, Object> regression = new LinkedHashMap<>();
        regression.put("microF1", f1.regression());
        regression.put("differenceLow", f1.low());
        regression.put("differenceHigh", f1.high());
        return Map.of("logisticRegression", regression);
    }
}
