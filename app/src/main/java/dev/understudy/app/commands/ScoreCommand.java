package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.LoadedReward;
import dev.understudy.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/** Says how much each episode of files is worth by a recovered reward, without a cluster. */
@Command(
        name = "score",
        description = {
            "Score the episodes of files by a reward that train airl recovered, in nats per step: how expert-like each is.",
            "A reward is known up to a constant, so scores tell episodes of one task apart and mean nothing alone."
        })
public final class ScoreCommand implements Tool {
    private static final Setting<Path> REWARD =
            TrainCommand.existing("reward", "The reward, as train airl --reward-out writes it.");
    private static final Setting<Path> DEMONSTRATIONS =
            new Setting<>("demos", "", "A file of episodes, or a folder of such files (.csv and .csv.gz).", text -> {
                Path path = Path.of(text);
                if (text.isBlank() || !Files.exists(path)) {
                    throw new IllegalArgumentException("expected a file or folder, found nothing at "
                            + path.toAbsolutePath().normalize());
                }
                return path;
            });

    @Override
    public List<Setting<?>> settings() {
        return List.of(REWARD, DEMONSTRATIONS);
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Path path = settings.get(REWARD);
        ModelFile file;
        try {
            file = ModelFile.read(path);
        } catch (InvalidModelException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        ControlPolicySpec spec = spec(file.metadata().policy());
        Task task = Environments.named(spec.environment());
        List<Map<String, Object>> episodes = new ArrayList<>();
        double sum = 0;
        long steps = 0;
        try (LoadedReward reward = LoadedReward.load(
                file,
                spec.name(),
                spec.fingerprint(),
                spec.observationSize(),
                spec.actions(),
                IntakeLimits.defaults())) {
            for (Path demonstrations : files(settings.get(DEMONSTRATIONS))) {
                for (Trajectory trajectory : read(demonstrations, task, reward)) {
                    double total = total(reward, trajectory);
                    Map<String, Object> episode = new LinkedHashMap<>();
                    episode.put("file", trajectory.entity());
                    episode.put("episode", trajectory.trip());
                    episode.put("steps", trajectory.steps());
                    episode.put("natsPerStep", total / trajectory.steps());
                    episodes.add(episode);
                    sum += total;
                    steps += trajectory.steps();
                }
            }
        } catch (InvalidModelException e) {
            throw new CommandFailedException("%s cannot score: %s".formatted(path, e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        if (steps == 0) {
            throw new CommandFailedException(
                    "expected at least one step to score, found none in " + settings.get(DEMONSTRATIONS));
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", spec.name());
        result.put("sha256", file.sha256());
        result.put("steps", steps);
        result.put("natsPerStep", sum / steps);
        result.put("episodes", episodes);
        console.result(result, () -> text(episodes));
        return 0;
    }

    private static ControlPolicySpec spec(String policy) {
        return ControlPolicySpec.builtIn().stream()
                .filter(spec -> spec.name().equals(policy))
                .findFirst()
                .orElseThrow(() -> new CommandFailedException("expected a reward of one of %s, found one of %s"
                        .formatted(
                                ControlPolicySpec.builtIn().stream()
                                        .map(ControlPolicySpec::name)
                                        .toList(),
                                policy)));
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> found = Files.list(path)) {
            List<Path> files = found.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return name.endsWith(".csv") || name.endsWith(".csv.gz");
                    })
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new BadSettingsException(
                        List.of("demos: expected files ending in .csv or .csv.gz, found none in " + path));
            }
            return files;
        }
    }

    /** Returns the episodes of a file that have a step; what was done is read only if the reward reads it. */
    private static List<Trajectory> read(Path file, Task task, LoadedReward reward) throws IOException {
        Demonstrations read;
        if (reward.readsActions()) {
            read = Demonstrations.read(file);
            task.check(read);
        } else {
            read = Demonstrations.readObserved(file);
            task.checkObserved(read);
        }
        return read.trajectories().stream()
                .filter(trajectory -> trajectory.steps() > 0)
                .toList();
    }

    private static double total(LoadedReward reward, Trajectory trajectory) {
        float[] rewards = new float[trajectory.steps()];
        reward.rewards(trajectory.observations().floats(), trajectory.actions().values(), trajectory.steps(), rewards);
        double sum = 0;
        for (float one : rewards) {
            sum += one;
        }
        return sum;
    }

    private static String text(List<Map<String, Object>> episodes) {
        Map<String, Object> figures = new LinkedHashMap<>();
        episodes.forEach(episode -> figures.put(
                "%s episode %s".formatted(episode.get("file"), episode.get("episode")), episode.get("natsPerStep")));
        return Table.ofFigures(figures).toString();
    }
}
