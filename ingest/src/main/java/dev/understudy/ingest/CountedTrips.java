package dev.understudy.ingest;

import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowingStretches;
import dev.understudy.driving.FollowingSample;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Numbers the samples of a log without sequence numbers by their time ({@link Numbering}), once the samples after them
 * have shown whose time is right ({@link TimeJumps}). Rows come out in the order in which they came.
 *
 * <ul>
 *   <li>A sample between two that agree with each other and not with it has a wrong time: it is numbered by its place,
 *       so that its number does not excuse its time, and whoever reads it rejects it.
 *   <li>Where time runs back and the samples after it agree, the clock was put back: what follows would have the
 *       numbers of what was before, so it is a trip of its own, {@code NAME#2/VEHICLE}.
 *   <li>Where it runs forwards and the samples after it agree, there is a gap.
 *   <li>A file that begins elsewhere than the one before ended is another part of the trip, and may overlap with it.
 * </ul>
 */
final class CountedTrips {
    /** Most rows that wait for the decision on the first of them. */
    private static final int MOST_WAITING = 1000;

    /** A row and its outcome, which is null while it is open. */
    private static final class Turn {
        final Row row;

        @Nullable
        Row done;

        Turn(Row row) {
            this.row = row;
        }

        long timeMs() {
            return ((Row.Sample) row).sample().timeMs();
        }
    }

    private final boolean isInOrder;
    private final ArrayDeque<Turn> turns = new ArrayDeque<>();
    private final Map<String, Trip> trips = new HashMap<>();
    private final Set<Trip> ofFile = new LinkedHashSet<>();
    private long unitMs = 100;
    private long putBack;
    private @Nullable String firstPutBack;

    /**
     * Creates the numbering of a source.
     *
     * @param isInOrder whether rows come in the order of their log; if not, times are believed as they are
     */
    CountedTrips(boolean isInOrder) {
        this.isInOrder = isInOrder;
    }

    /** Begins a file, in which trips that begin now are numbered in units of that many ms. */
    void beginFile(long foundMs) {
        unitMs = foundMs;
    }

    /** Takes a row; of a sample, the trip is as it is named in the log, and the sequence open. */
    void take(Row row) {
        Turn turn = new Turn(row);
        turns.add(turn);
        if (row instanceof Row.Sample read) {
            trip(read).take(turn);
        } else {
            turn.done = row;
        }
    }

    private Trip trip(Row.Sample read) {
        FollowingSample sample = read.sample();
        return trips.computeIfAbsent(sample.trip(), name -> new Trip(name, sample.vehicle()));
    }

    /** Returns the next row whose turn it is, null if there is none. */
    @Nullable
    Row poll() {
        Turn first = turns.peek();
        if (first == null) {
            return null;
        }
        if (first.done == null && turns.size() > MOST_WAITING && first.row instanceof Row.Sample read) {
            trip(read).settle();
        }
        if (first.done != null) {
            turns.remove();
        }
        return first.done;
    }

    /** Ends a file: no later row can confirm or contradict a time in it. */
    void endFile() {
        ofFile.forEach(Trip::settle);
        ofFile.clear();
    }

    /** Returns what a user should know of the rows so far, null if nothing. */
    @Nullable
    String note() {
        return firstPutBack == null
                ? null
                : "time runs back and goes on there %s, each the beginning of another trip (TRIP#2), the first in %s"
                        .formatted(Remarks.count(putBack, "time"), firstPutBack);
    }

    /** One trip of the log, which is several where its clock was put back. */
    private final class Trip implements TimeJumps.Output<Turn> {
        private final String name;
        /** The name without the vehicle. */
        private final String run;
        /** Of the trip, and of those that began where the clock was put back. */
        private final List<Numbering> numberings = new ArrayList<>();

        private int piece;
        private TimeJumps<Turn> jumps = new TimeJumps<>();
        /** Time of the last sample that is believed; null before the first. */
        private @Nullable Long lastMs;
        /** The first sample, as long as no other has confirmed it. */
        private @Nullable Turn first;
        /** Samples that are not believed, since the last one that is. */
        private final List<Turn> wrong = new ArrayList<>();

        Trip(String name, String vehicle) {
            this.name = name;
            this.run = CarFollowingStretches.run(name, vehicle);
        }

        void take(Turn turn) {
            long timeMs = turn.timeMs();
            if (!isInOrder) {
                number(turn, numbering().number(timeMs));
                return;
            }
            if (ofFile.add(this) && lastMs != null && !isNear(lastMs, timeMs)) {
                jumps = new TimeJumps<>();
                lastMs = null;
                piece = 0;
            }
            jumps.offer(0, timeMs, TimeJumps.UNKNOWN, turn, this);
        }

        private static boolean isNear(long oneMs, long otherMs) {
            return Math.abs(oneMs - otherMs) <= TimeJumps.REACH_MS;
        }

        @Override
        public void believed(Turn turn) {
            long timeMs = turn.timeMs();
            Long beforeMs = lastMs;
            lastMs = timeMs;
            if (beforeMs == null && wrong.isEmpty()) {
                first = turn;
                return;
            }
            confirmFirst();
            if (beforeMs == null) {
                numberWrong(numbering().at(timeMs) - wrong.size());
            } else if (isNear(beforeMs, timeMs)) {
                numberWrong(numbering().skip(wrong.size()));
            } else {
                numberWrong();
                if (timeMs < beforeMs) {
                    piece++;
                    notePutBack((Row.Sample) turn.row, beforeMs);
                }
            }
            number(turn, numbering().number(timeMs));
        }

        @Override
        public void jumped(Turn turn) {
            wrong.add(turn);
        }

        @Override
        public void retracted(Turn turn) {
            lastMs = null;
            if (first != null) {
                first = null;
                wrong.add(0, turn);
            }
        }

        /** Gives up on what is open: no sample has said that it is wrong, but those who read it may. */
        void settle() {
            jumps.settleWhile(any -> true, this);
            confirmFirst();
            numberWrong();
        }

        private void confirmFirst() {
            if (first != null) {
                number(first, numbering().number(first.timeMs()));
                first = null;
            }
        }

        /** Numbers what is not believed by its place. */
        private void numberWrong(long from) {
            for (int i = 0; i < wrong.size(); i++) {
                number(wrong.get(i), from + i);
            }
            wrong.clear();
        }

        /** Numbers what is not believed by its time. */
        private void numberWrong() {
            wrong.forEach(turn -> number(turn, numbering().at(turn.timeMs())));
            wrong.clear();
        }

        private Numbering numbering() {
            while (numberings.size() <= piece) {
                numberings.add(new Numbering(unitMs, 0));
            }
            return numberings.get(piece);
        }

        private void number(Turn turn, long number) {
            Row.Sample read = (Row.Sample) turn.row;
            FollowingSample sample = read.sample();
            turn.done = new Row.Sample(
                    read.source(),
                    read.line(),
                    new FollowingSample(
                            sample.vehicle(),
                            piece == 0 ? name : run + "#" + (piece + 1) + "/" + sample.vehicle(),
                            number,
                            sample.timeMs(),
                            sample.actor(),
                            sample.label(),
                            sample.engaged(),
                            sample.speedMetersPerSecond(),
                            sample.gapMeters(),
                            sample.leaderSpeedMetersPerSecond()),
                    piece > 0);
        }
    }

    private void notePutBack(Row.Sample read, long beforeMs) {
        putBack++;
        if (firstPutBack == null) {
            firstPutBack = "%s: expected a time after %s, found %s"
                    .formatted(
                            read.place(),
                            Instant.ofEpochMilli(beforeMs),
                            Instant.ofEpochMilli(read.sample().timeMs()));
        }
    }
}
