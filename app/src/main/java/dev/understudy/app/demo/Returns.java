package dev.understudy.app.demo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the episodes of one task came to: by its expert, and by each version of its policy. */
public final class Returns {
    private final String policy;
    private final DemoRun run;
    private double begun = Double.NaN;
    private final Measurements expert = new Measurements();
    private final SortedMap<Long, Measurements> versions = new TreeMap<>();
    private final Measurements acrossSwaps = new Measurements();
    private @Nullable Measurements afterAll;
    private double firstModelSeconds = Double.NaN;

    Returns(String policy, DemoRun run) {
        this.policy = policy;
        this.run = run;
    }

    /** Notes that the expert begins; the second call does nothing. */
    void begin() {
        begun = Double.isNaN(begun) ? run.seconds() : begun;
    }

    /** Enters an episode of the expert. */
    void ofExpert(double sum) {
        expert.add(sum);
    }

    /**
     * Enters an episode.
     *
     * @param first epoch of the version that decided its first step; 0 where there was no model
     * @param last epoch of the version that decided its last step
     */
    void ofPolicy(double sum, long first, long last) {
        (first == last ? versions.computeIfAbsent(first, epoch -> new Measurements()) : acrossSwaps).add(sum);
    }

    /** Enters what was played after all windows. */
    void afterAll(Measurements played) {
        afterAll = played;
    }

    /** Notes that a model is in service. */
    void inService() {
        if (Double.isNaN(firstModelSeconds)) {
            firstModelSeconds = run.seconds() - begun;
            run.milestone("firstModelInService", "first model in service");
        }
    }

    private static Map<String, @Nullable Object> json(@Nullable Measurements played) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        int episodes = played == null ? 0 : played.size();
        json.put("mean", played == null || episodes == 0 ? null : played.sum() / episodes);
        json.put("episodes", episodes);
        return json;
    }

    /** Returns it key by key. */
    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("policy", policy);
        json.put("expert", json(expert));
        json.put("withoutModel", json(versions.get(0L)));
        List<Map<String, @Nullable Object>> promoted = versions.tailMap(1L).entrySet().stream()
                .map(version -> {
                    Map<String, @Nullable Object> entry = json(version.getValue());
                    entry.put("epoch", version.getKey());
                    return entry;
                })
                .toList();
        json.put("versions", promoted);
        json.put("acrossSwaps", json(acrossSwaps));
        json.put("last", json(afterAll));
        json.put("firstModelSeconds", firstModelSeconds);
        return json;
    }

    /** Returns what is wrong with them, empty if nothing is. */
    Optional<String> failure() {
        if (Double.isNaN(firstModelSeconds) || afterAll == null) {
            return Optional.of("expected a model of %s in service, found none that was in time".formatted(policy));
        }
        Measurements before = versions.get(0L);
        double mean = afterAll.sum() / afterAll.size();
        return before == null || mean > before.sum() / before.size()
                ? Optional.empty()
                : Optional.of("expected a greater return of %s with a model than without, found %s"
                        .formatted(policy, json()));
    }
}
