package dev.understudy.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;

/** One application of an operator. Nodes are numbered as they are made, so that number is a topological order. */
final class Node {
    private final int id;
    private final Operator operator;
    private final List<Tensor> inputs;
    private final SortedMap<String, Object> attributes;
    private final List<Tensor> outputs = new ArrayList<>(1);

    Node(int id, Operator operator, List<Tensor> inputs, SortedMap<String, Object> attributes) {
        this.id = id;
        this.operator = operator;
        this.inputs = List.copyOf(inputs);
        this.attributes = Collections.unmodifiableSortedMap(attributes);
    }

    int id() {
        return id;
    }

    Operator operator() {
        return operator;
    }

    List<Tensor> inputs() {
        return inputs;
    }

    Tensor input(int i) {
        return inputs.get(i);
    }

    /** Values are Long, String or a List of Long. */
    SortedMap<String, Object> attributes() {
        return attributes;
    }

    /** Returns whether an attribute is a 1. */
    boolean flag(String attribute) {
        return Long.valueOf(1).equals(attributes.get(attribute));
    }

    long number(String attribute) {
        return (Long) attributes.getOrDefault(attribute, 0L);
    }

    /** Filled by the graph that makes the node, and by nobody else. */
    List<Tensor> outputs() {
        return outputs;
    }

    /** Returns the first output. */
    Tensor output() {
        return outputs.get(0);
    }
}
