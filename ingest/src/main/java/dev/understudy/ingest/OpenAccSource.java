package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The rows of chosen runs, one time step read ahead so that every follower finds its leader. */
final class OpenAccSource implements SampleSource {
    private static final int STEP_MS = 100;
    private static final List<String> COLUMNS = List.of("t_s", "veh", "model", "speed_mps", "gap_m");
    private static final int POSITION = 1;
    private static final int MODEL = 2;
    private static final int SPEED = 3;
    private static final int GAP = 4;

    private final Path folder;
    private final List<OpenAccRun> runs;
    private final @Nullable Instant start;
    private final long pauseMs;
    private final Deque<Row> ready = new ArrayDeque<>();
    private int nextRun;
    private @Nullable Open open;
    /** Event time of the next run's first step when runs follow one another. */
    private long nextStartMs;

    OpenAccSource(Path folder, List<OpenAccRun> runs, @Nullable Instant start, Duration pause) {
        this.folder = folder;
        this.runs = List.copyOf(runs);
        this.start = start;
        this.pauseMs = pause.toMillis();
        this.nextStartMs = start == null ? 0 : start.toEpochMilli();
    }

    @Override
    public String describe() {
        return "openacc " + folder + " runs "
                + String.join(",", runs.stream().map(OpenAccRun::name).toList())
                + (start == null
                        ? " at their own time"
                        : " one after another from " + start + " pause " + pauseMs + " ms");
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty()) {
            if (open == null) {
                if (nextRun >= runs.size()) {
                    return false;
                }
                open = new Open(runs.get(nextRun++));
            }
            if (!open.readStep(ready)) {
                close();
            }
        }
        return true;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    @Override
    public void close() {
        if (open != null) {
            open.lines.close();
            open = null;
        }
    }

    /** One measured car at one time. */
    private record Cell(long line, long ms, int position, double speed, double gap) {}

    /** A run that is being read. */
    private final class Open {
        final OpenAccRun run;
        final Lines lines;
        final long startMs = nextStartMs;
        private final int[] columns = new int[COLUMNS.size()];
        private int width;
        private int header;
        private @Nullable Cell ahead;
        private long firstMs = Long.MIN_VALUE;
        private Numbering numbering = new Numbering(STEP_MS, 0);
        private boolean ended;

        Open(OpenAccRun run) {
            this.run = run;
            this.lines = new Lines(run.file());
            try {
                String first = lines.next();
                List<String> header = first == null ? List.of() : Lines.cells(first, ',');
                if (!header.containsAll(COLUMNS)) {
                    lines.close();
                    throw new IngestException(run.file() + ":1: expected the columns " + COLUMNS + ", found " + header);
                }
                this.header = header.size();
                for (int i = 0; i < columns.length; i++) {
                    columns[i] = header.indexOf(COLUMNS.get(i));
                    width = Math.max(width, columns[i] + 1);
                }
            } catch (IOException e) {
                lines.close();
                throw new IngestException("expected to read " + run.file() + ", found " + Lines.describe(e), e);
            }
        }

        /** Adds the rows of the next time step; false after the last. */
        boolean readStep(Deque<Row> out) {
            List<Cell> step = new ArrayList<>();
            if (ahead != null) {
                step.add(ahead);
                ahead = null;
            }
            while (!ended) {
                Cell cell = readCell(out);
                if (cell == null) {
                    continue;
                }
                if (step.isEmpty() || step.get(0).ms() == cell.ms()) {
                    step.add(cell);
                } else if (cell.ms() > step.get(0).ms()) {
                    ahead = cell;
                    break;
                } else {
                    out.add(bad(
                            1 + columns[0],
                            Problem.TIME_BACKWARDS,
                            "expected a time from " + step.get(0).ms() / 1000.0 + " s on, found " + cell.ms() / 1000.0
                                    + " s",
                            ""));
                }
            }
            emit(step, out);
            return !ended || ahead != null;
        }

        /** Reads one row; null when it was bad (and is in {@code out}), blank, or the file has ended. */
        private @Nullable Cell readCell(Deque<Row> out) {
            try {
                String line = lines.next();
                if (line == null) {
                    ended = true;
                    return null;
                }
                if (line.isBlank()) {
                    return null;
                }
                if (lines.wasCut()) {
                    out.add(bad(
                            0,
                            Problem.TOO_LONG,
                            "expected a row of at most " + Lines.MAX_CHARS + " characters, found more",
                            line.substring(0, 1000)));
                    return null;
                }
                return cell(line, out);
            } catch (IOException e) {
                out.add(new Row.Bad(
                        lines.name(),
                        lines.number() + 1,
                        0,
                        Problem.UNREADABLE,
                        "expected the file to go on, found " + Lines.describe(e),
                        ""));
                ended = true;
                return null;
            }
        }

        private @Nullable Cell cell(String line, Deque<Row> out) {
            try {
                List<String> cells = Lines.cells(line, ',');
                if (cells.size() < width) {
                    out.add(bad(
                            0,
                            Problem.COLUMNS,
                            "expected at least " + width + " columns, found " + cells.size(),
                            line));
                    return null;
                }
                for (int i = header; i < cells.size(); i++) {
                    if (!cells.get(i).isEmpty()) {
                        out.add(bad(
                                i + 1,
                                Problem.COLUMNS,
                                "expected " + header + " columns as in the header, found " + cells.size(),
                                line));
                        return null;
                    }
                }
                double[] values = new double[columns.length];
                for (int i = 0; i < columns.length; i++) {
                    if (i == MODEL) {
                        continue;
                    }
                    String text = cells.get(columns[i]);
                    values[i] = Numbers.parse(text);
                    boolean mustBe = i <= POSITION;
                    if (Numbers.isBad(text, values[i]) || (mustBe && Double.isNaN(values[i]))) {
                        out.add(bad(
                                1 + columns[i],
                                Problem.NUMBER,
                                "expected a number for " + COLUMNS.get(i) + ", found '" + text + "'",
                                line));
                        return null;
                    }
                }
                int cars = run.vehicles().size();
                double position = values[POSITION];
                if (position != Math.rint(position) || position < 1 || position > cars) {
                    out.add(bad(
                            1 + columns[POSITION],
                            Problem.NUMBER,
                            "expected veh from 1 to " + cars + ", found " + cells.get(columns[POSITION]),
                            line));
                    return null;
                }
                long ms = Math.round(values[0] * 1000);
                return new Cell(lines.number(), ms, (int) position, values[SPEED], values[GAP]);
            } catch (IOException e) {
                out.add(bad(0, Problem.QUOTES, "expected quotes that match, found " + Lines.describe(e), line));
                return null;
            }
        }

        private Row.Bad bad(int column, Problem problem, String message, String text) {
            return new Row.Bad(lines.name(), lines.number(), column, problem, message, text);
        }

        private void emit(List<Cell> step, Deque<Row> out) {
            if (step.isEmpty()) {
                return;
            }
            long ms = step.get(0).ms();
            if (firstMs == Long.MIN_VALUE) {
                firstMs = ms;
                // Half a unit of grace, so that times that were rounded keep their numbers.
                numbering = new Numbering(STEP_MS, ms - STEP_MS / 2);
            }
            step.sort(Comparator.comparingInt(Cell::position));
            Map<Integer, Double> speeds = new HashMap<>();
            for (Cell cell : step) {
                speeds.put(cell.position(), cell.speed());
            }
            long sequence = numbering.number(ms);
            long timeMs;
            if (start == null) {
                timeMs = run.date().atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli() + ms;
            } else {
                timeMs = startMs + ms - firstMs;
                nextStartMs = timeMs + pauseMs;
            }
            for (Cell cell : step) {
                if (cell.position() > 1) {
                    String vehicle = run.vehicles().get(cell.position() - 1);
                    out.add(new Row.Sample(
                            lines.name(),
                            cell.line(),
                            new FollowingSample(
                                    vehicle,
                                    run.name() + "/" + vehicle,
                                    sequence,
                                    timeMs,
                                    run.driver().equals("human") ? Actor.HUMAN : Actor.ASSISTANCE,
                                    run.label(),
                                    cell.speed(),
                                    cell.gap(),
                                    speeds.getOrDefault(cell.position() - 1, Double.NaN))));
                }
            }
        }
    }
}
