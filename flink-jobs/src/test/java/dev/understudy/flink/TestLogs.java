package dev.understudy.flink;

import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.HeldOut;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.SampleCodec;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.driving.IntelligentDriverModel;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.schemas.SampleCodecs;
import java.util.ArrayList;
import java.util.List;

/** Logs of a car that follows a leader by the intelligent driver model. */
public final class TestLogs {
    public static final long START_MS = 1_600_000_200_000L;

    /** How long after its time a sample is sent. */
    public static final long SENT_AFTER_MS = 30;

    private static final SampleCodec<FollowingSample> CODEC = SampleCodecs.of(FollowingSample.class);

    private TestLogs() {}

    /** Returns the sample of a record. */
    public static FollowingSample sample(LogRecord log) {
        return CODEC.decode(log.value());
    }

    /** Returns the samples of one trip, at 10 Hz. */
    public static List<FollowingSample> trip(String vehicle, String trip, long startMs, int samples) {
        IntelligentDriverModel driver = new IntelligentDriverModel(33, 1.2, 2, 1.2, 1.6);
        List<FollowingSample> log = new ArrayList<>(samples);
        double phase = Math.floorMod(trip.hashCode(), 100) / 16.0;
        double speed = 15;
        double gap = 22;
        double dt = CarFollowing.STEP_SECONDS;
        for (int i = 0; i < samples; i++) {
            double leader = leader(i * dt, phase);
            log.add(new FollowingSample(vehicle, trip, i, startMs + 100L * i, Actor.HUMAN, "test", speed, gap, leader));
            double acceleration = driver.acceleration(speed, gap, leader);
            double next = Math.max(0, speed + acceleration * dt);
            gap += dt * ((leader + leader((i + 1) * dt, phase)) / 2 - (speed + next) / 2);
            speed = next;
        }
        return log;
    }

    private static double leader(double seconds, double phase) {
        return 15 + 3 * Math.sin(seconds / 7 + phase) + 1.5 * Math.sin(seconds / 2.3 + phase);
    }

    /** Returns the n-th name of a trip that is, or is not, held out. */
    public static String tripName(boolean heldOut, int n, LogReading reading) {
        int found = 0;
        for (int i = 0; ; i++) {
            String name = "trip-" + i;
            if (HeldOut.isHeldOut(name, reading.heldOutPercent()) == heldOut && found++ == n) {
                return name;
            }
        }
    }

    /** Returns the record of a sample as a source gives it, sent soon after its own time. */
    public static LogRecord read(FollowingSample sample, int partition, long offset) {
        return read(sample, partition, offset, sample.timeMs() + SENT_AFTER_MS);
    }

    /** Returns the record of a sample that was sent at a time. */
    public static LogRecord read(FollowingSample sample, int partition, long offset, long sentMs) {
        return LogRecord.of(sample, CODEC.encode(sample), partition, offset, sentMs);
    }

    /** Returns the record of a sample whose turn comes before the watermark has reached it. */
    public static LogRecord log(FollowingSample sample, long offset) {
        return read(sample, 0, offset);
    }

    /** Returns the record of a sample whose turn comes at a watermark. */
    public static LogRecord log(FollowingSample sample, long offset, long watermarkMs) {
        return log(sample, offset).at(watermarkMs);
    }

    /** Returns the steps of one car's samples. */
    public static List<Step> steps(List<FollowingSample> samples) {
        List<Step> steps = new ArrayList<>();
        Assembler<FollowingSample> assembler = CarFollowing.assembler(Experts.DEFAULT);
        Assembler.Output<FollowingSample> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(FollowingSample sample, Refusal reason) {}
        };
        samples.forEach(sample -> assembler.offer(sample, out));
        assembler.end(out);
        return steps;
    }

    /** Returns a sample with another time. */
    public static FollowingSample at(FollowingSample sample, long timeMs) {
        return new FollowingSample(
                sample.vehicle(),
                sample.trip(),
                sample.sequence(),
                timeMs,
                sample.actor(),
                sample.label(),
                sample.speedMetersPerSecond(),
                sample.gapMeters(),
                sample.leaderSpeedMetersPerSecond());
    }

    /** Returns the steps of three trips in a window of a minute. */
    public static WindowBatch batch(int window) {
        return batch(window, CarFollowing.POLICY);
    }

    /** Returns the same for a policy. */
    public static WindowBatch batch(int window, String policy) {
        long startMs = START_MS + 60_000L * window;
        List<Step> steps = new ArrayList<>();
        for (int trip = 0; trip < 3; trip++) {
            steps.addAll(steps(trip("car" + trip, "trip" + window + trip, startMs, 600)));
        }
        return new WindowBatch(
                policy,
                startMs,
                startMs + 60_000,
                7,
                startMs,
                steps.size(),
                Steps.trajectories(steps, CarFollowing.STEP_MS),
                List.of("driving.logs.v1-0@0-1800"));
    }
}
