package dev.understudy.graph;

/**
 * The loss of choosing among many: -log softmax(h E')[target] for each row h, in nats, where each choice is a row of E.
 *
 * <p>Written out as operators, its gradient would read and write the {@code [n, choices]} matrix of logits five times
 * more. With p = softmax(h E'), it is dh = p E - E[target] and dE = p' h - (h at the rows of the targets), so here p is
 * taken as constant and h (p E - E[target]) is differentiated in place of the loss: the same gradient, two products.
 * Only the first derivative is right.
 */
public final class SoftmaxLoss {
    /** Smallest probability whose logarithm is taken: e to -87 is the least that a normal float holds. */
    private static final float LEAST = 1.2e-38f;

    private SoftmaxLoss() {}

    /**
     * Returns the loss of each row, {@code [n]}, with its gradient.
     *
     * @param rows h, {@code [n, k]}; its last column may be ones, then the last column of the choices is a bias
     * @param choices E, {@code [choices, k]}
     * @param targets INT64 {@code [n]}, each from 0 to choices - 1
     */
    public static Tensor of(Tensor rows, Tensor choices, Tensor targets) {
        Tensor logits = logits(rows.stopGradient(), choices.stopGradient());
        Tensor probabilities = logits.softmax(1);
        Tensor value =
                at(probabilities, targets).max(rows.graph().constant(LEAST)).log();
        Tensor direction = probabilities.matMul(choices).sub(choices.gather(0, targets));
        Tensor sameGradient = rows.mul(direction).sum(1);
        return sameGradient.sub(sameGradient.stopGradient()).sub(value);
    }

    /** Returns the loss of each row, {@code [n]}, as {@link #of}, however small a probability; without gradient. */
    public static Tensor valueOf(Tensor rows, Tensor choices, Tensor targets) {
        return at(logits(rows.stopGradient(), choices.stopGradient()).logSoftmax(1), targets)
                .neg();
    }

    /** Returns h E', {@code [n, choices]}. */
    public static Tensor logits(Tensor rows, Tensor choices) {
        return Products.gemm(rows, choices, null, false, true);
    }

    /** Returns the element of each row that is named for it, {@code [n]}. */
    private static Tensor at(Tensor matrix, Tensor columns) {
        long n = matrix.shape().dim(0);
        long width = matrix.shape().dim(1);
        if (columns.type() != ElementType.INT64 || !columns.shape().equals(Shape.of(n))) {
            throw new IllegalArgumentException("SoftmaxLoss: expected INT64 targets [%d], got %s %s"
                    .formatted(n, columns.type(), columns.shape()));
        }
        long[] starts = new long[Math.toIntExact(n)];
        for (int row = 0; row < starts.length; row++) {
            starts[row] = row * width;
        }
        Tensor places = columns.add(matrix.graph().vector(starts));
        return matrix.reshape(Shape.of(n * width)).gather(0, places);
    }
}
