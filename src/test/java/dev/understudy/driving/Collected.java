package dev.understudy.driving;

import dev.understudy.domain.Assembler;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps what an assembler puts out. */
final class Collected implements Assembler.Output<FollowingSample> {
    final List<Step> steps = new ArrayList<>();
    final Map<Refusal, Integer> reasons = new HashMap<>();
    /** Episode and sequence of all that came out. */
    final List<String> all = new ArrayList<>();

    static String name(FollowingSample sample) {
        return sample.trip() + " " + sample.sequence();
    }

    @Override
    public void step(Step step) {
        steps.add(step);
        all.add(step.episode() + " " + step.sequence());
    }

    @Override
    public void rejected(FollowingSample sample, Refusal reason) {
        reasons.merge(reason, 1, Integer::sum);
        all.add(name(sample));
    }
}
