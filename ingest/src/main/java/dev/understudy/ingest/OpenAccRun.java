package dev.understudy.ingest;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;

/**
 * One run of the OpenACC layout, a line of {@code runs.csv}.
 *
 * @param name its name, also of its file
 * @param date the day, local
 * @param driver {@code human} or {@code acc}
 * @param gapSetting S, M, L or SL; empty for people
 * @param vehicles the cars from front to back; the first leads
 * @param seconds how long it is
 * @param file its rows
 */
public record OpenAccRun(
        String name,
        LocalDate date,
        String driver,
        String gapSetting,
        List<String> vehicles,
        double seconds,
        Path file) {
    public OpenAccRun {
        vehicles = List.copyOf(vehicles);
    }

    /** The word for the expert on every sample: {@code human}, or {@code acc-} and the gap setting. */
    public String label() {
        return driver.equals("human") ? "human" : "acc-" + gapSetting;
    }
}
