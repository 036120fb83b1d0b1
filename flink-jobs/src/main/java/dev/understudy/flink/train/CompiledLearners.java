package dev.understudy.flink.train;

import dev.understudy.domain.PolicySpec;
import dev.understudy.learn.Learner;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The learners that are compiled, by policy: they hold native memory, so there are only so many at once. */
final class CompiledLearners implements AutoCloseable {
    private final LearnerFactory factory;
    private final int most;
    private final Map<String, Learner> learners = new LinkedHashMap<>();

    CompiledLearners(LearnerFactory factory, int most) {
        this.factory = factory;
        this.most = most;
    }

    /**
     * Returns the learner of a policy, for which the oldest of those that are not busy makes room.
     *
     * @param busy the policies whose learners are at work
     */
    Learner of(String policy, PolicySpec<?> spec, Set<String> busy) {
        for (Iterator<Map.Entry<String, Learner>> oldest = learners.entrySet().iterator();
                !learners.containsKey(policy) && learners.size() >= most && oldest.hasNext(); ) {
            Map.Entry<String, Learner> other = oldest.next();
            if (!busy.contains(other.getKey())) {
                other.getValue().close();
                oldest.remove();
            }
        }
        return learners.computeIfAbsent(policy, any -> factory.create(spec));
    }

    @Override
    public void close() {
        learners.values().forEach(Learner::close);
        learners.clear();
    }
}
