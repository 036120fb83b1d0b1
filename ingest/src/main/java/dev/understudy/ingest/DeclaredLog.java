package dev.understudy.ingest;

import dev.understudy.control.ControlStep;
import dev.understudy.control.DeclaredPolicy;
import dev.understudy.control.Signal;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.domain.TimeJumps;
import dev.understudy.ingest.Row.Problem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The samples of a declared policy while they are read, and the steps that the learning job would make of them. Holds
 * all samples; not thread-safe.
 */
public final class DeclaredLog implements Inspection, Assembler.Output<ControlStep> {
    private static final int FEWEST_FOR_RATE = 10;

    private final DeclaredPolicy policy;
    private final Map<String, List<ControlStep>> episodes = new LinkedHashMap<>();
    private final Set<String> seen = new HashSet<>();
    private final Map<Problem, Long> bad = new EnumMap<>(Problem.class);
    private final Map<Problem, String> firstBad = new EnumMap<>(Problem.class);
    private final TreeMap<String, Long> rejected = new TreeMap<>();
    private final List<Step> steps = new ArrayList<>();
    private final Rates rates = new Rates();
    private final long[] missing;
    private long withoutAction;
    private long rows;
    private long samples;
    private long duplicates;
    private long between;
    private long pieces;

    DeclaredLog(DeclaredPolicy policy) {
        this.policy = policy;
        missing = new long[policy.declaration().signals().size()];
    }

    /** What a log comes to: its steps, and what there is to say of it. */
    public record Read(DeclaredPolicy policy, List<Step> steps, LogInspection found) {
        /** Returns the unbroken trajectories among the steps. */
        public List<Trajectory> trajectories() {
            return Steps.trajectories(steps, policy.stepMs());
        }
    }

    /** Reads files to their end. */
    public static Read read(PolicyFile file, List<java.nio.file.Path> files) {
        DeclaredLog log = new DeclaredLog(file.policy());
        try (DeclaredSource source = new DeclaredSource(file, files)) {
            source.forEachRemaining(log::read);
            LogInspection found = log.finish(source.notes());
            return new Read(file.policy(), List.copyOf(log.steps), found);
        }
    }

    @Override
    public void read(Row row) {
        rows++;
        if (row instanceof Row.Bad wrong) {
            bad.merge(wrong.problem(), 1L, Long::sum);
            firstBad.putIfAbsent(wrong.problem(), wrong.describe());
        } else if (row instanceof Row.Step read) {
            samples++;
            take(read.sample());
        } else {
            throw new IllegalArgumentException("expected samples of %s, got %s".formatted(policy.name(), row));
        }
    }

    private void take(ControlStep sample) {
        if (!seen.add(sample.episode() + '\n' + sample.sequence())) {
            duplicates++;
            return;
        }
        for (int i = 0; i < missing.length; i++) {
            missing[i] += Float.isNaN(sample.observation()[i]) ? 1 : 0;
        }
        withoutAction += sample.action() == null ? 1 : 0;
        episodes.computeIfAbsent(sample.entity() + '\n' + sample.episode(), any -> new ArrayList<>())
                .add(sample);
    }

    @Override
    public void step(Step step) {
        // A number of its own for each run of an episode, also where its clock was put back.
        steps.add(step.with(step.policy(), (pieces << 32) + step.run(), step.readyMs()));
    }

    @Override
    public void between(Step step) {
        between++;
        step(step);
    }

    @Override
    public void rejected(ControlStep sample, Refusal reason) {
        rejected.merge(reason.name(), 1L, Long::sum);
    }

    private void assemble(List<ControlStep> episode) {
        for (List<ControlStep> piece :
                TimeJumps.pieces(episode, policy.longestPause(), wrong -> rejected(wrong, GeneralRefusal.TIME_JUMP))) {
            List<ControlStep> inOrder = new ArrayList<>(piece);
            inOrder.sort(Comparator.comparingLong(ControlStep::timeMs).thenComparingLong(ControlStep::sequence));
            Assembler<ControlStep> assembler =
                    new Assembler<>(policy, policy.declaration().experts());
            inOrder.forEach(sample -> assembler.offer(sample, this));
            assembler.end(this);
            pieces++;
            long spanMs =
                    inOrder.get(inOrder.size() - 1).timeMs() - inOrder.get(0).timeMs();
            if (inOrder.size() >= FEWEST_FOR_RATE && spanMs > 0) {
                rates.add(1000.0 * (inOrder.size() - 1) / spanMs);
            }
        }
    }

    @Override
    public LogInspection finish(List<String> notes) {
        episodes.values().forEach(this::assemble);
        DoubleSummaryStatistics actions =
                steps.stream().mapToDouble(step -> step.action()[0]).summaryStatistics();
        boolean isNone = steps.isEmpty();
        return new LogInspection(
                rows,
                new TreeMap<>(bad),
                samples,
                episodes.size(),
                rates.medianHz(),
                steps.size(),
                rejected,
                0,
                duplicates,
                new LogInspection.Action(
                        isNone ? Double.NaN : actions.getAverage(),
                        isNone ? Double.NaN : actions.getMin(),
                        isNone ? Double.NaN : actions.getMax()),
                remarks(notes));
    }

    private List<String> remarks(List<String> notes) {
        Remarks remarks = new Remarks(notes);
        bad.forEach((problem, count) ->
                remarks.add("%s (%s), the first %s", Remarks.count(count, "bad row"), problem, firstBad.get(problem)));
        for (int i = 0; i < missing.length; i++) {
            if (missing[i] > 0) {
                Signal signal = policy.declaration().signals().get(i);
                remarks.add(
                        "%s was not measured in %,d of %,d samples (missing: %s)",
                        signal.name(),
                        missing[i],
                        samples,
                        signal.missing().name().toLowerCase(java.util.Locale.ROOT));
            }
        }
        if (withoutAction > 0) {
            remarks.add(
                    "%s of %,d without an action", Remarks.count(withoutAction, "sample is", "samples are"), samples);
        }
        rate(remarks);
        if (rows == 0) {
            remarks.add("there are no rows");
        } else if (steps.isEmpty()) {
            remarks.add("no step would be learned: %s", samples == 0 ? "every row is bad" : "rejected " + rejected);
        }
        return remarks.list();
    }

    private void rate(Remarks remarks) {
        long stepMs = policy.stepMs();
        if (!rates.isEmpty() && 1000 / rates.slowestHz() > policy.declaration().longestGapMs()) {
            remarks.add(
                    "samples come every %.0f ms (%.2f Hz) in the slowest episode, and values count for %d ms: give"
                            + " sampling.maxAgeMs, or a longer stepMs than %d",
                    1000 / rates.slowestHz(),
                    rates.slowestHz(),
                    policy.declaration().longestGapMs(),
                    stepMs);
        }
        long resampled = rejected.getOrDefault(GeneralRefusal.RESAMPLED.name(), 0L);
        if (resampled > 0 || between > 0) {
            remarks.add(
                    "the log has %.1f Hz and was brought to steps of %d ms: %s between steps, %s between samples",
                    rates.medianHz(),
                    stepMs,
                    Remarks.count(resampled, "sample lies", "samples lie"),
                    Remarks.count(between, "step lies", "steps lie"));
        }
    }
}
