package dev.understudy.ingest;

import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.GeneralRefusal;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.domain.TimeJumps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.FollowingTrips;
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
 * @param rejected samples that did not, by the name of the reason
 * @param unreadable rows that are no samples at all
 */
public record Demonstrations(
        List<FollowingSample> samples, List<Step> steps, SortedMap<String, Long> rejected, long unreadable) {

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
        List<Step> steps = new ArrayList<>();
        AtomicLong piecesBefore = new AtomicLong();
        SortedMap<String, Long> rejected = new TreeMap<>();
        Assembler.Output<FollowingSample> output = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                // A number of its own for each run of a trip, also where its clock was put back.
                steps.add(step.with(step.policy(), (piecesBefore.get() << 32) + step.run(), step.readyMs()));
            }

            @Override
            public void rejected(FollowingSample sample, Refusal reason) {
                rejected.merge(reason.name(), 1L, Long::sum);
            }
        };
        // Trip by trip in the order in which they began, whatever else overlaps; what is known of an entity goes on.
        List<List<FollowingSample>> begun = new ArrayList<>();
        FollowingTrips.of(samples).values().forEach(trips -> begun.addAll(trips.values()));
        begun.sort(Comparator.<List<FollowingSample>>comparingLong(
                        trip -> trip.get(0).timeMs())
                .thenComparing(trip -> trip.get(0).trip()));
        Map<String, Assembler<FollowingSample>> assemblers = new HashMap<>();
        Consumer<FollowingSample> jumped = sample -> output.rejected(sample, GeneralRefusal.TIME_JUMP);
        for (List<FollowingSample> trip : begun) {
            Assembler<FollowingSample> assembler =
                    assemblers.computeIfAbsent(trip.get(0).vehicle(), any -> CarFollowing.assembler(experts));
            for (List<FollowingSample> piece : TimeJumps.pieces(trip, jumped)) {
                List<FollowingSample> inOrder = new ArrayList<>(piece);
                inOrder.sort(Comparator.comparingLong(FollowingSample::timeMs));
                for (FollowingSample sample : inOrder) {
                    assembler.offer(sample, output);
                }
                assembler.end(output);
                assembler = CarFollowing.assembler(experts);
                piecesBefore.incrementAndGet();
            }
            piecesBefore.set(0);
        }
        return new Demonstrations(samples, steps, rejected, unreadable);
    }

    /** Returns the unbroken trajectories among the steps. */
    public List<Trajectory> trajectories() {
        return Steps.trajectories(steps, CarFollowing.STEP_MS);
    }
}
