package dev.understudy.driving;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Samples by the vehicle and the trip that they are of. */
public final class FollowingTrips {
    private FollowingTrips() {}

    /**
     * Returns the samples of each vehicle's trips, in the order in which they are given; vehicles and trips by their
     * names. The lists may be changed.
     */
    public static SortedMap<String, SortedMap<String, List<FollowingSample>>> of(Collection<FollowingSample> samples) {
        SortedMap<String, SortedMap<String, List<FollowingSample>>> vehicles = new TreeMap<>();
        for (FollowingSample sample : samples) {
            vehicles.computeIfAbsent(sample.vehicle(), any -> new TreeMap<>())
                    .computeIfAbsent(sample.trip(), any -> new ArrayList<>())
                    .add(sample);
        }
        return vehicles;
    }
}
