package dev.understudy.schemas;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/**
 * Which promotion of a policy counts. An operator and the gate may choose the same epoch at the same time, and whoever
 * can write a topic can send an old record again; neither may undo a rollback. So the greater one counts: the higher
 * epoch; of one epoch that of the operator, then the one that was decided later; of two that do not differ in any of
 * these, the later in the topic. The same rule holds in every program.
 *
 * @param epoch of the promotion
 * @param by whose signature it asks for
 * @param decidedAtMs wall clock of the decision, milliseconds since 1970
 */
public record Precedence(long epoch, Role by, long decidedAtMs) implements Comparable<Precedence> {
    /** That of no promotion: any gives it up. */
    public static final Precedence NONE = new Precedence(0, Role.GATE, Long.MIN_VALUE);

    private static final Comparator<Precedence> ORDER = Comparator.comparingLong(Precedence::epoch)
            .thenComparing(Precedence::by) // the operator after the gate
            .thenComparingLong(Precedence::decidedAtMs);

    /** Returns that of a promotion. */
    public static Precedence of(Promotion promotion) {
        return new Precedence(promotion.epoch(), promotion.decidedBy(), promotion.decidedAtMs());
    }

    /** Returns whether a promotion that comes after this one in the topic takes its place. */
    public boolean givesWayTo(Promotion next) {
        return compareTo(of(next)) <= 0;
    }

    /**
     * Returns the one that counts among the promotions of a policy, refusals left out; empty if there is none.
     *
     * @param verdicts in the order of their topic
     */
    public static Optional<Promotion> inForce(Collection<Promotion> verdicts) {
        return verdicts.stream()
                .filter(Promotion::promoted)
                .reduce((one, next) -> of(one).givesWayTo(next) ? next : one);
    }

    @Override
    public int compareTo(Precedence other) {
        return ORDER.compare(this, other);
    }
}
