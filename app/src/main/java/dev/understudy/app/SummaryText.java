package dev.understudy.app;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The summary of a run as a person reads it. */
final class SummaryText {
    private static final int SHORT_HASH = 12;

    private SummaryText() {}

    /** Returns tables of the summary's figures. */
    static String of(Map<String, @Nullable Object> summary) {
        Map<String, @Nullable Object> figures = new LinkedHashMap<>(summary);
        figures.remove("closedLoop"); // has a table of its own
        Table windows = new Table("window (event time)", "expert", "policy", "persistence", "IDM");
        if (summary.get("prequential") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> window) {
                    windows.row(
                            String.valueOf(window.get("windowStart")),
                            String.valueOf(window.get("expert")),
                            Table.figure(window.get("policy")),
                            Table.figure(window.get("persistence")),
                            Table.figure(window.get("idm")));
                }
            }
        }
        Table promotions = new Table("epoch", "model in service", "learned by", "reason");
        if (summary.get("promotions") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> promotion) {
                    promotions.row(
                            String.valueOf(promotion.get("epoch")),
                            String.valueOf(promotion.get("sha256")).substring(0, SHORT_HASH),
                            String.valueOf(promotion.get("algorithm")),
                            String.valueOf(promotion.get("reason")));
                }
            }
        }
        Map<?, ?> drivers = summary.get("closedLoop") instanceof Map<?, ?> driven ? driven : Map.of();
        StringBuilder remarks = new StringBuilder();
        if (summary.get("remarks") instanceof List<?> list) {
            list.forEach(remark ->
                    remarks.append(System.lineSeparator()).append("- ").append(remark));
        }
        String gap = System.lineSeparator().repeat(2);
        return System.lineSeparator()
                + Table.ofFigures(figures) + gap
                + "error of the next acceleration before learning a window, m/s²" + System.lineSeparator()
                + windows + gap + promotions + gap + ClosedLoopTable.of("closed loop on held-out trips", drivers)
                + remarks;
    }
}
