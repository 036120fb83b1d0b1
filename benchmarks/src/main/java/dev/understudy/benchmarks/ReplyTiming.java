package dev.understudy.benchmarks;

import dev.understudy.learn.sequence.TokenSequence;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.model.AutoregressivePolicy.Prompt;
import dev.understudy.model.Decoding;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** How long replies of twenty tokens take, alone and many at once, each to the whole conversation before it. */
final class ReplyTiming {
    private static final int REPLY_TOKENS = 20;

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

    /** Times batches of that many; the first quarter of the rounds is left out. */
    private Times time(int batch, int rounds) {
        List<Double> wall = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            List<Prompt> some = new ArrayList<>();
            for (int i = 0; i < batch; i++) {
                some.add(prompts.get((round * batch + i) % prompts.size()));
            }
            long begun = System.nanoTime();
            long cpuBegun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            policy.reply(some, decoding);
            if (round >= rounds / 4) {
                cpu.add((ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpuBegun) / 1e6);
                wall.add((System.nanoTime() - begun) / 1e6);
            }
        }
        return new Times(wall, cpu);
    }

    /** Times both. */
    Map<String, Object> run(int atOnce) {
        Times alone = time(1, 8 * atOnce);
        Times together = time(atOnce, 16);
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
        figures.put(
                "repliesPerSecondRatio",
                atOnce
                        * Spread.of(alone.cpu()).median()
                        / Spread.of(together.cpu()).median());
        return figures;
    }
}
