"""What the examples share: options, the environment, the client, the summary."""

import argparse
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium

from understudy_client.client import DecisionClient
from understudy_client.controllers import Controller, OnnxController, scripted
from understudy_client.episodes import Account, step_seconds
from understudy_client.errors import UnderstudyError
from understudy_client.spaces import Spaces

BY_ENVIRONMENT = -1.0


def parser(description: str, *, entity: str | None = None) -> argparse.ArgumentParser:
    """Returns a parser of the options that all examples have."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    options.add_argument("--env", default="CartPole-v1", metavar="ID", help="the Gymnasium environment")
    options.add_argument("--bootstrap-servers", default="localhost:9092", metavar="HOST:PORT", help="the Kafka cluster")
    options.add_argument("--episodes", type=_count, default=20, metavar="N", help="how many episodes to play")
    options.add_argument("--seed", type=int, metavar="N", help="makes the episodes the same each time")
    options.add_argument(
        "--entity",
        default=entity or f"{socket.gethostname()}-gym",
        metavar="NAME",
        help="who acts: the key of all records; each client that runs needs its own",
    )
    options.add_argument(
        "--label", metavar="WORD", help="says which policy each record is for; by default the name of the environment"
    )
    options.add_argument(
        "--pace",
        type=float,
        nargs="?",
        const=BY_ENVIRONMENT,
        default=0.0,
        metavar="SECONDS",
        help="time between steps; alone: that of the environment; 0: as fast as answers come",
    )
    options.add_argument("--timeout-seconds", type=float, default=5.0, metavar="N", help="how long to wait for an answer")
    options.add_argument("--domain", default="control", metavar="NAME", help="prefix of the topics")
    return options


def add_expert(options: argparse.ArgumentParser) -> None:
    """Adds the choice of an expert."""
    options.add_argument(
        "--onnx", type=Path, metavar="FILE", help="the expert is this model; by default the scripted controller of the environment"
    )


def expert(options: argparse.Namespace, env: gymnasium.Env) -> Controller:
    """Returns the expert that was chosen."""
    spaces = Spaces(env)
    if options.onnx is None:
        return scripted(options.env)
    model = OnnxController(options.onnx, spaces.observation_size)
    return lambda observation: model(spaces.observation(observation))


def pace_seconds(options: argparse.Namespace, env: gymnasium.Env) -> float:
    """Returns the least time between steps, seconds."""
    return step_seconds(env) if options.pace == BY_ENVIRONMENT else max(0.0, options.pace)


def environment(name: str) -> gymnasium.Env:
    """Returns an environment; raises UnderstudyError if there is none of that name."""
    try:
        return gymnasium.make(name)
    except gymnasium.error.Error as error:
        raise UnderstudyError(f"expected a Gymnasium environment, got {name}: {error}") from error


def client(options: argparse.Namespace, **more: Any) -> DecisionClient:
    """Returns the client that the options describe."""
    return DecisionClient(
        options.bootstrap_servers,
        options.entity,
        domain=options.domain,
        label=options.env if options.label is None else options.label,
        timeout_s=options.timeout_seconds,
        **more,
    )


def run(work: Callable[[Account], dict[str, Any]]) -> int:
    """Runs an example and prints its summary as JSON; Ctrl-C ends it and prints what there is so far."""
    account = Account()
    try:
        more = work(account)
    except KeyboardInterrupt:
        more = {"interrupted": True}
    except UnderstudyError as error:
        print(f"{Path(sys.argv[0]).name}: {error}", file=sys.stderr)
        return 1
    print(json.dumps({**more, **account.summary()}, indent=2))
    return 0


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, got {count}")
    return count
