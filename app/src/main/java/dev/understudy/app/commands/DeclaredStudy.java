package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Settings;
import dev.understudy.control.DeclaredPolicy;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Experts;
import dev.understudy.evaluate.OpenLoop;
import dev.understudy.evaluate.Scores;
import dev.understudy.ingest.DeclaredLog;
import dev.understudy.ingest.LogInspection;
import dev.understudy.ingest.PolicyFile;
import dev.understudy.learn.Learner;
import dev.understudy.model.ServedPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Policies that a file declares: learned from the logs that it explains, evaluated one step ahead on others. */
record DeclaredStudy(PolicyFile file) implements Study {
    private static final int FAILED = 1;

    /** Key of the policy file's fingerprint in a model's metadata. */
    static final String POLICY_FILE = "policyFile";

    @Override
    public Material read(List<Path> files, Settings settings, Console console) {
        DeclaredLog.Read read = read(files, console);
        LogInspection found = read.found();
        List<Trajectory> trajectories = read.trajectories();
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("samples", found.samples());
        told.put("bad", found.bad());
        told.put("duplicates", found.duplicates());
        told.put("learned", read.steps().size());
        told.put("rejected", found.rejectedByReason());
        told.put("trajectories", trajectories.size());
        told.put("observations", file.policy().declaration().observationNames());
        told.put("remarks", found.remarks());
        return new Material(
                trajectories,
                Map.of(
                        POLICY_FILE,
                        file.fingerprint(),
                        Experts.KEY,
                        Experts.text(file.policy().declaration().experts())),
                told);
    }

    private DeclaredLog.Read read(List<Path> files, Console console) {
        if (files.isEmpty()) {
            throw new BadSettingsException(List.of("demos: expected a file or folder with logs, found none"));
        }
        LogFiles.requireExisting(files);
        DeclaredLog.Read read = LogFiles.opened(() -> DeclaredLog.read(file, files));
        read.found().remarks().forEach(console::note);
        if (read.steps().isEmpty()) {
            throw new CommandFailedException("expected steps of %s in %s, found none: %,d rows, %,d bad, rejected %s"
                    .formatted(
                            file.policy().name(),
                            files,
                            read.found().rows(),
                            read.found().bad(),
                            read.found().rejectedByReason()));
        }
        return read;
    }

    @Override
    public Learner learner(String algorithm, int length, Settings settings) {
        return file.policy().learner(algorithm, length);
    }

    @Override
    public int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console) {
        List<Trajectory> heldOut = read(files, console).trajectories();
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        List<Scores.Trip> trips = OpenLoop.trips(policy, heldOut);
        long steps = trips.stream().mapToLong(Scores.Trip::steps).sum();
        result.put("episodes", trips.size());
        result.put("steps", steps);
        result.put(
                "nats",
                trips.stream().mapToDouble(Scores.Trip::negativeLogLikelihood).sum() / steps);
        List<Map<String, Object>> actions =
                file.policy().declaration().choices().isEmpty()
                        ? errors(policy, heldOut)
                        : List.of(agreement(policy, heldOut));
        result.put("actions", actions);
        console.result(result, () -> text(result, actions));
        return compared(heldOut) > 0 ? 0 : FAILED;
    }

    private static long compared(List<Trajectory> heldOut) {
        return heldOut.stream()
                .mapToLong(trajectory -> Math.max(0, trajectory.steps() - 1))
                .sum();
    }

    /**
     * Root mean square errors one step ahead beside those of doing what was done a step before, over the steps that
     * have one.
     */
    private List<Map<String, Object>> errors(ServedPolicy policy, List<Trajectory> heldOut) {
        int k = policy.actionSize();
        double[] squares = new double[k];
        double[] persistence = new double[k];
        for (Trajectory trajectory : heldOut) {
            float[] done = trajectory.actions().values();
            float[] answers = OpenLoop.answers(policy, trajectory);
            float[] before = DeclaredPolicy.persistence(done, k);
            for (int i = k; i < done.length; i++) {
                squares[i % k] += square(answers[i] - done[i]);
                persistence[i % k] += square(before[i] - done[i]);
            }
        }
        long steps = compared(heldOut);
        List<Map<String, Object>> all = new ArrayList<>();
        for (int i = 0; i < k; i++) {
            Map<String, Object> each = new LinkedHashMap<>();
            each.put("name", file.policy().declaration().numbers().get(i).name());
            each.put("unit", file.policy().declaration().numbers().get(i).unit());
            each.put("rmse", Math.sqrt(squares[i] / steps));
            each.put("rmsePersistence", Math.sqrt(persistence[i] / steps));
            each.put("ratio", Math.sqrt(squares[i] / persistence[i]));
            all.add(each);
        }
        return all;
    }

    private static double square(double value) {
        return value * value;
    }

    /** How often the choice was the same, beside the choice of a step before and the commonest one. */
    private Map<String, Object> agreement(ServedPolicy policy, List<Trajectory> heldOut) {
        long same = 0;
        long sameAsBefore = 0;
        long[] counts = new long[file.policy().declaration().choices().size()];
        for (Trajectory trajectory : heldOut) {
            float[] done = trajectory.actions().values();
            float[] answers = OpenLoop.answers(policy, trajectory);
            for (int i = 1; i < done.length; i++) {
                same += answers[i] == done[i] ? 1 : 0;
                sameAsBefore += done[i - 1] == done[i] ? 1 : 0;
                counts[(int) done[i]]++;
            }
        }
        double steps = compared(heldOut);
        long most = 0;
        for (long count : counts) {
            most = Math.max(most, count);
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("choices", file.policy().declaration().choices());
        result.put("accuracy", same / steps);
        result.put("accuracyPersistence", sameAsBefore / steps);
        result.put("accuracyCommonest", most / steps);
        return result;
    }

    private static String text(Map<String, @Nullable Object> result, List<Map<String, Object>> actions) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%s: %s steps of %s episodes, %s nats a step",
                result.get("policy"),
                result.get("steps"),
                result.get("episodes"),
                figure(result.get("nats"))));
        for (Map<String, Object> action : actions) {
            text.append(System.lineSeparator());
            action.forEach((name, figure) ->
                    text.append(name).append(' ').append(figure(figure)).append("  "));
        }
        return text.toString();
    }

    private static String figure(@Nullable Object value) {
        return value instanceof Double figure ? String.format(Locale.ROOT, "%.4g", figure) : String.valueOf(value);
    }
}
