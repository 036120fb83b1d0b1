package dev.understudy.app;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The summary of a run as a person reads it. */
final class SummaryText {
    private static final int SHORT_HASH = 12;

    private SummaryText() {}

    /** Returns tables of the summary's figures. */
    static String of(Map<String, @Nullable Object> summary) {
        Table figures = new Table("figure", "value");
        summary.forEach((name, value) -> {
            if (value instanceof Map<?, ?> nested && !name.equals("closedLoop")) {
                rows(name, nested, figures);
            } else if (value instanceof Number) {
                figures.row(name, number(value));
            }
        });
        Table windows = new Table("window (event time)", "expert", "policy", "persistence", "IDM");
        if (summary.get("prequential") instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> window) {
                    windows.row(
                            String.valueOf(window.get("windowStart")),
                            String.valueOf(window.get("expert")),
                            number(window.get("policy")),
                            number(window.get("persistence")),
                            number(window.get("idm")));
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
        Table loop = new Table(
                "closed loop on held-out trips",
                "spacing RMSE m",
                "median m",
                "mean over runs m (95 %)",
                "worst tenth's share",
                "speed RMSE m/s",
                "collisions",
                "stretches");
        if (summary.get("closedLoop") instanceof Map<?, ?> drivers) {
            drivers.forEach((name, value) -> {
                if (value instanceof Map<?, ?> driver) {
                    loop.row(
                            driver.get("algorithm") == null
                                    ? String.valueOf(name)
                                    : name + ", learned by " + driver.get("algorithm"),
                            number(driver.get("spacingRmseMeters")),
                            number(driver.get("spacingRmseMedianMeters")),
                            "%s (%s to %s)"
                                    .formatted(
                                            number(driver.get("spacingRmseMeanOverRunsMeters")),
                                            number(driver.get("spacingRmseMeanOverRunsLowMeters")),
                                            number(driver.get("spacingRmseMeanOverRunsHighMeters"))),
                            number(driver.get("worstTenthShareOfSquaredError")),
                            number(driver.get("speedRmse")),
                            number(driver.get("collisions")),
                            number(driver.get("stretches")));
                }
            });
        }
        StringBuilder remarks = new StringBuilder();
        if (summary.get("remarks") instanceof List<?> list) {
            list.forEach(remark ->
                    remarks.append(System.lineSeparator()).append("- ").append(remark));
        }
        String gap = System.lineSeparator().repeat(2);
        return System.lineSeparator()
                + figures + gap
                + "error of the next acceleration before learning a window, m/s²" + System.lineSeparator()
                + windows + gap + promotions + gap + loop + remarks;
    }

    private static void rows(String name, Map<?, ?> nested, Table figures) {
        nested.forEach((key, inner) -> {
            if (inner instanceof Map<?, ?> deeper) {
                rows(name + "." + key, deeper, figures);
            } else {
                figures.row(name + "." + key, number(inner));
            }
        });
    }

    private static String number(@Nullable Object value) {
        return value == null
                ? "-"
                : value instanceof Double figure ? String.format(Locale.ROOT, "%.3f", figure) : String.valueOf(value);
    }
}
