package dev.understudy.driving;

import dev.understudy.domain.Actor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/** A small reader of the OpenACC runs, for tests of this module alone. */
final class OpenAccRuns {
    private OpenAccRuns() {}

    /** Returns the folder with the data beside the project, if it is there. */
    static Optional<Path> folder() {
        return List.of("../shared/data/openacc-zalazone", "../../shared/data/openacc-zalazone").stream()
                .map(Path::of)
                .filter(path -> Files.exists(path.resolve("runs.csv")))
                .findFirst();
    }

    /** Returns label by run, in the file's order. */
    static Map<String, String> labels(Path folder) throws IOException {
        Map<String, String> labels = new java.util.LinkedHashMap<>();
        for (String line : Files.readAllLines(folder.resolve("runs.csv")).subList(1, 41)) {
            String[] cells = line.split(",", -1);
            labels.put(cells[0], cells[3].isEmpty() ? cells[2] : cells[2] + "-" + cells[3]);
        }
        return labels;
    }

    /** Returns the samples of one run, in order of time. */
    static List<FollowingSample> samples(Path folder, String run, String label) throws IOException {
        List<FollowingSample> samples = new ArrayList<>();
        Actor actor = label.equals("human") ? Actor.HUMAN : Actor.ASSISTANCE;
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(folder.resolve("runs").resolve(run + ".csv.gz"))),
                StandardCharsets.UTF_8))) {
            in.readLine();
            Map<Integer, Double> speeds = new HashMap<>();
            long last = -1;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] cells = line.split(",", -1);
                long timeMs = Math.round(Double.parseDouble(cells[0]) * 1000);
                if (timeMs != last) {
                    speeds.clear();
                    last = timeMs;
                }
                int position = Integer.parseInt(cells[1]);
                double speed = number(cells[3]);
                speeds.put(position, speed);
                if (position > 1) {
                    samples.add(new FollowingSample(
                            cells[2],
                            run + "/" + cells[2],
                            timeMs / 100,
                            timeMs,
                            actor,
                            label,
                            speed,
                            number(cells[6]),
                            speeds.getOrDefault(position - 1, Double.NaN)));
                }
            }
        }
        return samples;
    }

    private static double number(String cell) {
        return cell.isEmpty() ? Double.NaN : Double.parseDouble(cell);
    }
}
