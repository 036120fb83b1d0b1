package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.ingest.Row.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The books of a log while it is read. What is kept of single samples and vehicles is bounded, so that logs may be of
 * any length; not thread-safe.
 */
final class InspectedLog {
    /** Samples among which repeated ones are surely found: up to 100 MB. */
    static final int MOST_SAMPLES = 3_000_000;

    /** Vehicles that may take turns: some 5 kB each. */
    static final int MOST_VEHICLES = 30_000;

    /** Trips that are told apart: up to 100 MB. */
    static final int MOST_TRIPS = 6_000_000;

    private final long latenessMs;
    private final Set<Actor> experts;
    /** The one that was silent for longest first. */
    private final Map<String, InspectedVehicle> vehicles = new LinkedHashMap<>(16, 0.75f, true);
    /** What was measured, as a hash, by trip and sequence. */
    private final RecentValues measured = new RecentValues(MOST_SAMPLES);
    /** Which trip it was, as a hash, by vehicle and time. */
    private final RecentValues tripsByTime = new RecentValues(MOST_SAMPLES);

    private final LongMap knownTrips = new LongMap();
    private final Rates rates = new Rates();
    private final Plausibility plausibility = new Plausibility();
    private final Map<Problem, Long> bad = new EnumMap<>(Problem.class);
    private final Map<Problem, String> firstBad = new EnumMap<>(Problem.class);
    private final Map<String, Long> rejected = new TreeMap<>();
    private long rows;
    private long samples;
    private long trips;
    private long forgottenTrips;
    private long duplicates;
    private @Nullable String firstDuplicate;
    private long contradictions;
    private @Nullable String firstContradiction;
    private long repeatedTimes;
    private @Nullable String firstRepeatedTime;
    private long late;
    private @Nullable String firstLate;
    private long lateAfterPutBack;
    private @Nullable String firstLateAfterPutBack;
    private @Nullable String firstJump;
    private long newestMs = Long.MIN_VALUE;
    private long steps;
    private long between;
    private double sum;
    private double min = Double.NaN;
    private double max = Double.NaN;

    /**
     * Opens the books.
     *
     * @param lateness how far out of order samples may come, event time
     * @param experts whose driving is learned
     */
    InspectedLog(Duration lateness, Set<Actor> experts) {
        latenessMs = lateness.toMillis();
        this.experts = experts;
    }

    long latenessMs() {
        return latenessMs;
    }

    Assembler<FollowingSample> assembler() {
        return CarFollowing.assembler(experts);
    }

    /** Enters a row. */
    void read(Row row) {
        rows++;
        if (row instanceof Row.Bad wrong) {
            bad.merge(wrong.problem(), 1L, Long::sum);
            firstBad.putIfAbsent(wrong.problem(), wrong.describe());
        } else if (row instanceof Row.Sample read) {
            samples++;
            sample(read);
        }
    }

    private void sample(Row.Sample read) {
        FollowingSample sample = read.sample();
        InspectedVehicle vehicle = vehicle(sample.vehicle());
        InspectedTrip trip = vehicle.trip(sample.trip());
        int values = nonZero(
                Objects.hash(sample.speedMetersPerSecond(), sample.gapMeters(), sample.leaderSpeedMetersPerSecond()));
        int before = measured.putIfAbsent(LongMap.hash(trip.hash(), sample.sequence()), values);
        if (before != LongMap.NONE) {
            duplicate(read, before == values);
            return;
        }
        int tripHash = nonZero(Long.hashCode(trip.hash()));
        int earlier = tripsByTime.putIfAbsent(LongMap.hash(vehicle.hash(), sample.timeMs()), tripHash);
        if (earlier != LongMap.NONE && earlier != tripHash) {
            repeatedTimes++;
            if (firstRepeatedTime == null) {
                firstRepeatedTime = read.place();
            }
        }
        trip.take(read);
    }

    private void duplicate(Row.Sample read, boolean saysTheSame) {
        duplicates++;
        if (firstDuplicate == null) {
            firstDuplicate = read.place();
        }
        if (!saysTheSame) {
            contradictions++;
            if (firstContradiction == null) {
                firstContradiction = read.place();
            }
        }
    }

    private static int nonZero(int hash) {
        return hash == LongMap.NONE ? 1 : hash;
    }

    private InspectedVehicle vehicle(String name) {
        InspectedVehicle vehicle = vehicles.get(name);
        if (vehicle == null) {
            if (vehicles.size() == MOST_VEHICLES) {
                Iterator<InspectedVehicle> silent = vehicles.values().iterator();
                silent.next().end();
                silent.remove();
            }
            vehicle = new InspectedVehicle(this, plausibility.new Course(), name);
            vehicles.put(name, vehicle);
        }
        return vehicle;
    }

    /**
     * Counts a trip that begins, unless it was there before.
     *
     * @param ofNewVehicle whether nothing is known of its vehicle, or no longer
     */
    void begins(InspectedTrip trip, boolean ofNewVehicle) {
        if (knownTrips.get(trip.hash()) != LongMap.NONE) {
            forgottenTrips += ofNewVehicle ? 1 : 0;
            return;
        }
        trips++;
        if (knownTrips.size() < MOST_TRIPS) {
            knownTrips.put(trip.hash(), 1);
        }
    }

    /** Returns the latest time that is believed; {@link Long#MIN_VALUE} before the first. */
    long newestMs() {
        return newestMs;
    }

    /**
     * Enters a sample whose time is believed.
     *
     * @param newestBeforeMs what {@link #newestMs} was when the sample came
     * @param afterPutBack whether the clock of its trip was put back before it
     */
    void believed(Row.Sample read, long newestBeforeMs, boolean afterPutBack) {
        long timeMs = read.sample().timeMs();
        if (newestBeforeMs != Long.MIN_VALUE && timeMs < newestBeforeMs - latenessMs) {
            late++;
            String place =
                    Remarks.text("%s, %.1f s after a later one", read.place(), (newestBeforeMs - timeMs) / 1000.0);
            if (afterPutBack) {
                lateAfterPutBack++;
                firstLateAfterPutBack = firstLateAfterPutBack == null ? place : firstLateAfterPutBack;
            } else {
                firstLate = firstLate == null ? place : firstLate;
            }
        }
        newestMs = Math.max(newestMs, timeMs);
    }

    /**
     * Enters a sample whose time is wrong.
     *
     * @param aroundMs time of a sample beside it that is believed; {@link Long#MIN_VALUE} where there is none
     */
    void jumped(Row.Sample read, long aroundMs) {
        rejected(GeneralRefusal.TIME_JUMP);
        if (firstJump == null) {
            String expected =
                    aroundMs == Long.MIN_VALUE ? "that of its neighbours" : "" + Instant.ofEpochMilli(aroundMs);
            firstJump = "%s: expected a time near %s, found %s"
                    .formatted(
                            read.place(),
                            expected,
                            Instant.ofEpochMilli(read.sample().timeMs()));
        }
    }

    /** Enters the samples a second of a trip that ended. */
    void rate(double hz) {
        rates.add(hz);
    }

    /** Enters a step that would be learned. */
    void step(Step step) {
        double action = step.action()[0];
        steps++;
        sum += action;
        min = steps == 1 ? action : Math.min(min, action);
        max = steps == 1 ? action : Math.max(max, action);
    }

    /** Enters that a step lies between samples. */
    void between() {
        between++;
    }

    /** Enters a sample that would not be learned. */
    void rejected(Refusal reason) {
        rejected.merge(reason.name(), 1L, Long::sum);
    }

    /** Closes the books. */
    LogInspection finish(List<String> notes) {
        vehicles.values().forEach(InspectedVehicle::end);
        vehicles.clear();
        return new LogInspection(
                rows,
                new TreeMap<>(bad),
                samples,
                trips,
                rates.medianHz(),
                steps,
                new TreeMap<>(rejected),
                late,
                duplicates,
                new LogInspection.Action(steps == 0 ? Double.NaN : sum / steps, min, max),
                remarks(notes));
    }

    private List<String> remarks(List<String> notes) {
        Remarks remarks = new Remarks(notes);
        bad.forEach((problem, count) ->
                remarks.add("%s (%s), the first %s", Remarks.count(count, "bad row"), problem, firstBad.get(problem)));
        remarks.rates(rates, rejected, between);
        times(remarks);
        plausibility.remark(remarks, samples, rejected);
        remarks.bounds(samples, trips, forgottenTrips);
        if (rows == 0) {
            remarks.add("there are no rows");
        } else if (steps == 0) {
            remarks.add("no step would be learned: %s", samples == 0 ? "every row is bad" : "rejected " + rejected);
        }
        return remarks.list();
    }

    private void times(Remarks remarks) {
        if (firstJump != null) {
            long jumped = rejected.getOrDefault(GeneralRefusal.TIME_JUMP.name(), 0L);
            remarks.add(
                    "%s a time far from those around, the first in %s",
                    Remarks.count(jumped, "sample has", "samples have"), firstJump);
        }
        if (firstLate != null) {
            remarks.add(
                    "%s late, the first in %s (\"sort\": true in the mapping, or --sequential for runs in the OpenACC"
                            + " layout, puts them in order; it matters to ingest and learn, while train and evaluate read"
                            + " trip by trip)",
                    Remarks.count(late - lateAfterPutBack, "sample comes", "samples come"), firstLate);
        }
        if (firstLateAfterPutBack != null) {
            remarks.add(
                    "%s late as the clock was put back before, the first in %s (sorting by time would mix what was driven"
                            + " before with what was driven after)",
                    Remarks.count(lateAfterPutBack, "sample comes", "samples come"), firstLateAfterPutBack);
        }
        if (firstDuplicate != null) {
            remarks.add(
                    "%s there before, by trip and sequence, and dropped, the first in %s",
                    Remarks.count(duplicates, "sample was", "samples were"), firstDuplicate);
        }
        if (firstContradiction != null) {
            remarks.add(
                    "%s something else than before, the first in %s: was the clock put back there, by up to %d s? Then what"
                            + " was driven until it caught up is lost",
                    Remarks.count(contradictions, "dropped sample says", "dropped samples say"),
                    firstContradiction,
                    TimeJumps.REACH_MS / 1000);
        }
        if (firstRepeatedTime != null) {
            remarks.add(
                    "%s on the same times as rows of the same vehicle in an earlier trip, the first in %s",
                    Remarks.count(repeatedTimes, "row falls", "rows fall"), firstRepeatedTime);
        }
    }
}
