package dev.understudy.app.console;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Turns Ctrl-C and a request to terminate into an orderly stop. A shutdown hook would not do: ONNX Runtime frees its
 * memory in another hook, at the same time.
 *
 * <p>{@code sun.misc.Signal} is the JDK's only way to hear of a signal, and it is reached by reflection because naming
 * it is a warning that cannot be turned off.
 */
public final class Interrupts {
    private static final int INTERRUPTED = 130;

    private Interrupts() {}

    /** Calls {@code stop} at the first signal; the second ends the process at once. */
    public static void onFirst(Runnable stop) {
        AtomicBoolean stopping = new AtomicBoolean();
        Runnable handler = () -> {
            if (stopping.compareAndSet(false, true)) {
                Thread thread = new Thread(stop, "interrupt");
                thread.setDaemon(true);
                thread.start();
            } else {
                Runtime.getRuntime().halt(INTERRUPTED);
            }
        };
        for (String name : List.of("INT", "TERM")) {
            handle(name, handler);
        }
    }

    private static void handle(String name, Runnable handler) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> type = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    type.getClassLoader(), new Class<?>[] {type}, (self, method, given) -> switch (method.getName()) {
                        case "handle" -> {
                            handler.run();
                            yield null;
                        }
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> self == given[0];
                        default -> "interrupt";
                    });
            signal.getMethod("handle", signal, type)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException e) {
            // Then the signal ends the process at once, as it would without this class.
            org.slf4j.LoggerFactory.getLogger(Interrupts.class).debug("cannot handle {}", name, e);
        }
    }
}
