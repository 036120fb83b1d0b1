"""GAIL by HumanCompatibleAI's imitation with stable-baselines3's PPO: time until CartPole is imitated.

Settings are those of the library's own GAIL tutorial (release 1.0.1), tasks and demonstrations those of
`understudy bench gail-time`. The policy practises in seals' CartPole, which never ends early, as the library recommends
(--horizon fixed), or in Gymnasium's (--horizon early); it is evaluated, by its deterministic action, in Gymnasium's
CartPole of 200 steps in either case. The clocks stand still while it is evaluated, and start after the imports.

Prints one JSON object to standard output, everything else to standard error.
"""

import argparse
import contextlib
import csv
import gzip
import json
import sys
import time

BEGUN = time.perf_counter()

import gymnasium as gym
import numpy as np
import seals  # noqa: F401 (registers its environments)
import torch
from gymnasium.wrappers import TimeLimit
from imitation.algorithms.adversarial.gail import GAIL
from imitation.data.types import Trajectory
from imitation.rewards.reward_nets import BasicRewardNet
from imitation.util import logger as imitation_logger
from imitation.util.networks import RunningNorm
from imitation.util.util import make_vec_env
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv
from stable_baselines3.ppo import MlpPolicy

STEPS = 200
OBSERVATION = ["x", "x_dot", "theta", "theta_dot"]
STABLE_RETURN = 195.0
STABLE_EVALUATIONS = 3


class Reached(Exception):
    """The return is stable: nothing more to learn."""


class Clock:
    """Seconds of wall and CPU time, less those it was paused for."""

    def __init__(self):
        self.paused_wall = 0.0
        self.paused_cpu = 0.0
        self.begun_wall = time.perf_counter()
        self.begun_cpu = time.process_time()

    def seconds(self):
        return time.perf_counter() - self.begun_wall - self.paused_wall

    def cpu_seconds(self):
        return time.process_time() - self.begun_cpu - self.paused_cpu

    @contextlib.contextmanager
    def paused(self):
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.paused_wall += time.perf_counter() - wall
        self.paused_cpu += time.process_time() - cpu


def demonstrations(path, count):
    """Reads the first episodes of a file as the library's trajectories."""
    episodes = {}
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            observations, actions = episodes.setdefault(row["episode"], ([], []))
            observations.append([float(row[name]) for name in OBSERVATION])
            if row["action"]:
                actions.append(int(row["action"]))
    if len(episodes) < count:
        raise SystemExit(f"expected at least {count} episodes, found {len(episodes)} ({path})")
    return [
        Trajectory(obs=np.array(o, dtype=np.float32), acts=np.array(a), infos=None, terminal=True)
        for o, a in list(episodes.values())[:count]
    ]


def evaluation(episodes):
    """Returns a function from a model to its mean return over that many episodes, all run side by side."""
    venv = DummyVecEnv([lambda: TimeLimit(gym.make("CartPole-v1").unwrapped, STEPS) for _ in range(episodes)])

    def mean_return(model, seed):
        venv.seed(seed)
        observations = venv.reset()
        running = np.ones(episodes, dtype=bool)
        returns = np.zeros(episodes)
        while running.any():
            actions, _ = model.predict(observations, deterministic=True)
            observations, rewards, done, _ = venv.step(actions)
            returns += rewards * running
            running &= ~done
        return float(returns.mean())

    return mean_return


def learn(arguments):
    torch.set_num_threads(arguments.threads)
    expert = demonstrations(arguments.demos, arguments.trajectories)
    evaluate = evaluation(arguments.episodes)
    start_seconds = time.perf_counter() - BEGUN
    start_cpu_seconds = time.process_time()

    clock = Clock()
    fixed = arguments.horizon == "fixed"
    venv = make_vec_env(
        "seals/CartPole-v0" if fixed else "CartPole-v1",
        rng=np.random.default_rng(arguments.seed),
        n_envs=8,
        max_episode_steps=STEPS,
    )
    learner = PPO(
        env=venv,
        policy=MlpPolicy,
        batch_size=64,
        ent_coef=0.0,
        learning_rate=0.0004,
        gamma=0.95,
        n_epochs=5,
        n_steps=arguments.rollout_steps,
        seed=arguments.seed,
        device="cpu",
    )
    trainer = GAIL(
        demonstrations=expert,
        demo_batch_size=1024,
        gen_replay_buffer_capacity=512,
        n_disc_updates_per_round=8,
        venv=venv,
        gen_algo=learner,
        reward_net=BasicRewardNet(
            observation_space=venv.observation_space,
            action_space=venv.action_space,
            normalize_input_layer=RunningNorm,
        ),
        allow_variable_horizon=not fixed,
        custom_logger=imitation_logger.configure(folder=None, format_strs=[]),
    )
    curve = []

    def after_round(_):
        with clock.paused():
            mean_return = evaluate(learner, 1_000_003 * (arguments.seed + 1) + len(curve))
        curve.append(
            {
                "steps": learner.num_timesteps,
                "seconds": clock.seconds(),
                "cpuSeconds": clock.cpu_seconds(),
                "return": mean_return,
            }
        )
        print(curve[-1], file=sys.stderr, flush=True)
        if len(curve) >= STABLE_EVALUATIONS and all(
            at["return"] >= STABLE_RETURN for at in curve[-STABLE_EVALUATIONS:]
        ):
            raise Reached

    reached = None
    try:
        trainer.train(arguments.steps, callback=after_round)
    except Reached:
        reached = curve[-STABLE_EVALUATIONS]
    return {
        "reached": reached is not None,
        "seconds": reached["seconds"] if reached else None,
        "cpuSeconds": reached["cpuSeconds"] if reached else None,
        "steps": reached["steps"] if reached else None,
        "seed": arguments.seed,
        "horizon": arguments.horizon,
        "trajectories": arguments.trajectories,
        "pairs": sum(len(trajectory.acts) for trajectory in expert),
        "episodesPerEvaluation": arguments.episodes,
        "startSeconds": start_seconds,
        "startCpuSeconds": start_cpu_seconds,
        "threads": torch.get_num_threads(),
        "versions": {
            "python": sys.version.split()[0],
            "torch": torch.__version__,
            "numpy": np.__version__,
            "gymnasium": gym.__version__,
        },
        "curve": curve,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demos", required=True, help="episodes of CartPole of 200 steps, CSV, gzipped")
    parser.add_argument("--trajectories", type=int, default=10, help="episodes to learn from, in the file's order")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--horizon", choices=["fixed", "early"], default="early")
    parser.add_argument("--steps", type=int, default=800_000, help="environment steps after which it gives up")
    parser.add_argument("--rollout-steps", type=int, default=2048, help="steps of each of 8 copies between updates")
    parser.add_argument("--episodes", type=int, default=50, help="per evaluation")
    parser.add_argument("--threads", type=int, default=1, help="of torch")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(sys.stderr):
        result = learn(arguments)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
