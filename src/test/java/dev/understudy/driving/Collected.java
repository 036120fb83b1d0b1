package dev.understudy.driving;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Keeps what an assembler puts out. */
final class Collected implements FollowingAssembler.Output {
    final List<LabelledStep> steps = new ArrayList<>();
    final List<FollowingSample> rejected = new ArrayList<>();
    final Map<RejectReason, Integer> reasons = new EnumMap<>(RejectReason.class);
    final List<FollowingSample> all = new ArrayList<>();

    @Override
    public void step(LabelledStep step) {
        steps.add(step);
        all.add(step.sample());
    }

    @Override
    public void rejected(FollowingSample sample, RejectReason reason) {
        rejected.add(sample);
        reasons.merge(reason, 1, Integer::sum);
        all.add(sample);
    }
}
