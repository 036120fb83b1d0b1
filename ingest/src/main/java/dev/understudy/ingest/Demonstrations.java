package dev.understudy.ingest;

import dev.understudy.data.Trajectory;
import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.LabelledSteps;
import dev.understudy.driving.RejectReason;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the logs of a folder come to: the samples as logged, and the steps that can be learned from.
 *
 * @param samples in the order of the files
 * @param steps every sample that passed all checks, observed and labelled
 * @param rejected samples that did not, by reason
 * @param unreadable rows that are no samples at all
 */
public record Demonstrations(
        List<FollowingSample> samples,
        List<LabelledStep> steps,
        SortedMap<RejectReason, Long> rejected,
        long unreadable) {

    /** Reads a folder in the OpenACC layout. */
    public static Demonstrations read(Path folder, Set<Actor> experts) {
        OpenAccReader reader = OpenAccReader.open(folder);
        return read(reader, reader.runs(), experts);
    }

    /** Reads some runs of a folder. */
    public static Demonstrations read(OpenAccReader reader, List<OpenAccRun> runs, Set<Actor> experts) {
        return read(reader.read(runs), experts);
    }

    /** Reads a source to its end and closes it; of samples that come twice, by trip and sequence, the first counts. */
    public static Demonstrations read(SampleSource source, Set<Actor> experts) {
        AtomicLong bad = new AtomicLong();
        Map<String, Set<Long>> seen = new HashMap<>();
        try (source;
                Stream<FollowingSample> samples = source.samples(row -> bad.incrementAndGet())) {
            return of(
                    samples.filter(sample -> seen.computeIfAbsent(sample.trip(), any -> new HashSet<>())
                                    .add(sample.sequence()))
                            .toList(),
                    experts,
                    bad.get());
        }
    }

    /** Observes and labels samples; those of one trip must be in order of time. */
    public static Demonstrations of(List<FollowingSample> samples, Set<Actor> experts, long unreadable) {
        List<LabelledStep> steps = new ArrayList<>();
        SortedMap<RejectReason, Long> rejected = new TreeMap<>();
        FollowingAssembler assembler = new FollowingAssembler(experts);
        FollowingAssembler.Output output = new FollowingAssembler.Output() {
            @Override
            public void step(LabelledStep step) {
                steps.add(step);
            }

            @Override
            public void rejected(FollowingSample sample, RejectReason reason) {
                rejected.merge(reason, 1L, Long::sum);
            }
        };
        Map<String, List<FollowingSample>> trips = samples.stream()
                .collect(Collectors.groupingBy(FollowingSample::trip, TreeMap::new, Collectors.toList()));
        for (List<FollowingSample> trip : trips.values()) {
            FollowingAssembler.State state = new FollowingAssembler.State();
            trip.forEach(sample -> assembler.offer(state, sample, output));
            assembler.end(state, output);
        }
        return new Demonstrations(samples, steps, rejected, unreadable);
    }

    /** Returns the unbroken trajectories among the steps. */
    public List<Trajectory> trajectories() {
        return LabelledSteps.trajectories(steps);
    }
}
