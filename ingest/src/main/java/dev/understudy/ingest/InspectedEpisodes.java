package dev.understudy.ingest;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The books of episodes while they are read: what the learning job would make of their steps. Not thread-safe. */
final class InspectedEpisodes implements Inspection, Assembler.Output<ControlStep> {
    private final ControlPolicySpec spec;
    private final Set<Actor> experts;
    private final Map<String, Assembler<ControlStep>> assemblers = new HashMap<>();
    private final Map<String, Set<Long>> seen = new HashMap<>();
    private final TreeMap<String, Long> rejected = new TreeMap<>();
    private final DoubleSummaryStatistics actions = new DoubleSummaryStatistics();
    private long samples;
    private long duplicates;

    InspectedEpisodes(ControlPolicySpec spec, Set<Actor> experts) {
        this.spec = spec;
        this.experts = experts;
    }

    @Override
    public void read(Row row) {
        if (!(row instanceof Row.Step read)) {
            throw new IllegalArgumentException("expected steps of %s, got %s".formatted(spec.name(), row));
        }
        samples++;
        ControlStep step = read.sample();
        if (seen.computeIfAbsent(step.episode(), any -> new HashSet<>()).add(step.sequence())) {
            assemblers
                    .computeIfAbsent(step.entity(), any -> new Assembler<>(spec, experts))
                    .offer(step, this);
        } else {
            duplicates++;
        }
    }

    @Override
    public void step(Step step) {
        actions.accept(step.action()[0]);
    }

    @Override
    public void rejected(ControlStep sample, Refusal reason) {
        rejected.merge(reason.name(), 1L, Long::sum);
    }

    @Override
    public LogInspection finish(List<String> notes) {
        assemblers.values().forEach(assembler -> assembler.end(this));
        boolean isNone = actions.getCount() == 0;
        List<String> remarks = new ArrayList<>(notes);
        if (isNone) {
            remarks.add("no step would be learned: rejected " + rejected);
        }
        return new LogInspection(
                samples,
                new TreeMap<>(),
                samples,
                seen.size(),
                Double.NaN,
                actions.getCount(),
                rejected,
                0,
                duplicates,
                new LogInspection.Action(
                        isNone ? Double.NaN : actions.getAverage(),
                        isNone ? Double.NaN : actions.getMin(),
                        isNone ? Double.NaN : actions.getMax()),
                remarks);
    }
}
