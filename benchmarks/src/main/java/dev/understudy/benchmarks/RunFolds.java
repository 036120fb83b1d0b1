package dev.understudy.benchmarks;

import dev.understudy.domain.Actor;
import dev.understudy.ingest.Demonstrations;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.ingest.OpenAccRun;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Logs in the OpenACC layout, dealt to folds by whole runs: each run is held out once. */
final class RunFolds {
    private static final Instant START = Instant.parse("2019-10-08T08:00:00Z");
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Set<Actor> EXPERTS = EnumSet.of(Actor.HUMAN, Actor.ASSISTANCE);

    private final OpenAccReader reader;
    private final int count;
    private final Map<String, Integer> folds;

    private RunFolds(OpenAccReader reader, int count) {
        this.reader = reader;
        this.count = count;
        this.folds = deal(reader.runs(), count);
    }

    /** Deals the runs of a folder to {@code count} folds. */
    static RunFolds of(Path logs, int count) {
        return new RunFolds(OpenAccReader.open(logs), count);
    }

    /** Returns the number of folds. */
    int count() {
        return count;
    }

    /** Returns the demonstrations that fold {@code fold} holds out. */
    Demonstrations heldOut(int fold) {
        return read(run -> folds.getOrDefault(run.name(), -1) == fold);
    }

    /** Returns the demonstrations that are learned from where fold {@code fold} is held out. */
    Demonstrations learned(int fold) {
        return read(run -> folds.getOrDefault(run.name(), -1) != fold);
    }

    /**
     * Returns the demonstrations that are learned from where fold {@code fold} is held out, on one time line: by expert
     * in this order, then as listed.
     */
    Demonstrations learnedInOrder(int fold, List<String> experts) {
        List<OpenAccRun> runs = reader.runs().stream()
                .filter(run -> folds.getOrDefault(run.name(), -1) != fold)
                .sorted(Comparator.comparingInt(run -> experts.indexOf(run.label())))
                .toList();
        return Demonstrations.read(reader.readSequentially(runs, START, PAUSE), EXPERTS);
    }

    private Demonstrations read(Predicate<OpenAccRun> wanted) {
        return Demonstrations.read(reader, reader.runs().stream().filter(wanted).toList(), EXPERTS);
    }

    /** Deals whole runs to folds by name, the longest first to the fold with the least of that expert. */
    private static Map<String, Integer> deal(List<OpenAccRun> runs, int count) {
        Map<String, Integer> folds = new HashMap<>();
        Map<String, double[]> dealt = new TreeMap<>();
        double[] total = new double[count];
        List<OpenAccRun> longestFirst = new ArrayList<>(runs);
        longestFirst.sort(
                Comparator.comparingDouble(RunFolds::carSeconds).reversed().thenComparing(OpenAccRun::name));
        for (OpenAccRun run : longestFirst) {
            double[] ofLabel = dealt.computeIfAbsent(run.label(), any -> new double[count]);
            int least = 0;
            for (int fold = 1; fold < count; fold++) {
                int byLabel = Double.compare(ofLabel[fold], ofLabel[least]);
                if (byLabel < 0 || (byLabel == 0 && total[fold] < total[least])) {
                    least = fold;
                }
            }
            ofLabel[least] += carSeconds(run);
            total[least] += carSeconds(run);
            folds.put(run.name(), least);
        }
        return folds;
    }

    private static double carSeconds(OpenAccRun run) {
        return run.seconds() * run.vehicles().size();
    }
}
