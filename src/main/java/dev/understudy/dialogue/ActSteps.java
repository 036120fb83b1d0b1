package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The contexts of a window and the acts that followed each, in the order in which their conversations began. */
final class ActSteps {
    private final List<List<String>> contexts = new ArrayList<>();
    private final List<List<String>> acts = new ArrayList<>();

    /** Reads the steps of trajectories. */
    static ActSteps of(List<Trajectory> trajectories, ActionSpace.Text texts) {
        ActSteps steps = new ActSteps();
        Map<String, String> known = new HashMap<>();
        for (Trajectory trajectory : ordered(trajectories)) {
            byte[] rows = ((ByteRows) trajectory.observations()).values();
            for (int row = 0; row < trajectory.steps(); row++) {
                steps.contexts.add(ReplyPairs.newestFirst(rows, row).stream()
                        .map(text -> known.computeIfAbsent(text, same -> same))
                        .toList());
                steps.acts.add(Acts.split(texts.read(trajectory.actions().values(), row * texts.size())));
            }
        }
        return steps;
    }

    /** Returns trajectories by their beginnings. */
    static List<Trajectory> ordered(List<Trajectory> trajectories) {
        return trajectories.stream()
                .sorted(Comparator.comparingLong(Trajectory::startMs)
                        .thenComparing(Trajectory::trip)
                        .thenComparing(Trajectory::entity))
                .toList();
    }

    int size() {
        return contexts.size();
    }

    /** Returns the turns of each context, the newest first. */
    List<List<String>> contexts() {
        return contexts;
    }

    /** Returns the acts that followed each. */
    List<List<String>> acts() {
        return acts;
    }

    /** Returns the different texts of all contexts, in the order in which they come. */
    List<String> texts() {
        Set<String> seen = new HashSet<>();
        List<String> texts = new ArrayList<>();
        for (List<String> context : contexts) {
            for (int i = context.size() - 1; i >= 0; i--) {
                if (seen.add(context.get(i))) {
                    texts.add(context.get(i));
                }
            }
        }
        return texts;
    }

    /** Returns rows of features, {@link TextFeatures#ROOM} each. */
    List<int[]> features(TextFeatures features) {
        Map<String, int[]> known = new HashMap<>();
        long[] row = new long[TextFeatures.ROOM];
        List<int[]> rows = new ArrayList<>();
        for (List<String> context : contexts) {
            List<int[]> turns = context.stream()
                    .map(text -> known.computeIfAbsent(text, features::of))
                    .toList();
            TextFeatures.writeContext(turns, row, 0);
            rows.add(Arrays.stream(row).mapToInt(feature -> (int) feature).toArray());
        }
        return rows;
    }
}
