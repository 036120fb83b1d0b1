package dev.understudy.model;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** The part of a model that leads to some of its outputs. */
final class OutputSubset {
    private OutputSubset() {}

    /**
     * Returns a model with those outputs alone, and the same inputs.
     *
     * @throws InvalidModelException if the bytes are no model
     */
    static byte[] of(byte[] model, Set<String> outputs) {
        try {
            return of(ModelProto.parseFrom(model), outputs);
        } catch (InvalidProtocolBufferException e) {
            throw new InvalidModelException("expected an ONNX model: " + e.getMessage(), e);
        }
    }

    /** As {@link #of(byte[], Set)}. */
    static byte[] of(ModelProto whole, Set<String> outputs) {
        GraphProto graph = whole.getGraph();
        Set<String> needed = new HashSet<>(outputs);
        Deque<NodeProto> kept = new ArrayDeque<>();
        for (int i = graph.getNodeCount() - 1; i >= 0; i--) {
            NodeProto node = graph.getNode(i);
            if (node.getOutputList().stream().anyMatch(needed::contains)) {
                needed.addAll(node.getInputList());
                kept.addFirst(node);
            }
        }
        GraphProto.Builder part = graph.toBuilder()
                .clearNode()
                .addAllNode(kept)
                .clearOutput()
                .clearInitializer()
                .clearValueInfo();
        graph.getOutputList().stream()
                .filter(each -> outputs.contains(each.getName()))
                .forEach(part::addOutput);
        graph.getInitializerList().stream()
                .filter(each -> needed.contains(each.getName()))
                .forEach(part::addInitializer);
        return whole.toBuilder().setGraph(part).build().toByteArray();
    }
}
