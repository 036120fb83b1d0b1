"""A Kafka broker for the tests: the project's own, started by `./understudy broker`."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def broker():
    """Returns the address of a running broker that has all topics."""
    given = os.environ.get("UNDERSTUDY_TEST_BOOTSTRAP_SERVERS")
    if given:
        yield given
        return
    process = subprocess.Popen(
        [str(PROJECT / "understudy"), "broker", "--port", "0", "--topics-partitions", "3", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "UNDERSTUDY_HEAP": "512m"},
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.strip() == "}":
                break
        else:
            error = process.stderr.read()
            if "expected a JDK" in error:
                pytest.skip(f"no broker to test against: {error.strip()}")
            pytest.fail(f"./understudy broker gave up: {error[-2000:]}")
        yield json.loads("".join(lines))["bootstrapServers"]
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
