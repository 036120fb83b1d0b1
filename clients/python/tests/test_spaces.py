"""Spaces, clocks and experts, without a broker."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from understudy_client import OutsideSpace, Spaces, SteppedClock, UnderstudyError, WallClock, WrongDimension
from understudy_client.controllers import SCRIPTED, OnnxController, cartpole, scripted
from understudy_client.episodes import Watch


class Shape(gymnasium.Env):
    """An environment that has spaces and nothing else."""

    def __init__(self, observations: spaces.Space, actions: spaces.Space):
        self.observation_space = observations
        self.action_space = actions


BOX = spaces.Box(-1.0, 1.0, (2, 2), np.float32)


def test_observations_are_flat_numbers():
    assert Spaces(Shape(BOX, spaces.Discrete(2))).observation(np.array([[1, 2], [3, 4]])) == [1, 2, 3, 4]
    assert Spaces(Shape(spaces.Discrete(3), BOX)).observation(1) == [0, 1, 0]


def test_a_choice_counts_from_0_whatever_the_environment_counts_from():
    choices = Spaces(Shape(BOX, spaces.Discrete(3, start=5)))
    assert choices.action([2.0]) == 7
    assert choices.numbers(7) == [2.0]


def test_a_box_takes_its_shape_and_gives_it_up():
    box = Spaces(Shape(BOX, BOX))
    assert box.action([0, 0.5, 1, -1]).tolist() == [[0, 0.5], [1, -1]]
    assert box.numbers(np.array([[0, 0.5], [1, -1]])) == [0, 0.5, 1, -1]


def test_what_is_no_action_is_refused_with_what_was_expected():
    choices, box = Spaces(Shape(BOX, spaces.Discrete(2))), Spaces(Shape(BOX, BOX))
    with pytest.raises(WrongDimension, match=r"expected an action of 1 numbers for Discrete\(2\), got 2"):
        choices.action([0, 0])
    with pytest.raises(OutsideSpace, match="one of 2 choices, got 2"):
        choices.action([2])
    with pytest.raises(OutsideSpace, match="got nan"):
        choices.action([float("nan")])
    with pytest.raises(WrongDimension):
        box.action([0])
    with pytest.raises(OutsideSpace):
        box.action([0, 0, 0, 1.5])
    with pytest.raises(OutsideSpace, match="expected actions of a Discrete or a Box space"):
        Spaces(Shape(BOX, spaces.MultiBinary(2)))


def test_time_rises_with_every_step():
    clock = WallClock()
    times = [clock.next_ms() for _ in range(1000)]
    assert all(a < b for a, b in zip(times, times[1:]))
    stepped = SteppedClock(100, 20)
    assert [stepped.next_ms() for _ in range(3)] == [100, 120, 140]


@pytest.mark.parametrize(
    ("name", "least"),
    [("CartPole-v1", 500), ("MountainCar-v0", -130), ("MountainCarContinuous-v0", 85), ("Acrobot-v1", -150)],
)
def test_the_scripted_controllers_solve_their_environments(name, least):
    env = gymnasium.make(name)
    convert = Spaces(env)
    returns = []
    for seed in range(20):
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            action = convert.action(scripted(name)(observation))
            observation, reward, terminated, truncated, _ = env.step(action)
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    assert min(returns) >= least, returns


def test_an_environment_without_a_scripted_controller_is_refused():
    with pytest.raises(UnderstudyError, match=f"{', '.join(SCRIPTED)}, got Pendulum-v1"):
        scripted("Pendulum-v1")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    file = tmp_path / "expert.onnx"
    file.write_bytes(b"no model")
    with pytest.raises(UnderstudyError, match="expected an ONNX model in .*expert.onnx"):
        OnnxController(file, 4)


def test_a_model_file_acts_as_its_numbers_say(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    # The scripted controller as a model: the larger of 0 and w * observation.
    weights = helper.make_tensor("w", TensorProto.FLOAT, [4, 2], [0, 0.1, 0, 0.3, 0, 2.0, 0, 0.7])
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["observation", "w"], ["logits"]),
            helper.make_node("ArgMax", ["logits"], ["action"], axis=1, keepdims=0),
        ],
        "cartpole",
        [helper.make_tensor_value_info("observation", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("action", TensorProto.INT64, ["batch"])],
        [weights],
    )
    file = tmp_path / "expert.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
    model = OnnxController(file, 4)
    for observation in np.random.default_rng(1).normal(size=(50, 4)):
        assert model(observation) == cartpole(observation)
    with pytest.raises(UnderstudyError, match="expected a model of 3 observation numbers"):
        OnnxController(file, 3)


def test_a_watch_is_read_and_refused():
    assert Watch.parse("2:0.1:0.03") == Watch(2, 0.1, 0.03)
    for text in ("2", "2:0.1:0.2", "-1:1:0", "x:1:0"):
        with pytest.raises(ValueError, match="got " + text):
            Watch.parse(text)
