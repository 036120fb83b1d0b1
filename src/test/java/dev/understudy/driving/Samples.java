package dev.understudy.driving;

import dev.understudy.domain.Actor;
import dev.understudy.domain.SampleCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Samples made for tests. */
final class Samples {
    /** Writes and reads all there is of a sample. */
    static final SampleCodec<FollowingSample> CODEC = new SampleCodec<>() {
        @Override
        public byte[] encode(FollowingSample sample) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeUTF(sample.vehicle());
                out.writeUTF(sample.trip());
                out.writeLong(sample.sequence());
                out.writeLong(sample.timeMs());
                out.writeUTF(sample.actor().name());
                out.writeUTF(sample.label());
                out.writeBoolean(sample.engaged());
                out.writeDouble(sample.speedMetersPerSecond());
                out.writeDouble(sample.gapMeters());
                out.writeDouble(sample.leaderSpeedMetersPerSecond());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteArray();
        }

        @Override
        public FollowingSample decode(byte[] bytes) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
                return new FollowingSample(
                        in.readUTF(),
                        in.readUTF(),
                        in.readLong(),
                        in.readLong(),
                        Actor.valueOf(in.readUTF()),
                        in.readUTF(),
                        in.readBoolean(),
                        in.readDouble(),
                        in.readDouble(),
                        in.readDouble());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private Samples() {}

    static FollowingSample at(long sequence, double speed, double gap, double leaderSpeed) {
        return at("trip", sequence, Actor.HUMAN, speed, gap, leaderSpeed);
    }

    static FollowingSample at(String trip, long sequence, Actor actor, double speed, double gap, double leaderSpeed) {
        return new FollowingSample(
                "car", trip, sequence, 1_000_000 + 100 * sequence, actor, "human", speed, gap, leaderSpeed);
    }

    /** Returns a car that follows steadily: at 10 m/s, 20 m behind 10 m/s. */
    static List<FollowingSample> steady(int count) {
        List<FollowingSample> samples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            samples.add(at(i, 10, 20, 10));
        }
        return samples;
    }

    /** Returns a car driven by a law behind a leader whose speed swings round 12 m/s. */
    static List<FollowingSample> driven(String trip, FollowingLaw law, int count, double swing) {
        List<FollowingSample> samples = new ArrayList<>();
        double speed = 12;
        double gap = 25;
        for (int i = 0; i < count; i++) {
            double leader = leader(i, swing);
            samples.add(at(trip, i, Actor.HUMAN, speed, gap, leader));
            double next = Math.max(0, speed + 0.1 * law.acceleration(speed, gap, leader));
            gap += 0.1 * (leader + leader(i + 1, swing) - speed - next) / 2;
            speed = next;
        }
        return samples;
    }

    private static double leader(int i, double swing) {
        return 12 + swing * Math.sin(i / 60.0);
    }
}
