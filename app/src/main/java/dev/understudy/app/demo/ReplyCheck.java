package dev.understudy.app.demo;

import dev.understudy.app.demo.Visitors.Exchange;
import dev.understudy.app.study.Talk;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Decision;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes replies again, each by the model that it names alone, from what was said and its seed. A reply that comes out
 * otherwise is not of one version.
 *
 * @param checked replies that were made again
 * @param mixed those of them that came out otherwise
 */
record ReplyCheck(long checked, long mixed) {
    /**
     * Checks the first reply of each version in each conversation, and of the others as many as are allowed, spread
     * evenly.
     *
     * @param models loads a model by its hash; it is closed here
     * @param most how many replies of each of the two kinds are made again
     */
    static ReplyCheck of(
            List<Exchange> exchanges, PolicySpec<Turn> spec, Function<String, ServedPolicy> models, int most) {
        Set<Exchange> chosen = chosen(exchanges, most);
        Map<String, ServedPolicy> policies = new HashMap<>();
        Map<String, Talk> talks = new LinkedHashMap<>();
        long checked = 0;
        long mixed = 0;
        try {
            for (Exchange exchange : exchanges) {
                Turn turn = exchange.asked();
                Decision decision = exchange.decided();
                Talk talk = talks.computeIfAbsent(turn.episode(), any -> new Talk(spec));
                if (decision.kind() == Decision.Kind.FALLBACK_INPUT || talk.hear(turn) != null) {
                    continue;
                }
                String replied = Objects.requireNonNullElse(decision.text(), "");
                if (chosen.contains(exchange)) {
                    ServedPolicy policy = policies.computeIfAbsent(decision.sha256(), models);
                    long seed = Objects.requireNonNullElse(decision.seed(), 0L);
                    checked++;
                    mixed += talk.reply(policy, turn, seed).equals(replied) ? 0 : 1;
                }
                talk.said(replied);
            }
        } finally {
            policies.values().forEach(ServedPolicy::close);
        }
        return new ReplyCheck(checked, mixed);
    }

    private static Set<Exchange> chosen(List<Exchange> exchanges, int most) {
        List<Exchange> byModels = exchanges.stream()
                .filter(exchange -> exchange.decided().kind() == Decision.Kind.POLICY)
                .toList();
        Set<Exchange> chosen = new HashSet<>();
        Map<String, String> before = new HashMap<>();
        for (Exchange exchange : byModels) {
            String sha256 = exchange.decided().sha256();
            if (!sha256.equals(before.put(exchange.asked().episode(), sha256)) && chosen.size() < most) {
                chosen.add(exchange);
            }
        }
        int step = Math.max(1, byModels.size() / most);
        for (int i = 0; i < byModels.size(); i += step) {
            chosen.add(byModels.get(i));
        }
        return chosen;
    }
}
