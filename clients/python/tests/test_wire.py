"""Records as bytes, without a broker."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from understudy_client import Actor, End, Step, WireError
from understudy_client.records import DECISIONS, STEPS, Decision
from understudy_client.wire import Codec, schema_folder

CLIENT = Path(__file__).parents[1]
PROJECT = CLIENT.parents[1]
SCHEMAS = PROJECT / "schemas/src/main/resources/dev/understudy/schemas"
GOLDEN = PROJECT / "schemas/src/test/resources/dev/understudy/schemas/golden/ControlStep.hex"

STEP = Step(
    "cartpole-1",
    "cartpole-1/é",
    499,
    1_570_000_000_123,
    Actor.HUMAN,
    [0.125, -1.0, 0.0625, 3.5],
    "lean",
    True,
    [1.0],
    -0.5,
    End.TRUNCATED,
)


def test_the_bytes_are_those_that_java_writes_and_reads():
    golden = bytes.fromhex(GOLDEN.read_text().strip())
    assert STEP.to_bytes() == golden
    assert Step.of_bytes(golden) == STEP


def test_a_live_step_has_neither_action_nor_reward():
    live = Step("c", "e", 0, 1, Actor.POLICY, [1.0])
    assert Step.of_bytes(live.to_bytes()) == live
    assert STEPS.decode(live.to_bytes())["action"] is None


def test_the_schemas_are_the_projects_own_files():
    assert schema_folder() == SCHEMAS


def test_a_wheel_takes_the_projects_schemas_along(tmp_path):
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(tmp_path)]
    subprocess.run([*pip, str(CLIENT)], check=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        prefix = "understudy_client/schemas/"
        packed = {n.removeprefix(prefix): wheel.read(n) for n in wheel.namelist() if n.startswith(prefix)}
    assert packed == {str(f.relative_to(SCHEMAS)): f.read_bytes() for f in SCHEMAS.rglob("*") if f.is_file()}


def test_what_is_no_record_is_refused_with_what_was_found():
    with pytest.raises(WireError, match=r"expected dev.understudy.ControlStep .* found 8 bytes that begin 7b 22"):
        Step.of_bytes(b'{"a": 1}')
    with pytest.raises(WireError, match="unknown schema fingerprint 0000"):
        Step.of_bytes(b"\xc3\x01" + bytes(20))
    for length in range(len(STEP.to_bytes())):
        with pytest.raises(WireError):
            Step.of_bytes(STEP.to_bytes()[:length])
    with pytest.raises(WireError, match="1 bytes too many"):
        Step.of_bytes(STEP.to_bytes() + b"\0")


def test_released_versions_are_read_by_the_names_they_were_written_with():
    released = json.loads((SCHEMAS / "released/v1/Decision.avsc").read_text())
    names = [field["name"] for field in released["fields"]]
    assert "vehicle" in names or "entity" in names
    assert len(DECISIONS._readers) >= 1
    with pytest.raises(FileNotFoundError):
        Codec("Nothing")


def test_a_decision_is_read_with_entity_and_episode_under_either_name():
    from responder import decision

    read = Decision.of_bytes(decision(STEP, action=[1.0], kind="FALLBACK_NO_MODEL"))
    assert (read.entity, read.episode, read.sequence) == ("cartpole-1", "cartpole-1/é", 499)
    assert (read.action, read.kind) == ([1.0], "FALLBACK_NO_MODEL")
