package dev.understudy.ingest;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.control.ControlStep;
import dev.understudy.data.Demonstrations;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The episodes of files ({@link Demonstrations#read}) as an expert's log, one after another. Such files have no clock:
 * steps lie {@value #STEP_MS} ms apart, and the last ends at a time that is given. An entity is named after its file.
 * The last step of an episode as long as the task's limit was truncated, that of any other terminated.
 */
public final class EpisodesSource implements SampleSource {
    private static final long STEP_MS = 20;

    private final ControlPolicySpec spec;
    private final List<Path> files;
    private final Iterator<Row> rows;

    /**
     * Reads files.
     *
     * @param end event time at which the last step is over
     * @throws IngestException if one cannot be read or is none of the policy's; the message says where
     */
    public EpisodesSource(List<Path> files, ControlPolicySpec spec, Instant end) {
        this.spec = spec;
        this.files = List.copyOf(files);
        Task task = Environments.named(spec.environment());
        List<Demonstrations> read = files.stream().map(file -> read(file, task)).toList();
        long steps = read.stream()
                .flatMap(episodes -> episodes.trajectories().stream())
                .mapToLong(Trajectory::steps)
                .sum();
        List<Row> all = new ArrayList<>();
        long startMs = end.toEpochMilli() - steps * STEP_MS;
        for (int i = 0; i < files.size(); i++) {
            Demonstrations episodes = read.get(i);
            int before = all.size();
            for (int episode = 0; episode < episodes.trajectories().size(); episode++) {
                for (ControlStep step : steps(episodes, episode, startMs + all.size() * STEP_MS, task.horizon())) {
                    all.add(new Row.Step(files.get(i).toString(), all.size() - before + 1, step));
                }
            }
        }
        rows = all.iterator();
    }

    private static Demonstrations read(Path file, Task task) {
        try {
            Demonstrations episodes = Demonstrations.read(file);
            task.check(episodes);
            return episodes;
        } catch (IllegalArgumentException e) {
            throw new IngestException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new IngestException("expected a file of episodes, found %s (%s)".formatted(e, file), e);
        }
    }

    /** Returns the steps of one episode. */
    private List<ControlStep> steps(Demonstrations episodes, int episode, long startMs, int limit) {
        Trajectory trajectory = episodes.trajectories().get(episode);
        int count = trajectory.steps();
        String entity = trajectory.entity();
        List<ControlStep> steps = new ArrayList<>(count);
        for (int step = 0; step < count; step++) {
            ControlStep.End left = step + 1 < count
                    ? ControlStep.End.NONE
                    : count < limit ? ControlStep.End.TERMINATED : ControlStep.End.TRUNCATED;
            steps.add(new ControlStep(
                    entity,
                    entity + "#" + trajectory.trip(),
                    step,
                    startMs + step * STEP_MS,
                    Actor.HUMAN,
                    spec.task().name(),
                    false,
                    trajectory.observations().copyOf(step).floats(),
                    trajectory.actions().row(step),
                    episodes.rewards().get(episode).at(step, 0),
                    left));
        }
        return steps;
    }

    @Override
    public String describe() {
        return "episodes of %s in %s".formatted(spec.name(), files);
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext();
    }

    @Override
    public Row next() {
        return rows.next();
    }

    @Override
    public void close() {}
}
