package dev.understudy.app.demo;

import dev.understudy.app.console.Console;
import dev.understudy.app.console.Table;
import dev.understudy.app.study.ClosedLoopTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The summary of a run as a person reads it. */
final class SummaryText {
    private static final int SHORT_HASH = 12;
    private static final String GAP = System.lineSeparator().repeat(2);

    private SummaryText() {}

    /** Returns tables of the summary of driving. */
    static String ofDriving(Map<String, @Nullable Object> summary) {
        Table windows = new Table("window (event time)", "expert", "policy", "persistence", "IDM");
        rows(summary.get("prequential"))
                .forEach(window -> windows.row(
                        String.valueOf(window.get("windowStart")),
                        String.valueOf(window.get("expert")),
                        Table.figure(window.get("policy")),
                        Table.figure(window.get("persistence")),
                        Table.figure(window.get("idm"))));
        Map<?, ?> drivers = summary.get("closedLoop") instanceof Map<?, ?> driven ? driven : Map.of();
        StringBuilder remarks = new StringBuilder();
        if (summary.get("remarks") instanceof List<?> list) {
            list.forEach(remark ->
                    remarks.append(System.lineSeparator()).append("- ").append(remark));
        }
        return figures(summary, "closedLoop") // has a table of its own
                + GAP + "error of the next acceleration before learning a window, m/s²" + System.lineSeparator()
                + windows + GAP + promotions(summary) + GAP
                + ClosedLoopTable.of("closed loop on held-out trips", drivers)
                + remarks;
    }

    /** Returns tables of the summary of control. */
    static String ofControl(Map<String, @Nullable Object> summary) {
        Table returns =
                new Table("mean return (episodes)", "expert", "before any model", "by version", "last", "first model");
        rows(summary.get("returns"))
                .forEach(task -> returns.row(
                        String.valueOf(task.get("policy")),
                        mean(task.get("expert")),
                        mean(task.get("withoutModel")),
                        rows(task.get("versions"))
                                .map(version -> version.get("epoch") + ": " + mean(version))
                                .collect(Collectors.joining(", ")),
                        mean(task.get("last")),
                        Table.figure(task.get("firstModelSeconds")) + " s"));
        return figures(summary, "returns") + GAP + promotions(summary) + GAP + returns;
    }

    /** Returns tables of the summary of dialogue. */
    static String ofDialogue(Map<String, @Nullable Object> summary) {
        Table windows = new Table("window (event time)", "replies", "bits per byte");
        rows(summary.get("prequential"))
                .forEach(window -> windows.row(
                        String.valueOf(window.get("windowStart")),
                        Table.figure(window.get("replies")),
                        Table.figure(window.get("bitsPerByte"))));
        StringBuilder exchanges = new StringBuilder();
        rows(summary.get("exchanges")).forEach(exchange -> exchanges
                .append(System.lineSeparator())
                .append("%s%n    %s   [epoch %s]"
                        .formatted(
                                Console.onOneLine(String.valueOf(exchange.get("said"))),
                                Console.onOneLine(String.valueOf(exchange.get("reply"))),
                                exchange.get("epoch"))));
        Map<String, @Nullable Object> figures = new LinkedHashMap<>(summary);
        figures.remove("prequential");
        return figures(figures, "exchanges") + GAP + "of text before learning a window" + System.lineSeparator()
                + windows + GAP + promotions(summary) + GAP + "said to the visitor" + exchanges;
    }

    private static String mean(@Nullable Object played) {
        return played instanceof Map<?, ?> figures && figures.get("mean") instanceof Double mean
                ? "%.1f (%s)".formatted(mean, figures.get("episodes"))
                : "-";
    }

    private static String figures(Map<String, @Nullable Object> summary, String without) {
        Map<String, @Nullable Object> figures = new LinkedHashMap<>(summary);
        figures.remove(without);
        return System.lineSeparator() + Table.ofFigures(figures);
    }

    private static Table promotions(Map<String, @Nullable Object> summary) {
        Table promotions = new Table("policy", "epoch", "model in service", "learned by", "reason");
        rows(summary.get("promotions"))
                .forEach(promotion -> promotions.row(
                        String.valueOf(promotion.get("policy")),
                        String.valueOf(promotion.get("epoch")),
                        String.valueOf(promotion.get("sha256")).substring(0, SHORT_HASH),
                        String.valueOf(promotion.get("algorithm")),
                        String.valueOf(promotion.get("reason"))));
        return promotions;
    }

    private static Stream<Map<?, ?>> rows(@Nullable Object list) {
        return list instanceof List<?> entries
                ? entries.stream().<Map<?, ?>>mapMulti((entry, rows) -> {
                    if (entry instanceof Map<?, ?> row) {
                        rows.accept(row);
                    }
                })
                : Stream.of();
    }
}
