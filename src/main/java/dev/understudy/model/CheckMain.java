package dev.understudy.model;

import dev.understudy.data.Texts;
import dev.understudy.graph.OnnxRuntime;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The program of a {@link CheckProcess}. It reads checks and files from standard input, and writes what it found to
 * standard output: {@code READY}, then {@code ACCEPTED}, or {@code REJECTED} with the length and the text of the
 * reason. It trusts who started it; who started it reads nothing from it but these.
 */
final class CheckMain {
    private static final int LONGEST_REASON = 8_000;

    private CheckMain() {}

    /** Answers until standard input ends. */
    public static void main(String[] arguments) throws IOException, ClassNotFoundException {
        DataOutputStream out = new DataOutputStream(new FileOutputStream(FileDescriptor.out));
        System.setOut(System.err);
        OnnxRuntime.environment();
        out.writeByte(CheckProcess.READY);
        DataInputStream in = new DataInputStream(new BufferedInputStream(System.in));
        try {
            while (true) {
                IntakeCheck check = (IntakeCheck)
                        new ObjectInputStream(new ByteArrayInputStream(in.readNBytes(in.readInt()))).readObject();
                String sha256 = Texts.read(in);
                byte[] bytes = in.readNBytes(in.readInt());
                write(out, reason(check, bytes, sha256));
            }
        } catch (EOFException e) {
            return; // who started it is gone
        }
    }

    private static String reason(IntakeCheck check, byte[] bytes, String sha256) {
        try {
            return check.check(bytes, sha256)
                    .fold(
                            accepted -> {
                                accepted.policy().close();
                                return "";
                            },
                            rejected -> rejected.reason().isEmpty() ? "no reason" : rejected.reason());
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            return "the check failed: " + e;
        }
    }

    private static void write(DataOutputStream out, String reason) throws IOException {
        if (reason.isEmpty()) {
            out.writeByte(CheckProcess.ACCEPTED);
            return;
        }
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        byte[] written = Arrays.copyOf(text, Math.min(text.length, LONGEST_REASON));
        out.writeByte(CheckProcess.REJECTED);
        out.writeInt(written.length);
        out.write(written);
    }
}
