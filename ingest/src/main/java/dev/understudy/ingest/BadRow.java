package dev.understudy.ingest;

import dev.understudy.ingest.Row.Problem;

/** A row that cannot be read; becomes a {@link Row.Bad} where its place is known. */
final class BadRow extends Exception {
    private static final long serialVersionUID = 1L;

    /** Column from 1; 0 for the row as a whole. */
    final int column;

    final Problem problem;

    BadRow(int column, Problem problem, String message) {
        super(message, null, false, false);
        this.column = column;
        this.problem = problem;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
