package dev.understudy.learn.adversarial;

import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work done in slices of some milliseconds, so that whoever runs it can do other things in between, and written as if
 * it were not: first this, {@link #then} that. For one thread at a time.
 *
 * @param <T> what comes of it
 */
public interface Sliced<T> {
    /**
     * Does the next slice. Not to be called again once it returned false.
     *
     * @return whether there is more to do
     */
    boolean advance();

    /** Returns what came of it, once {@link #advance} has returned false. */
    T outcome();

    /** Does all that is left, and returns what came of it. */
    default T finish() {
        boolean more = true;
        while (more) {
            more = advance();
        }
        return outcome();
    }

    /** Returns work that is one slice. */
    static <T> Sliced<T> of(Supplier<T> work) {
        return new Sliced<>() {
            private @Nullable T done;

            @Override
            public boolean advance() {
                done = work.get();
                return false;
            }

            @Override
            public T outcome() {
                return required(done);
            }
        };
    }

    /** Returns this work and, after it, work that depends on its outcome; choosing that work takes a separate slice. */
    default <U> Sliced<U> then(Function<? super T, Sliced<U>> next) {
        Sliced<T> first = this;
        return new Sliced<>() {
            private boolean firstDone;
            private @Nullable Sliced<U> second;

            @Override
            public boolean advance() {
                Sliced<U> now = second;
                if (now != null) {
                    return now.advance();
                }
                if (firstDone) {
                    second = next.apply(first.outcome());
                } else {
                    firstDone = !first.advance();
                }
                return true;
            }

            @Override
            public U outcome() {
                return required(second).outcome();
            }
        };
    }

    /** Returns this work and, after it, one more slice on its outcome. */
    default <U> Sliced<U> thenOne(Function<? super T, U> last) {
        return then(outcome -> of(() -> last.apply(outcome)));
    }

    private static <T> T required(@Nullable T done) {
        if (done == null) {
            throw new IllegalStateException("expected the outcome of finished work, asked before its end");
        }
        return done;
    }
}
