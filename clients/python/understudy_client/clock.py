"""Where the event time of steps comes from. Time rises with every step, so that no step is taken for another."""

import time


class WallClock:
    """The time it is, and at least one millisecond more than the step before."""

    def __init__(self):
        self._last_ms = 0

    def next_ms(self) -> int:
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        return self._last_ms


class SteppedClock:
    """A time that moves on by the same amount with each step, however fast the steps come."""

    def __init__(self, start_ms: int, step_ms: int):
        if step_ms < 1:
            raise ValueError(f"expected a step of at least 1 ms, got {step_ms}")
        self._next_ms = start_ms
        self._step_ms = step_ms

    def next_ms(self) -> int:
        now = self._next_ms
        self._next_ms += self._step_ms
        return now
