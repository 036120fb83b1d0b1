package dev.understudy.flink.gate;

import dev.understudy.domain.HeldOutPieces;
import dev.understudy.domain.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;

/** The held-out trips of the policy whose key is set, kept as keyed state. */
final class HeldOutTrips {
    private final HeldOutPieces kept;
    private final MapState<String, HeldOutTrip> trips;

    /** @param kept which of them are kept */
    HeldOutTrips(HeldOutPieces kept, RuntimeContext context) {
        this.kept = kept;
        trips = context.getMapState(
                new MapStateDescriptor<>("trips", StringSerializer.INSTANCE, HeldOutTrip.CODEC.serializer()));
    }

    /** Takes a step, and returns whether it begins a trip. */
    boolean begins(Step step) throws Exception {
        String name = HeldOutPieces.name(step);
        HeldOutTrip known = trips.get(name);
        HeldOutTrip trip = known == null ? new HeldOutTrip() : known;
        trip.add(step);
        trips.put(name, trip);
        return known == null;
    }

    /**
     * Forgets what is not to be kept.
     *
     * @param judgedMs event time before which nothing is judged any more
     */
    void forgetSuperfluous(long judgedMs) throws Exception {
        for (String name : kept.superfluous(startsMs(), judgedMs)) {
            trips.remove(name);
        }
    }

    /** Returns the held-out steps to judge by at an event time. */
    List<Step> at(long timeMs, int observationSize) throws Exception {
        List<Step> steps = new ArrayList<>();
        for (String name : kept.at(startsMs(), timeMs)) {
            steps.addAll(trips.get(name).before(timeMs, observationSize));
        }
        return steps;
    }

    private Map<String, Long> startsMs() throws Exception {
        Map<String, Long> startMs = new TreeMap<>();
        for (Map.Entry<String, HeldOutTrip> each : trips.entries()) {
            startMs.put(each.getKey(), each.getValue().startMs());
        }
        return startMs;
    }
}
