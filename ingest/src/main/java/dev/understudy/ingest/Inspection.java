package dev.understudy.ingest;

import java.util.List;

/** Books that are kept of rows while they are read. */
interface Inspection {
    /** Enters a row. */
    void read(Row row);

    /**
     * Closes the books.
     *
     * @param notes what a user should know of the source
     */
    LogInspection finish(List<String> notes);
}
