package dev.understudy.app.commands;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Table;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Update;
import dev.understudy.learn.inverse.FiniteProblem;
import dev.understudy.learn.inverse.MaximumCausalEntropy;
import dev.understudy.learn.inverse.SoftPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code train mce}: the reward of each state of a finite problem, from a file to a file. */
final class FiniteStudy {
    private final List<Path> files;
    private final Path out;
    private final int iterations;

    /**
     * Prepares a run.
     *
     * @param files the one {@link FiniteProblemFile}
     * @param out the JSON file to write
     * @param iterations at most; 0 for the learner's own number
     */
    FiniteStudy(List<Path> files, Path out, int iterations) {
        if (files.size() != 1) {
            throw new BadSettingsException(
                    List.of("demos: expected one JSON file of a finite problem for mce, found " + files));
        }
        this.files = files;
        this.out = out;
        this.iterations = iterations;
    }

    int run(Console console) throws IOException {
        LogFiles.requireExisting(files);
        FiniteProblemFile file = FiniteProblemFile.read(files.get(0));
        FiniteProblem problem = file.problem();
        MaximumCausalEntropy.Config defaults = MaximumCausalEntropy.Config.defaults();
        MaximumCausalEntropy learner = new MaximumCausalEntropy(
                problem,
                new MaximumCausalEntropy.Config(
                        iterations == 0 ? defaults.iterations() : iterations, defaults.tolerance()));
        Update update;
        try {
            update = learner.begin(learner.initialState(), file.expertVisits());
        } catch (IllegalArgumentException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()));
        }
        while (update.step()) {
            console.status("learning %3.0f %%".formatted(100 * update.progress()));
        }
        double[] reward = learner.reward(update.state());
        SoftPolicy policy = learner.policy(reward);
        Map<String, Object> written = new LinkedHashMap<>();
        written.put("algorithm", Algorithms.MCE);
        written.putAll(update.report().figures());
        written.put("reward", named(file.states(), reward));
        written.put("expertVisits", named(file.states(), file.expertVisits()));
        written.put("visits", named(file.states(), problem.visits(policy)));
        written.put("policy", policy(file, policy));
        Files.writeString(
                out, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(written) + "\n");
        Map<String, Object> told = new LinkedHashMap<>(written);
        told.remove("policy");
        told.put("written", out.toString());
        console.result(told, () -> "Wrote %s: the reward of each state, nats, known up to shaping.%n%s"
                .formatted(out, Table.ofFigures(named(file.states(), reward))));
        return 0;
    }

    private static Map<String, Object> named(List<String> states, double[] numbers) {
        Map<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < numbers.length; i++) {
            named.put(states.get(i), numbers[i]);
        }
        return named;
    }

    /** Returns how likely each action is in each state, by time. */
    private static List<Map<String, Object>> policy(FiniteProblemFile file, SoftPolicy policy) {
        List<Map<String, Object>> times = new ArrayList<>();
        int actions = file.actions().size();
        for (int time = 0; time < file.problem().horizon(); time++) {
            Map<String, Object> states = new LinkedHashMap<>();
            for (int state = 0; state < file.states().size(); state++) {
                double[] probabilities = new double[actions];
                for (int action = 0; action < actions; action++) {
                    probabilities[action] = policy.probability(time, state * actions + action);
                }
                states.put(file.states().get(state), named(file.actions(), probabilities));
            }
            times.add(states);
        }
        return times;
    }
}
