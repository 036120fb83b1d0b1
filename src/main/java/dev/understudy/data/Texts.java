package dev.understudy.data;

import java.io.ByteArrayInputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * How texts of any length are written into saved states. Those of less than 64 KiB are as {@link DataOutput#writeUTF}
 * writes them, so that states of earlier releases are read; a longer one, at which that would fail, is the mark
 * {@code FF FF}, its number of bytes and its bytes in UTF-8.
 */
public final class Texts {
    private static final int MARK = 0xFFFF;
    private static final int MOST_BYTES_OF_A_CHARACTER = 3;

    private Texts() {}

    /** Writes a text. */
    public static void write(String text, DataOutput out) throws IOException {
        if (text.length() * (long) MOST_BYTES_OF_A_CHARACTER < MARK) {
            out.writeUTF(text);
            return;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(MARK);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    /** Reads what {@link #write} or {@link DataOutput#writeUTF} wrote. */
    public static String read(DataInput in) throws IOException {
        int length = in.readUnsignedShort();
        if (length == MARK) {
            byte[] utf8 = new byte[in.readInt()];
            in.readFully(utf8);
            return new String(utf8, StandardCharsets.UTF_8);
        }
        byte[] framed = new byte[Short.BYTES + length];
        in.readFully(framed, Short.BYTES, length);
        for (int i = Short.BYTES; i < framed.length; i++) {
            if (framed[i] <= 0) {
                ByteBuffer.wrap(framed).putShort((short) length);
                return DataInputStream.readUTF(new DataInputStream(new ByteArrayInputStream(framed)));
            }
        }
        return new String(framed, Short.BYTES, length, StandardCharsets.US_ASCII);
    }
}
