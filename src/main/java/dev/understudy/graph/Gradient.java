package dev.understudy.graph;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Symbolic reverse-mode differentiation: the gradient of a loss is built as more operators of the same graph, so it can
 * be differentiated again. The gradient of (gradient · v) is a Hessian-vector product: Pearlmutter (1994), "Fast exact
 * multiplication by the Hessian".
 */
public final class Gradient {
    private final Graph graph;
    private final boolean[] relevant;
    private final @Nullable Tensor[] gradients;

    private Gradient(Graph graph) {
        this.graph = graph;
        this.relevant = new boolean[graph.tensors()];
        this.gradients = new Tensor[graph.tensors()];
    }

    /**
     * Returns the gradients of a loss, each in the shape of what it is taken with respect to; zeros where the loss does
     * not depend on it. Takes time linear in the size of the graph.
     *
     * @param scalarLoss a float tensor of one element
     * @param withRespectTo float tensors: inputs, or anything in between
     * @throws IllegalArgumentException if the loss is not a float tensor of one element, or a tensor is not float
     */
    public static List<Tensor> of(Tensor scalarLoss, List<Tensor> withRespectTo) {
        if (scalarLoss.type() != ElementType.FLOAT
                || !scalarLoss.shape().isKnown()
                || scalarLoss.shape().size() != 1) {
            throw new IllegalArgumentException("Gradient: expected a FLOAT loss of one element, got %s %s"
                    .formatted(scalarLoss.type(), scalarLoss.shape()));
        }
        for (Tensor tensor : withRespectTo) {
            if (tensor.type() != ElementType.FLOAT || tensor.graph() != scalarLoss.graph()) {
                throw new IllegalArgumentException(
                        "Gradient: expected FLOAT tensors of the loss's graph to differentiate by, got " + tensor);
            }
        }
        return new Gradient(scalarLoss.graph()).differentiate(scalarLoss, withRespectTo);
    }

    private List<Tensor> differentiate(Tensor loss, List<Tensor> withRespectTo) {
        List<Node> nodes = List.copyOf(graph.nodes());
        markRelevant(nodes, withRespectTo);
        gradients[loss.id()] = Layouts.expand(graph.constant(1), loss.shape());
        Node last = loss.node();
        for (int i = last == null ? -1 : last.id(); i >= 0; i--) {
            propagate(nodes.get(i));
        }
        List<Tensor> result = new ArrayList<>();
        for (Tensor tensor : withRespectTo) {
            Tensor gradient = gradients[tensor.id()];
            result.add(gradient == null ? Layouts.zerosLike(tensor) : gradient);
        }
        return result;
    }

    /** Marks what depends on the tensors of interest through differentiable operators. */
    private void markRelevant(List<Node> nodes, List<Tensor> withRespectTo) {
        for (Tensor tensor : withRespectTo) {
            relevant[tensor.id()] = true;
        }
        for (Node node : nodes) {
            if (node.operator().derivative() != null
                    && node.inputs().stream().anyMatch(input -> relevant[input.id()])) {
                node.outputs().forEach(output -> relevant[output.id()] = output.type() == ElementType.FLOAT);
            }
        }
    }

    private void propagate(Node node) {
        Operator.Derivative derivative = node.operator().derivative();
        List<@Nullable Tensor> outputs = new ArrayList<>(node.outputs().size());
        boolean any = false;
        for (Tensor output : node.outputs()) {
            Tensor gradient = gradients[output.id()];
            outputs.add(gradient);
            any |= gradient != null;
        }
        if (derivative == null || !any) {
            return;
        }
        for (int i = 0; i < node.inputs().size(); i++) {
            Tensor input = node.input(i);
            if (!relevant[input.id()]) {
                continue;
            }
            Tensor more = derivative.of(node, i, outputs);
            if (more == null) {
                continue;
            }
            Tensor before = gradients[input.id()];
            gradients[input.id()] = before == null ? more : before.add(more);
        }
    }
}
