package dev.understudy.ingest;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.StepGrid;
import dev.understudy.ingest.Row.Problem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What logs come to, read as {@code ingest} and the learning job would, without either. Every row is bad or a sample;
 * every sample is a duplicate, rejected for a reason, or a step. Late samples are learned like others and counted
 * besides, and so are steps that are interpolated between samples.
 *
 * @param rows rows read
 * @param badByReason rows that are no samples, by kind of problem
 * @param samples rows that are
 * @param trips distinct trips of samples
 * @param rateHz samples a second of the usual trip; NaN where no trip has two
 * @param steps steps that would be learned, before any trip is held out
 * @param rejectedByReason samples that would not be, by reason
 * @param late samples that come more than the bound on lateness after a later one
 * @param duplicates samples whose trip and sequence were there before
 * @param action accelerations of the steps, m/s^2
 * @param remarks what a user should know, in plain words
 */
public record LogInspection(
        long rows,
        SortedMap<Problem, Long> badByReason,
        long samples,
        long trips,
        double rateHz,
        long steps,
        SortedMap<String, Long> rejectedByReason,
        long late,
        long duplicates,
        Action action,
        List<String> remarks) {
    /**
     * Accelerations, m/s^2; all NaN where there are none.
     *
     * @param mean their mean
     * @param min the lowest
     * @param max the highest
     */
    public record Action(double mean, double min, double max) {}

    public LogInspection {
        badByReason = Collections.unmodifiableSortedMap(new TreeMap<>(badByReason));
        rejectedByReason = Collections.unmodifiableSortedMap(new TreeMap<>(rejectedByReason));
        remarks = List.copyOf(remarks);
    }

    /** All bad rows. */
    public long bad() {
        return badByReason.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Reads a source to its end and closes it.
     *
     * @param lateness how far out of order samples may come, event time
     * @param experts whose driving is learned
     */
    public static LogInspection of(SampleSource source, Duration lateness, Set<Actor> experts) {
        try (Watched watched = new Watched(source, lateness, experts)) {
            watched.forEachRemaining(row -> {});
            return watched.inspection();
        }
    }

    /** A source whose rows are inspected as they pass. */
    public static final class Watched implements SampleSource {
        private final SampleSource source;
        private final Reading reading;

        /**
         * Watches a source, which closes with this one.
         *
         * @param lateness how far out of order samples may come, event time
         * @param experts whose driving is learned
         */
        public Watched(SampleSource source, Duration lateness, Set<Actor> experts) {
            this.source = source;
            this.reading = new Reading(lateness, experts);
            reading.remarks.addAll(source.notes());
        }

        @Override
        public String describe() {
            return source.describe();
        }

        @Override
        public List<String> notes() {
            return source.notes();
        }

        @Override
        public boolean hasNext() {
            return source.hasNext();
        }

        @Override
        public Row next() {
            Row row = source.next();
            reading.read(row);
            return row;
        }

        @Override
        public void close() {
            source.close();
        }

        /** Returns what the rows that passed come to. Call it once, after the last. */
        public LogInspection inspection() {
            source.notes().stream()
                    .filter(note -> !reading.remarks.contains(note))
                    .forEach(reading.remarks::add);
            return reading.finish();
        }
    }

    /** The books while the source is read. */
    private static final class Reading implements Assembler.Output<FollowingSample> {
        /** Samples of which the times and sequences are kept: some 200 bytes each. */
        private static final long MOST_SAMPLES = 5_000_000;

        private final long latenessMs;
        private final Set<Actor> experts;
        private final Map<String, Vehicle> vehicles = new LinkedHashMap<>();
        private final Map<String, Trip> trips = new LinkedHashMap<>();
        private final Map<Problem, Long> bad = new EnumMap<>(Problem.class);
        private final Map<Problem, String> firstBad = new EnumMap<>(Problem.class);
        private final Map<String, Long> rejected = new TreeMap<>();
        private final Map<String, Long> repeatedTimes = new LinkedHashMap<>();
        private final List<String> remarks = new ArrayList<>();
        private long rows;
        private long samples;
        private long duplicates;
        private long contradictions;
        private long late;
        private @Nullable String firstLate;
        private @Nullable String firstJump;
        private long newestMs = Long.MIN_VALUE;
        private long steps;
        private long between;
        private double sum;
        private double min = Double.NaN;
        private double max = Double.NaN;

        Reading(Duration lateness, Set<Actor> experts) {
            latenessMs = lateness.toMillis();
            this.experts = experts;
        }

        void read(Row row) {
            rows++;
            if (row instanceof Row.Bad wrong) {
                bad.merge(wrong.problem(), 1L, Long::sum);
                firstBad.putIfAbsent(wrong.problem(), wrong.describe());
            } else if (row instanceof Row.Sample read) {
                sample(read);
            }
        }

        private void sample(Row.Sample read) {
            samples++;
            if (samples > MOST_SAMPLES) {
                return;
            }
            FollowingSample sample = read.sample();
            Trip trip = trips.computeIfAbsent(sample.trip(), name -> new Trip());
            int values = Objects.hash(
                    sample.speedMetersPerSecond(), sample.gapMeters(), sample.leaderSpeedMetersPerSecond());
            Integer before = trip.sequences.putIfAbsent(sample.sequence(), values);
            if (before != null) {
                duplicates++;
                contradictions += before == values ? 0 : 1;
                return;
            }
            Vehicle vehicle = vehicles.computeIfAbsent(sample.vehicle(), name -> new Vehicle());
            String earlier = vehicle.tripsByTime.putIfAbsent(sample.timeMs(), sample.trip());
            if (earlier != null && !earlier.equals(sample.trip())) {
                repeatedTimes.merge("%s beside the trip %s".formatted(read.source(), earlier), 1L, Long::sum);
            }
            trip.jumps.offer(sample.sequence(), sample.timeMs(), TimeJumps.UNKNOWN, read, trip);
        }

        /** One trip. */
        private final class Trip implements TimeJumps.Output<Row.Sample> {
            /** Sequences, with a hash of what was measured. */
            private final Map<Long, Integer> sequences = new HashMap<>();

            private final TimeJumps<Row.Sample> jumps = new TimeJumps<>();
            private int[] intervalsMs = new int[16];
            private int intervals;
            private long beforeMs = Long.MIN_VALUE;

            @Override
            public void believed(Row.Sample read) {
                FollowingSample sample = read.sample();
                long interval = sample.timeMs() - beforeMs;
                if (beforeMs != Long.MIN_VALUE && interval > 0 && interval <= Integer.MAX_VALUE) {
                    if (intervals == intervalsMs.length) {
                        intervalsMs = Arrays.copyOf(intervalsMs, 2 * intervals);
                    }
                    intervalsMs[intervals++] = (int) interval;
                }
                beforeMs = sample.timeMs();
                if (newestMs != Long.MIN_VALUE && sample.timeMs() < newestMs - latenessMs) {
                    late++;
                    if (firstLate == null) {
                        firstLate = "%s:%d, %.1f s after a later one"
                                .formatted(read.source(), read.line(), (newestMs - sample.timeMs()) / 1000.0);
                    }
                }
                newestMs = Math.max(newestMs, sample.timeMs());
                vehicle(sample).take(sample);
            }

            @Override
            public void jumped(Row.Sample read) {
                rejected(read.sample(), GeneralRefusal.TIME_JUMP);
                if (firstJump == null) {
                    firstJump = read.source() + ":" + read.line();
                }
            }

            @Override
            public void retracted(Row.Sample first) {
                if (vehicle(first.sample()).takeBack(first.sample())) {
                    jumped(first);
                }
            }

            /** Samples a second: by the mean of all intervals that are no holes. */
            double rateHz() {
                if (intervals == 0) {
                    return Double.NaN;
                }
                int[] sorted = Arrays.copyOf(intervalsMs, intervals);
                Arrays.sort(sorted);
                double longest = 1.5 * sorted[intervals / 2];
                return 1000
                        / Arrays.stream(sorted)
                                .filter(interval -> interval <= longest)
                                .average()
                                .orElse(Double.NaN);
            }
        }

        private Vehicle vehicle(FollowingSample sample) {
            Vehicle vehicle = vehicles.get(sample.vehicle());
            if (vehicle == null) {
                throw new IllegalStateException("expected a vehicle that was seen, got " + sample);
            }
            return vehicle;
        }

        /** One vehicle, whose samples wait until no earlier one may come. */
        private final class Vehicle {
            private final Map<Long, String> tripsByTime = new HashMap<>();
            private final Assembler<FollowingSample> assembler = CarFollowing.assembler(experts);
            private final PriorityQueue<FollowingSample> waiting =
                    new PriorityQueue<>(Comparator.comparingLong(FollowingSample::timeMs)
                            .thenComparing(FollowingSample::trip)
                            .thenComparingLong(FollowingSample::sequence));
            private long ownNewestMs = Long.MIN_VALUE;

            void take(FollowingSample sample) {
                if (!waiting.isEmpty() && sample.timeMs() < ownNewestMs - latenessMs) {
                    release(Long.MAX_VALUE); // what is late makes a piece of its own
                }
                waiting.add(sample);
                ownNewestMs = Math.max(ownNewestMs, sample.timeMs());
                release(ownNewestMs - latenessMs - 1);
            }

            boolean takeBack(FollowingSample sample) {
                return waiting.remove(sample);
            }

            void release(long untilMs) {
                while (!waiting.isEmpty() && waiting.element().timeMs() <= untilMs) {
                    assembler.offer(waiting.remove(), Reading.this);
                }
            }

            void end() {
                release(Long.MAX_VALUE);
                assembler.end(Reading.this);
            }
        }

        @Override
        public void step(Step step) {
            double action = step.action()[0];
            steps++;
            sum += action;
            min = steps == 1 ? action : Math.min(min, action);
            max = steps == 1 ? action : Math.max(max, action);
        }

        @Override
        public void between(Step step) {
            between++;
            step(step);
        }

        @Override
        public void rejected(FollowingSample sample, Refusal reason) {
            rejected.merge(reason.name(), 1L, Long::sum);
        }

        LogInspection finish() {
            trips.values().forEach(trip -> trip.jumps.settleWhile(any -> true, trip));
            vehicles.values().forEach(Vehicle::end);
            double[] rates = trips.values().stream()
                    .mapToDouble(Trip::rateHz)
                    .filter(Double::isFinite)
                    .sorted()
                    .toArray();
            double rateHz = rates.length == 0 ? Double.NaN : rates[rates.length / 2];
            remark(rates, rateHz);
            return new LogInspection(
                    rows,
                    new TreeMap<>(bad),
                    samples,
                    trips.size(),
                    rateHz,
                    steps,
                    new TreeMap<>(rejected),
                    late,
                    duplicates,
                    new Action(steps == 0 ? Double.NaN : sum / steps, min, max),
                    remarks);
        }

        private void remark(double[] rates, double rateHz) {
            bad.forEach((problem, count) ->
                    remarks.add(text("%,d bad rows (%s), the first %s", count, problem, firstBad.get(problem))));
            if (samples > MOST_SAMPLES) {
                remarks.add(text("what follows the rows is of the first %,d samples alone", MOST_SAMPLES));
            }
            if (rates.length > 0 && rates[0] < 0.8 * rates[rates.length - 1]) {
                remarks.add(text("trips have from %.1f to %.1f samples a second", rates[0], rates[rates.length - 1]));
            }
            long tooLow = rejected.getOrDefault(RejectReason.RATE_TOO_LOW.name(), 0L);
            if (tooLow > 0) {
                remarks.add(text(
                        "%,d samples are too far apart: steps of 0.1 s need a sample each %d ms at least (%.1f Hz), the"
                                + " slowest trip has %.2f Hz",
                        tooLow,
                        StepGrid.SLOWEST_MS,
                        1000.0 / StepGrid.SLOWEST_MS,
                        rates.length == 0 ? Double.NaN : rates[0]));
            }
            long resampled = rejected.getOrDefault(GeneralRefusal.RESAMPLED.name(), 0L);
            if (resampled > 0 || between > 0) {
                remarks.add(text(
                        "the log has %.1f Hz and was laid on steps of 0.1 s: %,d samples lie between steps, %,d steps"
                                + " between samples",
                        rateHz, resampled, between));
            }
            if (firstJump != null) {
                remarks.add(text(
                        "%,d samples have a time far from those around them, the first in %s",
                        rejected.getOrDefault(GeneralRefusal.TIME_JUMP.name(), 0L), firstJump));
            }
            if (firstLate != null) {
                remarks.add(text(
                        "%,d samples come late, the first in %s (\"sort\": true in the"
                                + " mapping, or --sequential for runs in the OpenACC layout, puts them in order)",
                        late, firstLate));
            }
            if (duplicates > 0) {
                remarks.add(text(
                        "%,d samples were there before, by trip and sequence, and are dropped; %,d of them say something"
                                + " else than before",
                        duplicates, contradictions));
            }
            if (!repeatedTimes.isEmpty()) {
                remarks.add(text(
                        "%,d rows fall on the same times as rows of the same vehicle in an earlier trip, the first in %s",
                        repeatedTimes.values().stream()
                                .mapToLong(Long::longValue)
                                .sum(),
                        repeatedTimes.keySet().iterator().next()));
            }
            if (rows == 0) {
                remarks.add("there are no rows");
            } else if (steps == 0) {
                remarks.add(
                        "no step would be learned: " + (samples == 0 ? "every row is bad" : "rejected " + rejected));
            }
        }

        private static String text(String format, @Nullable Object... values) {
            return String.format(Locale.ROOT, format, values);
        }
    }
}
