package dev.understudy.ingest;

import dev.understudy.data.Trajectory;
import dev.understudy.driving.Actor;
import dev.understudy.driving.FollowingAssembler;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.FollowingTrips;
import dev.understudy.driving.LabelledStep;
import dev.understudy.driving.LabelledSteps;
import dev.understudy.driving.RejectReason;
import dev.understudy.driving.TimeJumps;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
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

    /**
     * Observes and labels samples; those of one trip must be in the order in which they were logged. A time that
     * disagrees with its neighbours is rejected; where a trip's clock was put back, a new piece begins.
     */
    public static Demonstrations of(List<FollowingSample> samples, Set<Actor> experts, long unreadable) {
        List<LabelledStep> steps = new ArrayList<>();
        AtomicLong piecesBefore = new AtomicLong();
        SortedMap<RejectReason, Long> rejected = new TreeMap<>();
        FollowingAssembler assembler = new FollowingAssembler(experts);
        FollowingAssembler.Output output = new FollowingAssembler.Output() {
            @Override
            public void step(LabelledStep step) {
                // A number of its own for each trajectory of a trip, also where its clock was put back.
                long trajectory = (piecesBefore.get() << 32) + step.trajectory();
                steps.add(new LabelledStep(step.sample(), trajectory, step.observation(), step.action()));
            }

            @Override
            public void rejected(FollowingSample sample, RejectReason reason) {
                rejected.merge(reason, 1L, Long::sum);
            }
        };
        // Trip by trip in the order in which they began, whatever else overlaps; what is known of an entity goes on.
        List<List<FollowingSample>> begun = new ArrayList<>();
        FollowingTrips.of(samples).values().forEach(trips -> begun.addAll(trips.values()));
        begun.sort(Comparator.<List<FollowingSample>>comparingLong(
                        trip -> trip.get(0).timeMs())
                .thenComparing(trip -> trip.get(0).trip()));
        Map<String, FollowingAssembler.State> states = new HashMap<>();
        Consumer<FollowingSample> jumped = sample -> output.rejected(sample, RejectReason.TIME_JUMP);
        for (List<FollowingSample> trip : begun) {
            FollowingAssembler.State state =
                    states.computeIfAbsent(trip.get(0).vehicle(), any -> new FollowingAssembler.State());
            for (List<FollowingSample> piece : TimeJumps.pieces(trip, jumped)) {
                List<FollowingSample> inOrder = new ArrayList<>(piece);
                inOrder.sort(Comparator.comparingLong(FollowingSample::timeMs));
                for (FollowingSample sample : inOrder) {
                    assembler.offer(state, sample, output);
                }
                assembler.end(state, output);
                state = new FollowingAssembler.State();
                piecesBefore.incrementAndGet();
            }
            piecesBefore.set(0);
        }
        return new Demonstrations(samples, steps, rejected, unreadable);
    }

    /** Returns the unbroken trajectories among the steps. */
    public List<Trajectory> trajectories() {
        return LabelledSteps.trajectories(steps);
    }
}
