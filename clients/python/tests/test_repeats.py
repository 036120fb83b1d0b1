"""The example of docs/operations.md on decisions that come again."""

from pathlib import Path
from types import SimpleNamespace

OPERATIONS = Path(__file__).parents[3] / "docs/operations.md"


def example() -> str:
    lines = OPERATIONS.read_text().split("### Decisions that come again")[1].splitlines()
    code = [line[4:] for line in lines if line.startswith("    ") or not line]
    return "\n".join(code).split("for message in consumer")[0]


def test_a_decision_that_comes_again_is_told_by_its_entity_episode_and_sequence():
    names: dict = {}
    exec(example(), names)

    def is_new(episode: str, sequence: int) -> bool:
        return names["is_new"](SimpleNamespace(entity="car", episode=episode, sequence=sequence))

    assert [is_new("first", i) for i in (0, 1, 1, 0, 2)] == [True, True, False, False, True]
    assert [is_new("second", i) for i in (0, 0)] == [True, False]
