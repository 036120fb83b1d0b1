package dev.understudy.dialogue;

import dev.understudy.data.Rows;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Refusal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What {@link DialogueFeaturiser} remembers, for a policy that says acts: those are no turn. What was said is a turn
 * once it is logged.
 */
record ActsFeaturiser(DialogueFeaturiser turns) implements Featuriser<Turn> {
    @Override
    public @Nullable Refusal observe(Turn turn, boolean expert, Rows target, int row, Featuriser.Steps<Turn> steps) {
        return turns.observe(turn, expert, target, row, steps);
    }

    @Override
    public @Nullable Refusal observeAgain(Turn turn, boolean expert, Rows target, int row) {
        return turns.observeAgain(turn, expert, target, row);
    }

    @Override
    public void begin() {
        turns.begin();
    }

    @Override
    public int bytes() {
        return turns.bytes();
    }

    @Override
    public void write(ByteBuffer out) {
        turns.write(out);
    }
}
