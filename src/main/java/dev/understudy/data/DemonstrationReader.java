package dev.understudy.data;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Reads one file of demonstrations, see {@link Demonstrations#read} and {@link Demonstrations#readObserved}. */
final class DemonstrationReader {
    private static final String PREVIOUS_ACTION = "previous_action";
    private static final String ACTION = "action";
    private static final String REWARD = "reward";
    private static final String AFTER_GOAL = "after_goal";

    private final String source;
    private final List<String> header;
    private final boolean readsActions;
    private final int firstAction;
    private final int actionSize;
    private final int rewardColumn;
    private final int afterGoalColumn;
    private final boolean actionIsPrevious;
    private final List<Trajectory> trajectories = new ArrayList<>();
    private final List<Matrix> rewardsOfEpisodes = new ArrayList<>();

    private int line = 1;
    private @Nullable String episode;
    private int lines;
    private boolean ended;
    private Rows observations = new Rows();
    private Rows actions = new Rows();
    private Rows rewards = new Rows();

    static Demonstrations read(Path file, boolean readsActions) throws IOException {
        String source = String.valueOf(file.getFileName());
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException("expected a file, got a folder (%s)".formatted(source));
        }
        try (InputStream bytes = new BufferedInputStream(Files.newInputStream(file));
                InputStream plain = source.endsWith(".gz") ? new GZIPInputStream(bytes, 1 << 16) : bytes;
                BufferedReader in = new BufferedReader(new InputStreamReader(plain, StandardCharsets.UTF_8))) {
            String first = in.readLine();
            if (first == null) {
                throw new IllegalArgumentException(
                        "expected a header 'episode,step,...', got an empty file (%s)".formatted(source));
            }
            DemonstrationReader reader = new DemonstrationReader(source, List.of(first.split(",", -1)), readsActions);
            for (String next = in.readLine(); next != null; next = in.readLine()) {
                reader.line(next.split(",", -1));
            }
            return reader.finish();
        } catch (ZipException e) {
            throw new IllegalArgumentException("expected a gzip file: %s (%s)".formatted(e.getMessage(), source), e);
        }
    }

    private DemonstrationReader(String source, List<String> header, boolean readsActions) {
        this.source = source;
        this.header = header;
        this.readsActions = readsActions;
        this.actionIsPrevious = header.contains(PREVIOUS_ACTION);
        int first = 2;
        while (first < header.size() && !isAction(header.get(first)) && !isOutcome(header.get(first))) {
            first++;
        }
        int end = first;
        while (end < header.size() && isAction(header.get(end))) {
            end++;
        }
        this.firstAction = first;
        this.actionSize = end - first;
        this.rewardColumn = header.indexOf(REWARD);
        this.afterGoalColumn = header.indexOf(AFTER_GOAL);
        boolean starts = header.size() > 2
                && header.get(0).equals("episode")
                && header.get(1).equals("step");
        if (!starts || first == 2 || (readsActions && actionSize == 0)) {
            throw new IllegalArgumentException(
                    "expected columns episode,step,<observation>%s[,reward], got %s (%s line 1)"
                            .formatted(
                                    readsActions ? ",<action or a0,a1,...>" : "[,action]",
                                    String.join(",", header),
                                    source));
        }
    }

    private static boolean isOutcome(String column) {
        return column.equals(REWARD) || column.equals(AFTER_GOAL);
    }

    private static boolean isAction(String column) {
        return column.equals(ACTION) || column.equals(PREVIOUS_ACTION) || column.matches("a\\d+");
    }

    private void line(String[] cells) {
        line++;
        if (cells.length != header.size()) {
            throw wrong(header.size() + " columns", String.valueOf(cells.length));
        }
        if (!cells[0].equals(episode)) {
            finishEpisode();
            episode = cells[0];
        }
        if (!cells[1].equals(String.valueOf(lines))) {
            throw wrong("step %d of episode %s".formatted(lines, episode), cells[1]);
        }
        lines++;
        if (afterGoalColumn >= 0 && cells[afterGoalColumn].equals("1")) {
            return;
        }
        if (ended) {
            throw wrong("no line after the one without an action", "step " + cells[1]);
        }
        boolean first = lines == 1;
        for (int column = 2; column < firstAction; column++) {
            observations.add(number(cells, column));
        }
        if (!readsActions) {
            boolean isKnown = rewardColumn >= 0 && !cells[rewardColumn].isEmpty();
            rewards.add(isKnown ? number(cells, rewardColumn) : Double.NaN);
        } else if (cells[firstAction].isEmpty()) {
            ended = true;
        } else if (!(actionIsPrevious && first)) {
            for (int column = firstAction; column < firstAction + actionSize; column++) {
                actions.add(number(cells, column));
            }
            boolean isKnown = rewardColumn >= 0 && !cells[rewardColumn].isEmpty();
            rewards.add(isKnown ? number(cells, rewardColumn) : Double.NaN);
        }
    }

    private double number(String[] cells, int column) {
        try {
            double value = Double.parseDouble(cells[column]);
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Reported below, with the line.
        }
        throw wrong("a finite number for " + header.get(column), "'" + cells[column] + "'");
    }

    private IllegalArgumentException wrong(String expected, String found) {
        return new IllegalArgumentException(
                "expected %s, got %s (%s line %d)".formatted(expected, found, source, line));
    }

    private void finishEpisode() {
        if (episode != null && !readsActions) {
            Matrix observed = observations.matrix(firstAction - 2);
            int steps = Math.max(0, observed.rows() - 1);
            float[] unknown = new float[steps];
            Arrays.fill(unknown, Float.NaN);
            trajectories.add(new Trajectory(episode, source, 0, 1, observed, new Matrix(steps, 1, unknown)));
            rewardsOfEpisodes.add(rewards.matrix(1));
        } else if (episode != null) {
            trajectories.add(new Trajectory(
                    episode, source, 0, 1, observations.matrix(firstAction - 2), actions.matrix(actionSize)));
            rewardsOfEpisodes.add(rewards.matrix(1));
        }
        lines = 0;
        ended = false;
        rewards = new Rows();
        observations = new Rows();
        actions = new Rows();
    }

    private Demonstrations finish() {
        finishEpisode();
        if (trajectories.isEmpty()) {
            throw wrong("at least one episode", "none");
        }
        return new Demonstrations(
                source,
                header.subList(2, firstAction),
                readsActions ? header.subList(firstAction, firstAction + actionSize) : List.of(ACTION),
                trajectories,
                rewardsOfEpisodes);
    }

    /** Floats that become the rows of a matrix. */
    private static final class Rows {
        private float[] values = new float[1024];
        private int size;

        void add(double value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = (float) value;
        }

        Matrix matrix(int columns) {
            return new Matrix(size / columns, columns, Arrays.copyOf(values, size));
        }
    }
}
