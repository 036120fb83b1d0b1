package dev.understudy.benchmarks;

import dev.understudy.learn.sequence.TokenSequence;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.model.AutoregressivePolicy.Prompt;
import dev.understudy.model.Decoding;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How long replies of twenty tokens take, alone and many at once, each to the whole conversation before it. */
final class ReplyTiming {
    private static final int REPLY_TOKENS = 20;
    private static final int ROUNDS = 24;

    private final AutoregressivePolicy policy;
    private final List<Prompt> prompts = new ArrayList<>();
    private final Decoding decoding;

    /**
     * Makes it.
     *
     * @param contextTokens tokens before a reply, at most
     * @param temperature 0 for the likeliest tokens
     */
    ReplyTiming(AutoregressivePolicy policy, List<TokenSequence> conversations, int contextTokens, double temperature) {
        this.policy = policy;
        this.decoding = new Decoding(temperature, 0.9, 3, REPLY_TOKENS, Set.of());
        for (TokenSequence each : conversations) {
            int length = Math.min(contextTokens, each.tokens().length);
            prompts.add(new Prompt(Arrays.copyOf(each.tokens(), length), null, prompts.size()));
        }
    }

    /** Milliseconds a batch, by the clock and of CPU. */
    private record Times(List<Double> wall, List<Double> cpu) {
        Map<String, Object> toJson() {
            return Map.of(
                    "wall", Spread.of(wall).toJson(), "cpu", Spread.of(cpu).toJson());
        }
    }

    private int asked;

    /** Times one batch. */
    private void time(int batch, Times times) {
        List<Prompt> some = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            some.add(prompts.get(asked++ % prompts.size()));
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begun = System.nanoTime();
        long cpuBegun = threads.getCurrentThreadCpuTime();
        policy.reply(some, decoding);
        times.cpu.add((threads.getCurrentThreadCpuTime() - cpuBegun) / 1e6);
        times.wall.add((System.nanoTime() - begun) / 1e6);
    }

    /** Times both, in turns, so that what else the machine does slows both; the first quarter is left out. */
    Map<String, Object> run(int atOnce) {
        Times alone = new Times(new ArrayList<>(), new ArrayList<>());
        Times together = new Times(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round < ROUNDS; round++) {
            if (round == ROUNDS / 4) {
                List.of(alone, together).forEach(each -> {
                    each.wall.clear();
                    each.cpu.clear();
                });
            }
            for (int i = 0; i < atOnce / 2; i++) {
                time(1, alone);
            }
            time(atOnce, together);
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put(
                "contextTokensMean",
                prompts.stream()
                        .mapToInt(prompt -> prompt.tokens().length)
                        .average()
                        .orElse(0));
        figures.put("atOnce", atOnce);
        figures.put("millisAlone", alone.toJson());
        figures.put("millisTogether", together.toJson());
        figures.put("repliesPerSecondRatio", atOnce * ratio(alone.wall(), together.wall()));
        figures.put("repliesPerCpuSecondRatio", atOnce * ratio(alone.cpu(), together.cpu()));
        return figures;
    }

    private static double ratio(List<Double> above, List<Double> below) {
        return Spread.of(above).median() / Spread.of(below).median();
    }
}
