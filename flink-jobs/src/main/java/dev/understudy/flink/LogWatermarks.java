package dev.understudy.flink;

import java.time.Duration;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;

/**
 * The watermark of one partition: the newest usable sample less the bound on lateness. Dead letters, and with them
 * records stamped in the future, do not move it.
 */
final class LogWatermarks implements WatermarkGenerator<DecodedLog> {
    private final long latenessMs;
    private long newestMs = Long.MIN_VALUE;
    private long emittedMs = Long.MIN_VALUE;

    LogWatermarks(Duration lateness) {
        latenessMs = lateness.toMillis();
    }

    /**
     * Returns the strategy for a source of logs; each partition has its own watermark, and a silent one holds up none.
     */
    static WatermarkStrategy<DecodedLog> strategy(LogReading reading) {
        Duration lateness = reading.lateness();
        return WatermarkStrategy.<DecodedLog>forGenerator(context -> new LogWatermarks(lateness))
                .withTimestampAssigner((log, recordMs) ->
                        log.sample() == null ? recordMs : log.sample().timeMs())
                .withIdleness(reading.idleness());
    }

    @Override
    public void onEvent(DecodedLog log, long timeMs, WatermarkOutput output) {
        if (log.sample() != null) {
            newestMs = Math.max(newestMs, timeMs);
        }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        if (newestMs > emittedMs) {
            emittedMs = newestMs;
            output.emitWatermark(new Watermark(newestMs - latenessMs - 1));
        }
    }
}
