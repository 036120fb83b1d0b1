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
 * standard output: {@code READY}, then {@code ACCEPTED}, or {@code REJECTED} or {@code TOO_SLOW} with the length and
 * the text of the reason. It trusts who started it; who started it reads nothing from it but these.
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
                answer(check, bytes, sha256, out);
            }
        } catch (EOFException e) {
            return; // who started it is gone
        }
    }

    private static void answer(IntakeCheck check, byte[] bytes, String sha256, DataOutputStream out)
            throws IOException {
        IntakeOutcome outcome;
        try {
            outcome = check.check(bytes, sha256);
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            outcome = new IntakeOutcome.Rejected("the check failed: " + e, IntakeOutcome.Cause.FILE);
        }
        if (outcome instanceof IntakeOutcome.Accepted accepted) {
            accepted.policy().close();
            out.writeByte(CheckProcess.ACCEPTED);
        } else if (outcome instanceof IntakeOutcome.Rejected rejected) {
            byte[] text = rejected.reason().getBytes(StandardCharsets.UTF_8);
            byte[] written = Arrays.copyOf(text, Math.min(text.length, LONGEST_REASON));
            out.writeByte(rejected.cause() == IntakeOutcome.Cause.FILE ? CheckProcess.REJECTED : CheckProcess.TOO_SLOW);
            out.writeInt(written.length);
            out.write(written);
        }
    }
}
