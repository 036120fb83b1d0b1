package dev.understudy.app.study;

import dev.understudy.app.console.Table;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The closed loop as a person reads it, a row for each driver. */
public final class ClosedLoopTable {
    private ClosedLoopTable() {}

    /**
     * Returns the table.
     *
     * @param heading of the first column
     * @param drivers figures of each driver, as {@link Evaluation} gives them; what is no such figures is left out
     */
    public static Table of(String heading, Map<?, ?> drivers) {
        Table table = new Table(
                heading,
                "spacing RMSE m",
                "median m",
                "mean over runs m (95 %)",
                "worst tenth's share",
                "speed RMSE m/s",
                "collisions",
                "stretches");
        drivers.forEach((name, value) -> {
            if (value instanceof Map<?, ?> driver) {
                table.row(
                        driver.get("algorithm") == null ? name : name + ", learned by " + driver.get("algorithm"),
                        figure(driver, "spacingRmseMeters"),
                        figure(driver, "spacingRmseMedianMeters"),
                        "%s (%s to %s)"
                                .formatted(
                                        figure(driver, "spacingRmseMeanOverRunsMeters"),
                                        figure(driver, "spacingRmseMeanOverRunsLowMeters"),
                                        figure(driver, "spacingRmseMeanOverRunsHighMeters")),
                        figure(driver, "worstTenthShareOfSquaredError"),
                        figure(driver, "speedRmse"),
                        figure(driver, "collisions"),
                        figure(driver, "stretches"));
            }
        });
        return table;
    }

    private static String figure(Map<?, ?> driver, String name) {
        @Nullable Object value = driver.get(name);
        return Table.figure(value);
    }
}
