package dev.understudy.schemas;

import java.io.IOException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;

/**
 * The fields of a record in the order of its current schema.
 *
 * @param <T> the record
 */
interface Form<T> {
    void write(T value, BinaryEncoder out) throws IOException;

    T read(BinaryDecoder in) throws IOException;
}
