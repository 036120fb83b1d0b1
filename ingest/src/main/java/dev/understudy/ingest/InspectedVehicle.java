package dev.understudy.ingest;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.driving.FollowingSample;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;

/** One vehicle of a log while it is read: its latest trips, and its samples until no earlier one may come. */
final class InspectedVehicle implements Assembler.Output<FollowingSample> {
    /** How many trips are kept apart; the learning job knows as many. */
    private static final int TRIPS = 8;

    private final InspectedLog log;
    private final long hash;
    private final Map<String, InspectedTrip> trips = new LinkedHashMap<>(2);
    private final Plausibility.Course course;
    private final Assembler<FollowingSample> assembler;
    private final PriorityQueue<FollowingSample> waiting = new PriorityQueue<>(
            2,
            Comparator.comparingLong(FollowingSample::timeMs)
                    .thenComparing(FollowingSample::trip)
                    .thenComparingLong(FollowingSample::sequence));
    private long newestMs = Long.MIN_VALUE;

    InspectedVehicle(InspectedLog log, Plausibility.Course course, String name) {
        this.log = log;
        this.course = course;
        assembler = log.assembler();
        this.hash = LongMap.hash(name);
    }

    /** Returns a hash of its name. */
    long hash() {
        return hash;
    }

    /** Returns a trip that is there or begins, and ends the one that began first if there are too many. */
    InspectedTrip trip(String name) {
        InspectedTrip trip = trips.get(name);
        if (trip == null) {
            trip = new InspectedTrip(log, this, LongMap.hash(name));
            log.begins(trip, trips.isEmpty());
            trips.put(name, trip);
            if (trips.size() > TRIPS) {
                Iterator<InspectedTrip> first = trips.values().iterator();
                first.next().end();
                first.remove();
            }
        }
        return trip;
    }

    /** Takes a sample whose time is believed. */
    void take(FollowingSample sample) {
        if (!waiting.isEmpty() && sample.timeMs() < newestMs - log.latenessMs()) {
            release(Long.MAX_VALUE); // late samples form a separate piece
        }
        waiting.add(sample);
        newestMs = Math.max(newestMs, sample.timeMs());
        release(newestMs - log.latenessMs() - 1);
    }

    private void release(long untilMs) {
        while (!waiting.isEmpty() && waiting.element().timeMs() <= untilMs) {
            FollowingSample sample = waiting.remove();
            course.sample(sample);
            assembler.offer(sample, this);
        }
    }

    /** Lets all that waits come out: nothing more is to come. */
    void end() {
        trips.values().forEach(InspectedTrip::end);
        release(Long.MAX_VALUE);
        assembler.end(this);
    }

    @Override
    public void step(Step step) {
        log.step(step);
        course.step(step);
    }

    @Override
    public void between(Step step) {
        log.between();
        step(step);
    }

    @Override
    public void rejected(FollowingSample sample, Refusal reason) {
        log.rejected(reason);
    }
}
