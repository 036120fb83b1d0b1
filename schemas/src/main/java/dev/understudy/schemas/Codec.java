package dev.understudy.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * Turns records of one type into bytes and back: Avro's single-object encoding (C3 01, the CRC-64-AVRO fingerprint of
 * the writer's schema in little-endian order, the Avro body).
 *
 * <p>Bytes of the current schema are read field by field; bytes of an older released schema are first resolved to the
 * current one. Any number of threads may use a codec.
 *
 * @param <T> the record
 */
public final class Codec<T> {
    /** Marker and fingerprint. */
    static final int HEADER_BYTES = 10;

    private static final String FOLDER = "/dev/understudy/schemas/";
    private static final int MARKER_0 = 0xC3;
    private static final int MARKER_1 = 0x01;

    private final Form<T> form;
    private final Function<? super T, @Nullable String> check;
    private final Schema schema;
    private final long fingerprint;
    private final Map<Long, Schema> olderByFingerprint = new HashMap<>();
    private final ThreadLocal<Buffers> buffers = ThreadLocal.withInitial(Buffers::new);

    /**
     * A codec for the schema of this name in the module's resources, and for its released versions.
     *
     * @throws IllegalStateException if there is no such schema
     */
    Codec(String name, Form<T> form) {
        this(name, form, any -> null);
    }

    /** As above, and says of what came from a topic what is wrong with it, null if nothing is. */
    Codec(String name, Form<T> form, Function<? super T, @Nullable String> check) {
        this(load(FOLDER + name + ".avsc", name), released(name), form, check);
    }

    /** A codec that writes one schema and reads older ones too. */
    Codec(Schema schema, List<Schema> released, Form<T> form) {
        this(schema, released, form, any -> null);
    }

    private Codec(Schema schema, List<Schema> released, Form<T> form, Function<? super T, @Nullable String> check) {
        this.form = form;
        this.check = check;
        this.schema = schema;
        this.fingerprint = SchemaNormalization.parsingFingerprint64(schema);
        for (Schema older : released) {
            olderByFingerprint.put(SchemaNormalization.parsingFingerprint64(older), older);
        }
        olderByFingerprint.remove(fingerprint);
    }

    /** Every released version of a schema, the oldest first. A version's folder always holds a FollowingSample. */
    static List<Schema> released(String name) {
        List<Schema> schemas = new ArrayList<>();
        for (int version = 1; ; version++) {
            String folder = FOLDER + "released/v" + version + "/";
            Schema schema = loadIfPresent(folder + name + ".avsc");
            if (schema != null) {
                schemas.add(schema);
            } else if (loadIfPresent(folder + "FollowingSample.avsc") == null) {
                return schemas;
            }
        }
    }

    /** Returns a value as bytes. */
    public byte[] encode(T value) {
        Buffers b = buffers.get();
        b.out.reset();
        writeHeader(b.out);
        try {
            b.encoder = EncoderFactory.get().directBinaryEncoder(b.out, b.encoder);
            form.write(value, b.encoder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return b.out.toByteArray();
    }

    /**
     * Returns the value that bytes from a topic stand for.
     *
     * @throws UndecodableException if they stand for none: no single-object encoding, an unknown schema, cut off, with
     *     bytes to spare, or a field out of its bounds ({@link FieldRules})
     */
    public T decode(byte[] bytes) {
        T value = restore(bytes);
        String problem = check.apply(value);
        if (problem != null) {
            throw new UndecodableException(problem);
        }
        return value;
    }

    /**
     * Returns the value that bytes from a state stand for, which this program wrote and once checked.
     *
     * @throws UndecodableException if they stand for none
     */
    public T restore(byte[] bytes) {
        if (bytes.length < HEADER_BYTES || (bytes[0] & 0xFF) != MARKER_0 || (bytes[1] & 0xFF) != MARKER_1) {
            throw new UndecodableException("expected " + describe() + ", found " + start(bytes));
        }
        long found = 0;
        for (int i = HEADER_BYTES - 1; i >= 2; i--) {
            found = (found << 8) | (bytes[i] & 0xFF);
        }
        Buffers b = buffers.get();
        try {
            if (found == fingerprint) {
                return read(b, bytes, HEADER_BYTES);
            }
            Schema older = olderByFingerprint.get(found);
            if (older == null) {
                throw new UndecodableException(
                        "expected " + describe() + ", found the unknown schema fingerprint " + hex(found));
            }
            return read(b, resolve(b, bytes, older), 0);
        } catch (IOException | AvroRuntimeException | UnsupportedOperationException | IndexOutOfBoundsException e) {
            throw new UndecodableException(
                    "expected a body of " + schema.getFullName() + ", found " + (bytes.length - HEADER_BYTES)
                            + " bytes that are none: " + e.getMessage(),
                    e);
        }
    }

    /** The schema that {@link #encode} writes. */
    Schema schema() {
        return schema;
    }

    private T read(Buffers b, byte[] bytes, int offset) throws IOException {
        b.decoder = DecoderFactory.get().binaryDecoder(bytes, offset, bytes.length - offset, b.decoder);
        T value = form.read(b.decoder);
        if (!b.decoder.isEnd()) {
            throw new IOException(b.decoder.remainingBytes() + " bytes are left over");
        }
        return value;
    }

    /** Returns the body in the current schema. */
    private byte[] resolve(Buffers b, byte[] bytes, Schema older) throws IOException {
        b.decoder = DecoderFactory.get().binaryDecoder(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES, b.decoder);
        GenericRecord resolved = new GenericDatumReader<GenericRecord>(older, schema).read(null, b.decoder);
        if (!b.decoder.isEnd()) {
            throw new IOException(b.decoder.remainingBytes() + " bytes are left over");
        }
        b.out.reset();
        b.encoder = EncoderFactory.get().directBinaryEncoder(b.out, b.encoder);
        new GenericDatumWriter<GenericRecord>(schema, new GenericData()).write(resolved, b.encoder);
        return b.out.toByteArray();
    }

    private void writeHeader(Sink out) {
        out.write(MARKER_0);
        out.write(MARKER_1);
        for (int i = 0; i < 8; i++) {
            out.write((int) (fingerprint >>> (8 * i)));
        }
    }

    private String describe() {
        return schema.getFullName() + " in single-object encoding (c3 01, fingerprint " + hex(fingerprint)
                + (olderByFingerprint.isEmpty() ? "" : " or an older released one") + ")";
    }

    private static String start(byte[] bytes) {
        if (bytes.length == 0) {
            return "0 bytes";
        }
        int shown = Math.min(bytes.length, 12);
        return bytes.length + " bytes that begin " + HexFormat.ofDelimiter(" ").formatHex(bytes, 0, shown);
    }

    private static String hex(long fingerprint) {
        return HexFormat.of().toHexDigits(fingerprint);
    }

    static Schema load(String resource, String name) {
        Schema schema = loadIfPresent(resource);
        if (schema == null) {
            throw new IllegalStateException("expected a schema file " + resource + " for " + name + ", found none");
        }
        return schema;
    }

    private static @Nullable Schema loadIfPresent(String resource) {
        try (InputStream in = Codec.class.getResourceAsStream(resource)) {
            return in == null ? null : new Schema.Parser().parse(in);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + resource, e);
        }
    }

    private static final class Buffers {
        final Sink out = new Sink();

        @Nullable
        BinaryEncoder encoder;

        @Nullable
        BinaryDecoder decoder;
    }

    /** A growing array; unlike ByteArrayOutputStream it takes no lock per byte. */
    private static final class Sink extends OutputStream {
        private byte[] bytes = new byte[512];
        private int size;

        @Override
        public void write(int b) {
            ensure(1);
            bytes[size++] = (byte) b;
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            ensure(length);
            System.arraycopy(source, offset, bytes, size, length);
            size += length;
        }

        private void ensure(int more) {
            if (size + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
            }
        }

        void reset() {
            size = 0;
        }

        byte[] toByteArray() {
            return Arrays.copyOf(bytes, size);
        }
    }
}
