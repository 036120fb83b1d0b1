package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reply is given to: the newest turns of a conversation that fit, as one row of bytes.
 *
 * <pre>
 * | turns so far (2 bytes, big-endian) | head, UTF-8 text | head, UTF-8 text | ... | 0 0 0 |
 * </pre>
 *
 * <p>A head says whose side a turn is on (1 to 3), and 4 more where it is a demonstration. No text holds bytes below 9.
 * If a conversation is longer than a row, its oldest turns are left out; of a turn that is longer, its beginning is.
 */
final class DialogueContext {
    /** Length of a row. */
    static final int BYTES = 1024;

    private static final int FROM = 2;
    private static final int MOST_TURNS = 0xFFFF;
    private static final int DEMONSTRATION = 4;

    private final byte[] row = new byte[BYTES];
    private int length = FROM;

    /**
     * A turn of a context.
     *
     * @param isDemonstration whether it is to be imitated
     */
    record Said(Role role, boolean isDemonstration, String text) {}

    /** Forgets everything. */
    void clear() {
        Arrays.fill(row, (byte) 0);
        length = FROM;
    }

    /** Adds the newest turn; its text must have passed {@link TurnCheck}. */
    void add(Role role, boolean isDemonstration, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int from = Math.max(0, bytes.length - (BYTES - FROM - 1));
        while (from > 0 && from < bytes.length && (bytes[from] & 0xC0) == 0x80) {
            from++;
        }
        int added = 1 + bytes.length - from;
        makeRoom(added);
        row[length] = (byte) (role.code() + (isDemonstration ? DEMONSTRATION : 0));
        System.arraycopy(bytes, from, row, length + 1, added - 1);
        length += added;
        int turns = Math.min(MOST_TURNS, turns(row, 0) + 1);
        row[0] = (byte) (turns >> 8);
        row[1] = (byte) turns;
    }

    private void makeRoom(int needed) {
        int from = FROM;
        while (length - from + FROM + needed > BYTES) {
            from = endOfTurn(row, from, length);
        }
        System.arraycopy(row, from, row, FROM, length - from);
        length -= from - FROM;
        Arrays.fill(row, length, BYTES, (byte) 0);
    }

    /** Returns where the turn ends that begins at a place. */
    private static int endOfTurn(byte[] bytes, int from, int end) {
        int at = from + 1;
        while (at < end && !isHead(bytes[at]) && bytes[at] != 0) {
            at++;
        }
        return at;
    }

    private static @Nullable Role role(byte head) {
        return Role.ofCode(head & ~DEMONSTRATION);
    }

    private static boolean isHead(byte value) {
        return role(value) != null;
    }

    /** Returns rows that were given as numbers. */
    static ByteRows bytes(float[] observations, int rows) {
        byte[] values = new byte[rows * BYTES];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) observations[i];
        }
        return new ByteRows(rows, BYTES, values);
    }

    /** Copies the row to others. */
    void copyTo(ByteRows rows, int at) {
        System.arraycopy(row, 0, rows.values(), at * BYTES, BYTES);
    }

    /** Returns as many bytes of the row as are used. */
    byte[] used() {
        return Arrays.copyOf(row, length);
    }

    /** Reads what {@link #used} gave; anything else is an empty context. */
    void read(byte[] used) {
        clear();
        if (used.length >= FROM && used.length <= BYTES && (used.length == FROM || isHead(used[FROM]))) {
            System.arraycopy(used, 0, row, 0, used.length);
            length = used.length;
        }
    }

    /** Returns how many turns a conversation had at a row, those that were left out included. */
    static int turns(byte[] rows, int row) {
        return (rows[row * BYTES] & 0xFF) << 8 | (rows[row * BYTES + 1] & 0xFF);
    }

    /** Returns the turns of a row, the oldest first; none if the row is no context. */
    static List<Said> said(byte[] rows, int row) {
        List<Said> said = new ArrayList<>();
        int end = (row + 1) * BYTES;
        int at = row * BYTES + FROM;
        for (Role role = role(rows[at]); role != null; role = at < end ? role(rows[at]) : null) {
            int next = endOfTurn(rows, at, end);
            said.add(new Said(
                    role,
                    (rows[at] & DEMONSTRATION) != 0,
                    new String(rows, at + 1, next - at - 1, StandardCharsets.UTF_8)));
            at = next;
        }
        return said;
    }

    /** Returns whose turn it is after a context. */
    static Role replying(List<Said> said) {
        return said.isEmpty()
                ? Role.ASSISTANT
                : replying(said.get(said.size() - 1).role());
    }

    /** Returns whose turn it is after one of that role. */
    static Role replying(Role last) {
        return last == Role.ASSISTANT ? Role.USER : Role.ASSISTANT;
    }
}
