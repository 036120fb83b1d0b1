package dev.understudy.app.commands;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.learn.inverse.FiniteProblem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A finite decision problem and what an expert did in it, as a JSON object:
 *
 * <pre>
 * {"horizon": 9,
 *  "initial": {"home": 1},
 *  "transitions": [{"from": "home", "action": "go", "to": {"work": 0.9, "home": 0.1}}, ...],
 *  "trajectories": [["home", "work", ...], ...]}
 * </pre>
 *
 * <p>{@code horizon} is the number of steps; a trajectory names one state more. In place of {@code trajectories} may
 * stand {@code visits}, how often the expert is in each state in an episode, on average: {@code {"home": 2.5, ...}}.
 * What is not named has probability or visits 0; every action must be possible in every state.
 *
 * @param states names, in the order of their first mention in {@code transitions}
 * @param actions names, likewise
 * @param problem the problem
 * @param expertVisits of each state
 */
record FiniteProblemFile(List<String> states, List<String> actions, FiniteProblem problem, double[] expertVisits) {
    /** Above this many, the transitions alone take gigabytes. */
    private static final int MOST_NUMBERS = 100_000_000;

    /**
     * Reads a file.
     *
     * @throws CommandFailedException saying what was expected and found where, if it is no such file
     */
    static FiniteProblemFile read(Path path) throws IOException {
        try {
            return of(new ObjectMapper().readTree(Files.readString(path)));
        } catch (JsonProcessingException e) {
            throw new CommandFailedException(
                    "expected a JSON object of a finite problem in %s: %s".formatted(path, e.getOriginalMessage()));
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException("%s (%s)".formatted(e.getMessage(), path));
        }
    }

    private static FiniteProblemFile of(JsonNode json) {
        JsonNode listed = json.path("transitions");
        Set<String> states = new LinkedHashSet<>();
        Set<String> actions = new LinkedHashSet<>();
        for (JsonNode each : listed) {
            states.add(text(each, "from"));
            actions.add(text(each, "action"));
        }
        if (states.isEmpty() || (long) states.size() * states.size() * actions.size() > MOST_NUMBERS) {
            throw new IllegalArgumentException(
                    "expected 'transitions' of 1 to %d numbers (states x actions x states), got %d states and %d actions"
                            .formatted(MOST_NUMBERS, states.size(), actions.size()));
        }
        List<String> stateNames = List.copyOf(states);
        List<String> actionNames = List.copyOf(actions);
        double[][][] transitions = new double[states.size()][actions.size()][];
        for (JsonNode each : listed) {
            int from = stateNames.indexOf(text(each, "from"));
            int action = actionNames.indexOf(text(each, "action"));
            String where = "transitions from '%s' by '%s'".formatted(text(each, "from"), text(each, "action"));
            if (transitions[from][action] != null) {
                throw new IllegalArgumentException("expected one entry of " + where + ", got two");
            }
            transitions[from][action] = numbers(each.path("to"), stateNames, where);
        }
        for (int state = 0; state < stateNames.size(); state++) {
            for (int action = 0; action < actionNames.size(); action++) {
                if (transitions[state][action] == null) {
                    throw new IllegalArgumentException("expected transitions from '%s' by '%s', got none"
                            .formatted(stateNames.get(state), actionNames.get(action)));
                }
            }
        }
        if (!json.path("horizon").isInt()) {
            throw new IllegalArgumentException("expected 'horizon', a number of steps, got " + json.path("horizon"));
        }
        FiniteProblem problem = new FiniteProblem(
                transitions,
                numbers(json.path("initial"), stateNames, "'initial'"),
                json.path("horizon").asInt());
        return new FiniteProblemFile(stateNames, actionNames, problem, visits(json, stateNames, problem));
    }

    private static double[] visits(JsonNode json, List<String> states, FiniteProblem problem) {
        if (json.has("visits") == json.has("trajectories")) {
            throw new IllegalArgumentException("expected either 'trajectories' or 'visits' of the expert, got "
                    + (json.has("visits") ? "both" : "neither"));
        }
        if (json.has("visits")) {
            return numbers(json.path("visits"), states, "'visits'");
        }
        List<int[]> trajectories = new ArrayList<>();
        for (JsonNode trajectory : json.path("trajectories")) {
            int[] visited = new int[trajectory.size()];
            for (int i = 0; i < visited.length; i++) {
                visited[i] = index(trajectory.get(i).asText(), states, "trajectory " + trajectories.size());
            }
            trajectories.add(visited);
        }
        if (trajectories.isEmpty()) {
            throw new IllegalArgumentException("expected at least one trajectory in 'trajectories', got none");
        }
        return problem.visits(trajectories);
    }

    private static double[] numbers(JsonNode named, List<String> states, String where) {
        double[] numbers = new double[states.size()];
        for (Map.Entry<String, JsonNode> each : named.properties()) {
            if (!each.getValue().isNumber()) {
                throw new IllegalArgumentException(
                        "expected a number of '%s' in %s, got %s".formatted(each.getKey(), where, each.getValue()));
            }
            numbers[index(each.getKey(), states, where)] = each.getValue().asDouble();
        }
        return numbers;
    }

    private static int index(String state, List<String> states, String where) {
        int index = states.indexOf(state);
        if (index < 0) {
            throw new IllegalArgumentException(
                    "expected a state that 'transitions' start from, got '%s' in %s".formatted(state, where));
        }
        return index;
    }

    private static String text(JsonNode of, String key) {
        if (!of.path(key).isTextual()) {
            throw new IllegalArgumentException(
                    "expected '%s', a text, in each of 'transitions', got %s".formatted(key, of));
        }
        return of.path(key).asText();
    }
}
