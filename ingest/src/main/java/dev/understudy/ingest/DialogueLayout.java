package dev.understudy.ingest;

import com.fasterxml.jackson.databind.JsonNode;

/** How one layout says turns. Has the memory of one reading: make a new one for each. */
interface DialogueLayout {
    /**
     * Reads the object of one line.
     *
     * @throws BadRow if nothing of the line can be used
     */
    void read(JsonNode line, DialogueRows out) throws BadRow;
}
