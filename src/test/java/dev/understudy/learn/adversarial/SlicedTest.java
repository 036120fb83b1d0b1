package dev.understudy.learn.adversarial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlicedTest {
    @Test
    void doesOneThingAfterAnotherASliceAtATime() {
        List<String> done = new ArrayList<>();
        Sliced<Integer> work = Sliced.of(() -> noted(done, "first", 1))
                .then(one -> {
                    int two = noted(done, "between", one + 1);
                    return Sliced.of(() -> noted(done, "second", two + 1));
                })
                .thenOne(three -> noted(done, "last", three + 1));
        List<Integer> doneAfterSlice = new ArrayList<>();
        boolean more = true;
        while (more) {
            more = work.advance();
            doneAfterSlice.add(done.size());
        }
        assertThat(done).containsExactly("first", "between", "second", "last");
        assertThat(doneAfterSlice).containsExactly(1, 2, 3, 3, 4);
        assertThat(work.outcome()).isEqualTo(4);
    }

    @Test
    void finishDoesWhatIsLeft() {
        Sliced<Integer> work = Sliced.of(() -> 1).thenOne(one -> one + 1);
        work.advance();
        assertThat(work.finish()).isEqualTo(2);
    }

    @Test
    void hasNoOutcomeBeforeItsEnd() {
        Sliced<Integer> work = Sliced.of(() -> 1).thenOne(one -> one + 1);
        work.advance();
        assertThatThrownBy(work::outcome).hasMessage("expected the outcome of finished work, asked before its end");
    }

    private static int noted(List<String> done, String what, int value) {
        done.add(what);
        return value;
    }
}
