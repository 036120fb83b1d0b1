package dev.understudy.graph;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A compiled graph: outputs as functions of inputs, and state that each run replaces for the next. State stays in
 * native memory between runs: two buffers take turns as input and output, and nothing is copied.
 *
 * <p>Inputs are state, or set once by {@link #setInput}, or fed to each {@link #run}. With one thread the same program
 * fed the same values gives the same bits. Not thread-safe; close it when done.
 */
public final class Program implements AutoCloseable {
    /** Address space for the stack of a compilation; only what is used becomes memory. */
    private static final long COMPILE_STACK_BYTES = 256L << 20;

    private static final String NEXT = "next.";

    private final OrtSession session;
    private final Map<String, Tensor> inputs;
    private final Map<String, State> states;
    private final Map<String, State> statesByInput = new HashMap<>();
    private final Map<String, Slot> slots = new HashMap<>();
    private final Map<String, Slot> outputs;
    private final Set<String> dynamicOutputs;
    private final Set<String> fixed = new LinkedHashSet<>();
    private final Map<String, OnnxTensor> operands = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
    private long runs;
    private boolean closed;

    /** The two buffers of a state, which take turns. */
    private static final class State {
        private final String input;
        private Slot current;
        private Slot next;

        State(Tensor input) {
            this.input = input.name();
            current = new Slot(input.name(), ElementType.FLOAT, input.shape());
            next = new Slot(input.name(), ElementType.FLOAT, input.shape());
        }

        void swap() {
            Slot before = current;
            current = next;
            next = before;
        }
    }

    private Program(
            OrtSession session,
            Map<String, Tensor> inputs,
            Map<String, State> states,
            Map<String, Slot> outputs,
            Set<String> dynamicOutputs) {
        this.session = session;
        this.inputs = inputs;
        this.states = states;
        states.values().forEach(state -> statesByInput.put(state.input, state));
        this.outputs = outputs;
        this.dynamicOutputs = dynamicOutputs;
    }

    /** Returns a builder of a program over a graph. */
    public static Builder builder(Graph graph) {
        return new Builder(graph);
    }

    /** Collects what a program computes. */
    public static final class Builder {
        private final Graph graph;
        private final Map<String, Tensor> outputs = new LinkedHashMap<>();
        private final Map<String, Tensor> nexts = new LinkedHashMap<>();
        private final Map<String, Tensor> stateInputs = new LinkedHashMap<>();
        private int threads = 1;

        private Builder(Graph graph) {
            this.graph = graph;
        }

        /** Adds an output to be read from each {@link Result}. */
        public Builder output(String name, Tensor tensor) {
            if (outputs.put(name, tensor) != null) {
                throw new IllegalArgumentException("expected a new output name, got " + name + " again");
            }
            return this;
        }

        /**
         * Makes an input a state: after each run the value of {@code next} is its value in the next run. It starts as
         * zeros.
         *
         * @param name what {@link Program#state} calls it
         * @param input a FLOAT input of known shape
         * @param next of the same shape
         */
        public Builder state(String name, Tensor input, Tensor next) {
            boolean fits = input.equals(graph.input(input.name()))
                    && input.type() == ElementType.FLOAT
                    && next.type() == ElementType.FLOAT
                    && input.shape().isKnown()
                    && input.shape().equals(next.shape());
            if (!fits || nexts.containsKey(name)) {
                throw new IllegalArgumentException(
                        "state %s: expected a new name, a FLOAT input of known shape and a tensor of the same shape, got %s and %s"
                                .formatted(name, input, next));
            }
            nexts.put(name, next);
            stateInputs.put(name, input);
            return this;
        }

        /** Sets the number of threads inside an operator; 1 unless said otherwise. */
        public Builder threads(int count) {
            if (count < 1) {
                throw new IllegalArgumentException("expected at least 1 thread, got " + count);
            }
            threads = count;
            return this;
        }

        /** Compiles the program. */
        public Program build() {
            Map<String, Tensor> all = new LinkedHashMap<>(outputs);
            nexts.forEach((name, next) -> all.put(NEXT + name, next));
            try {
                return open(graph.toModel(all));
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime refused the program: " + e.getMessage(), e);
            }
        }

        private Program open(byte[] model) throws OrtException {
            OrtSession session;
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(threads);
                options.setInterOpNumThreads(1);
                options.addConfigEntry("session.intra_op.allow_spinning", "0");
                options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
                options.setDeterministicCompute(true);
                session = createSession(model, options);
            }
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            for (Tensor input : graph.inputs()) {
                if (session.getInputNames().contains(input.name())) {
                    inputs.put(input.name(), input);
                }
            }
            Map<String, State> states = new LinkedHashMap<>();
            stateInputs.forEach((name, input) -> states.put(name, new State(input)));
            Map<String, Slot> slots = new LinkedHashMap<>();
            Set<String> dynamic = new LinkedHashSet<>();
            outputs.forEach((name, tensor) -> {
                if (tensor.shape().isKnown() && tensor.type() != ElementType.BOOL) {
                    slots.put(name, new Slot(name, tensor.type(), tensor.shape()));
                } else {
                    dynamic.add(name);
                }
            });
            return new Program(session, inputs, states, slots, dynamic);
        }
    }

    /**
     * Sets a state.
     *
     * @throws IllegalArgumentException if there is no such state or it has another size
     */
    public void setState(String name, float[] values) {
        requireState(name).current.put(values);
    }

    /** Returns a copy of a state as the last run left it. */
    public float[] state(String name) {
        return requireState(name).current.floats();
    }

    /**
     * Sets an input for all runs to come, until set again: a whole window, say, from which the graph gathers batches.
     *
     * @param shape must match the declared shape; only the batch may differ
     */
    public void setInput(String name, float[] values, Shape shape) {
        setFixed(name, values, shape);
    }

    /** As {@link #setInput(String, float[], Shape)}, of whole numbers from 0 to 255. */
    public void setInput(String name, byte[] values, Shape shape) {
        setFixed(name, values, shape);
    }

    /** As {@link #setInput(String, float[], Shape)}, of integers. */
    public void setInput(String name, long[] values, Shape shape) {
        setFixed(name, values, shape);
    }

    /** Returns the names of the inputs that lead to an output, states among them, in the order they were added. */
    public Set<String> inputNames() {
        return Collections.unmodifiableSet(inputs.keySet());
    }

    /** Runs once with no inputs but state and what was set. */
    public Result run() {
        return run(new Feeds());
    }

    /**
     * Runs once. The states then hold what the run computed for them.
     *
     * @throws IllegalArgumentException if an input is missing, unknown or of the wrong size
     */
    public Result run(Feeds feeds) {
        requireOpen();
        collect(feeds);
        for (Map.Entry<String, Slot> output : outputs.entrySet()) {
            pinned.put(output.getKey(), output.getValue().reserve());
        }
        for (Map.Entry<String, State> state : states.entrySet()) {
            pinned.put(NEXT + state.getKey(), state.getValue().next.reserve());
        }
        try {
            OrtSession.Result natives = session.run(operands, dynamicOutputs, pinned);
            states.values().forEach(State::swap);
            runs++;
            return new Result(this, runs, outputs, natives);
        } catch (OrtException e) {
            throw new IllegalStateException("ONNX Runtime failed to run the program: " + e.getMessage(), e);
        }
    }

    /** Frees the native memory. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        slots.values().forEach(Slot::close);
        outputs.values().forEach(Slot::close);
        for (State state : states.values()) {
            state.current.close();
            state.next.close();
        }
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("could not close the program's session", e);
        }
    }

    void requireCurrent(long run) {
        requireOpen();
        if (run != runs) {
            throw new IllegalStateException("expected to be read before the program's next run, was read after it");
        }
    }

    private void collect(Feeds feeds) {
        operands.clear();
        feeds.values().forEach((name, values) -> {
            if (inputs.containsKey(name) && !statesByInput.containsKey(name)) {
                operands.put(
                        name,
                        values instanceof OnnxTensor tensor
                                ? tensor
                                : slot(name).put(values));
                fixed.remove(name);
            } else if (!inputs.containsKey(name)) {
                throw new IllegalArgumentException("expected inputs among %s, got %s".formatted(inputs.keySet(), name));
            } else {
                throw new IllegalArgumentException(name + " is a state: expected it set by setState, not fed");
            }
        });
        List<String> missing = new ArrayList<>();
        for (String name : inputs.keySet()) {
            State state = statesByInput.get(name);
            if (state != null) {
                operands.put(name, state.current.reserve());
            } else if (fixed.contains(name)) {
                operands.put(name, slot(name).filled());
            } else if (!operands.containsKey(name)) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    "expected inputs %s, got no values for %s".formatted(inputs.keySet(), missing));
        }
    }

    private void setFixed(String name, Object values, Shape shape) {
        requireOpen();
        Tensor input = inputs.get(name);
        boolean fits = input != null
                && shape.isKnown()
                && shape.rank() == input.shape().rank()
                && (shape.equals(input.shape())
                        || (!input.shape().isKnown()
                                && shape.with(0, Shape.UNKNOWN).equals(input.shape())));
        if (!fits || statesByInput.containsKey(name)) {
            throw new IllegalArgumentException("setInput %s %s: expected an input among %s, got %s"
                    .formatted(name, shape, inputs.values(), input));
        }
        slot(name).put(values);
        fixed.add(name);
    }

    private Slot slot(String name) {
        return slots.computeIfAbsent(name, key -> {
            Tensor input = Objects.requireNonNull(inputs.get(key));
            return new Slot(key, input.type(), input.shape());
        });
    }

    private State requireState(String name) {
        requireOpen();
        State state = states.get(name);
        if (state == null) {
            throw new IllegalArgumentException("expected a state among %s, got %s".formatted(states.keySet(), name));
        }
        return state;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the program is closed");
        }
    }

    /**
     * Compiles a model on a separate thread: ONNX Runtime walks the graph recursively, and a drive of twenty steps with
     * its gradient is deeper than the 1 MB stack of an ordinary thread, whose overflow ends the JVM (8 MB suffice).
     */
    private static OrtSession createSession(byte[] model, OrtSession.SessionOptions options) throws OrtException {
        FutureTask<OrtSession> compilation =
                new FutureTask<>(() -> OnnxRuntime.environment().createSession(model, options));
        Thread thread = new Thread(null, compilation, "compile program", COMPILE_STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return compilation.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof OrtException cause) {
                        throw cause;
                    }
                    throw new IllegalStateException("the program did not compile: " + e.getCause(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
