package dev.understudy.graph;

import java.util.Map;

/** Runs a graph once in a test. */
final class Evaluation {
    private Evaluation() {}

    /** Returns the value of a tensor. */
    static float[] of(Tensor tensor, Map<String, float[]> inputs) {
        Feeds feeds = new Feeds();
        try (Program program =
                Program.builder(tensor.graph()).output("value", tensor).build()) {
            inputs.forEach((name, values) -> {
                if (program.inputNames().contains(name)) {
                    feeds.floats(name, values);
                }
            });
            try (Result result = program.run(feeds)) {
                return result.floats("value");
            }
        }
    }
}
