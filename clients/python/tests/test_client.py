"""The client against a real broker, with a responder in serving's place."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import gymnasium
import pytest
from confluent_kafka import Producer
from responder import Responder, decision, logs

from understudy_client import (
    Actor,
    DecisionClient,
    End,
    NoBroker,
    NoDecision,
    NoTopic,
    RefusedObservation,
    UnknownPolicy,
    WrongDimension,
)
from understudy_client.controllers import cartpole
from understudy_client.episodes import TakeOver, Watch, by_decisions, play
from understudy_client.records import PROMOTIONS

EXAMPLES = Path(__file__).parents[1] / "examples"


def expert(step):
    return [decision(step, action=cartpole(step.observation))]


def example(name, broker, *options):
    command = [sys.executable, str(EXAMPLES / name), "--bootstrap-servers", broker, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_no_broker_is_told_with_its_address():
    with pytest.raises(NoBroker, match="expected a Kafka cluster at 127.0.0.1:1, found none within 1 s"):
        DecisionClient("127.0.0.1:1", "nobody", timeout_s=1)


def test_a_missing_topic_is_told_with_its_name(broker):
    with pytest.raises(NoTopic, match="expected the topic nothing.logs.v1 .* doctor --create"):
        DecisionClient(broker, "nobody", domain="nothing")


def test_a_good_policy_balances_the_pole_and_every_step_is_logged_once(broker):
    with Responder(broker, expert) as responder, DecisionClient(broker, "balancer") as client:
        account = play(gymnasium.make("CartPole-v1"), client, by_decisions(client), episodes=2, seed=1)
    assert account.returns == [500, 500]
    summary = account.summary()
    assert summary["stepsByActor"] == {"POLICY": 1000}
    assert summary["decisions"] == {"POLICY": 1000}
    assert 0 < summary["latencyMs"]["p50"] <= summary["latencyMs"]["p99"]
    steps = logs(broker, "balancer")
    assert [s.sequence for s in steps] == list(range(500)) * 2
    assert len({s.episode for s in steps}) == 2
    assert [s.end for s in steps if s.end is not End.NONE] == [End.TRUNCATED] * 2
    assert all(s.actor is Actor.POLICY and s.reward == 1 and not s.engaged for s in steps)
    assert all(a.time_ms < b.time_ms for a, b in zip(steps, steps[1:]))
    assert [(s.episode, s.sequence, s.time_ms, s.observation) for s in responder.seen] == [
        (s.episode, s.sequence, s.time_ms, s.observation) for s in steps
    ]


def test_no_decision_in_time_is_told_and_waiting_again_sends_nothing_twice(broker):
    held, release = [], threading.Event()

    def answer(step):
        held.append(step)
        assert release.wait(30)
        return expert(step)

    with Responder(broker, answer) as responder, DecisionClient(broker, "waiter", timeout_s=0.5) as client:
        client.begin_episode()
        with pytest.raises(NoDecision, match=r"expected a decision on step 0 of waiter/.* within 0.5 s, found none"):
            client.decide([0.0] * 4)
        client.timeout_s = 20
        release.set()
        assert client.decide([0.0] * 4).sequence == 0
    assert len(responder.seen) == 1


def test_a_decision_on_a_step_that_is_over_is_not_taken_for_the_next(broker):
    def answer(step):
        if step.sequence == 0:
            return []
        late = decision(step, sequence=0, action=[0.0])
        return [late, decision(step, action=[1.0]), decision(step, action=[1.0])]

    with Responder(broker, answer), DecisionClient(broker, "late", timeout_s=0.5) as client:
        client.begin_episode()
        with pytest.raises(NoDecision):
            client.decide([0.0] * 4)
        client.log([0.0] * 4, [0.0], 1.0, actor=Actor.ASSISTANCE)
        client.timeout_s = 20
        assert client.decide([0.0] * 4).action == [1.0]
        client.log([0.0] * 4, [1.0], 1.0, actor=Actor.POLICY)
        assert client.decide([0.0] * 4).sequence == 2
        assert client.late_decisions >= 2


def test_an_action_of_another_dimension_is_refused(broker):
    with (
        Responder(broker, lambda step: [decision(step, action=[0.0, 1.0])]),
        DecisionClient(broker, "wide") as client,
        pytest.raises(WrongDimension, match=r"expected an action of 1 numbers for Discrete\(2\), got 2"),
    ):
        play(gymnasium.make("CartPole-v1"), client, by_decisions(client), episodes=1)


def test_an_observation_that_serving_refuses_is_told_with_its_reason(broker):
    def refuse(step):
        return [decision(step, kind="FALLBACK_INPUT", reason="expected 4 observation numbers, got 2")]

    with (
        Responder(broker, refuse),
        DecisionClient(broker, "narrow") as client,
        pytest.raises(RefusedObservation, match="refused step 0 of .*: expected 4 observation numbers, got 2"),
    ):
        client.begin_episode()
        client.decide([0.0, 0.0])


def test_an_unknown_policy_is_told_with_those_there_are(broker):
    producer = Producer({"bootstrap.servers": broker})
    for epoch in (1, 2):
        promotion = {
            "policy": "control/cartpole-v1",
            "epoch": epoch,
            "sha256": "ab" * 32,
            "effectiveFromMs": 0,
            "previousSha256": "",
            "reason": "test",
            "promoted": True,
            "candidateId": "",
            "evidence": {},
            "decidedAtMs": 0,
        }
        producer.produce("models.promotions.v1", PROMOTIONS.encode(promotion), key="control/cartpole-v1")
    producer.flush(10)
    with DecisionClient(broker, "stranger", policy="control/cartpole-v1") as client:
        assert client.promoted_policies() == {"control/cartpole-v1": 2}
        client.check_policy()
    with DecisionClient(broker, "stranger", policy="control/nothing") as client:
        with pytest.raises(UnknownPolicy, match="policy control/nothing at .*, found control/cartpole-v1"):
            client.check_policy()
        with Responder(broker, expert):
            client.begin_episode()
            with pytest.raises(UnknownPolicy, match="expected decisions of policy control/nothing for stranger"):
                client.decide([0.0] * 4)


def test_a_client_that_comes_back_begins_another_episode_or_goes_on_without_duplicates(broker):
    with DecisionClient(broker, "returner") as client:
        stopped = client.begin_episode()
        for _ in range(3):
            client.log([0.0], [1.0], 1.0, actor=Actor.HUMAN)
        next_step = client.sequence
    with DecisionClient(broker, "returner") as client:
        client.begin_episode(stopped, next_step)
        client.log([0.0], [1.0], 1.0, End.TERMINATED, actor=Actor.HUMAN)
        assert client.begin_episode() != stopped
        client.log([0.0], [1.0], 1.0, actor=Actor.HUMAN)
    steps = logs(broker, "returner")
    assert [s.sequence for s in steps] == [0, 1, 2, 3, 0]
    assert [s.episode == stopped for s in steps] == [True] * 4 + [False]


def test_an_expert_takes_over_while_the_pole_leans_and_its_steps_are_corrections(broker):
    def bad(step):
        return [decision(step, action=[1.0])]  # always to the right

    with Responder(broker, bad) as responder, DecisionClient(broker, "learner") as client:
        choose = TakeOver(client, cartpole, [Watch(2, 0.1, 0.03), Watch(3, 1.0, 0.3), Watch(0, 1.0, 0.5)])
        account = play(gymnasium.make("CartPole-v1"), client, choose, episodes=1, seed=3)
    assert account.returns == [500]
    assert choose.takeovers > 5
    steps = logs(broker, "learner")
    assert len(steps) == 500
    assert {(s.actor, s.engaged) for s in steps} == {(Actor.POLICY, False), (Actor.HUMAN, True)}
    corrections = [s for s in steps if s.engaged]
    assert all(s.action == cartpole(s.observation) for s in corrections)
    begun = sum(b.engaged and not a.engaged for a, b in zip(steps, steps[1:])) + steps[0].engaged
    assert begun == choose.takeovers
    assert [(s.actor, s.engaged) for s in responder.seen] == [(s.actor, s.engaged) for s in steps]


def test_the_examples_run_as_the_readme_says(broker):
    recorded = example("record_expert.py", broker, "--episodes", "2", "--seed", "1", "--entity", "recorder")
    assert recorded.returncode == 0, recorded.stderr
    assert json.loads(recorded.stdout)["meanReturn"] == 500
    steps = logs(broker, "recorder")
    assert len(steps) == 1000
    assert {(s.actor, s.engaged) for s in steps} == {(Actor.HUMAN, False)}
    assert {b.time_ms - a.time_ms for a, b in zip(steps, steps[1:])} == {20}
    with Responder(broker, expert):
        acted = example("gymnasium_client.py", broker, "--episodes", "1", "--seed", "1")
        assert acted.returncode == 0, acted.stderr
        assert json.loads(acted.stdout)["meanReturn"] == 500
        assert json.loads(acted.stdout)["latencyMs"]["p99"] > 0
        corrected = example("take_over.py", broker, "--episodes", "1", "--seed", "1", "--watch", "2:0.2:0.1")
        assert corrected.returncode == 0, corrected.stderr
        assert json.loads(corrected.stdout)["takeoversPer1000Steps"] == 0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("gymnasium_client.py", ["--env", "Nothing-v0"], "expected a Gymnasium environment, got Nothing-v0"),
        ("record_expert.py", ["--env", "Pendulum-v1"], "got Pendulum-v1; --onnx takes a model file"),
        ("take_over.py", ["--watch", "4:1:0"], "one of the 4 numbers of CartPole-v1, from 0, got 4"),
    ],
)
def test_the_examples_say_what_is_wrong(broker, name, options, message):
    ran = example(name, broker, *options)
    assert ran.returncode == 1
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
