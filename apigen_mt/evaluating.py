"""Evaluating: an agent on given blueprints, each tried several times; pass^k, difficulty, and whose fault failures are.

Nothing is played otherwise than by `play`: only what is told at the end differs.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apigen_mt.blueprint_files import named
from apigen_mt.cast.ports import Agent
from apigen_mt.config import parse
from apigen_mt.costs import bill
from apigen_mt.evaluation.difficulty import DIFFICULTY, write_difficulty
from apigen_mt.evaluation.figures import Evaluation, difficulties, evaluated
from apigen_mt.generating import Run, unwatched
from apigen_mt.pipeline import Watch
from apigen_mt.playing import Ready, aplay, ready
from apigen_mt.run_folder import RunFolder
from apigen_mt.sitting import Sitting
from tools_env.port import World
from tools_env.values import Json

AGAIN = 2
"""How often a trial that infrastructure broke off is played again at once; the next sitting tries again."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation that ended, with the run behind it."""

    run: Run
    evaluation: Evaluation


async def aevaluate(
    what: Ready,
    out: Path,
    *,
    keys: Mapping[str, str] | None = None,
    watch: Watch = unwatched,
    agent: Callable[[], Agent] | None = None,
    sitting: Sitting | None = None,
) -> Evaluated:
    """Try every blueprint `config.attempts` times in the run folder `out`, and write `out/difficulty.jsonl`.

    Raises what `aplay` raises.
    """
    run = await aplay(what, out, command="evaluate", keys=keys, watch=watch, agent=agent, again=AGAIN, sitting=sitting)
    write_difficulty(out / DIFFICULTY, difficulties(run.outcomes))
    return Evaluated(run, evaluation_of(RunFolder(out)))


def evaluation_of(folder: RunFolder) -> Evaluation:
    """The figures of an evaluation as it lies on disk. Raises `NotARun`."""
    config = parse(folder.config)
    found = evaluated(list(folder.outcomes()), config.count, config.attempts)
    return found.model_copy(update={"bill": bill(folder.tokens(), config, found.solved, folder.reused())})


def evaluate(
    blueprints: str | Path,
    out: str | Path,
    *,
    trials: int,
    seed: int = 0,
    agent: Callable[[], Agent] | None = None,
    keys: Mapping[str, str] | None = None,
    domains: Sequence[str | World] = (),
    **settings: Any,  # noqa: ANN401 - further settings of Config, checked there
) -> Evaluated:
    """Try an agent so many times at each blueprint of a file, or of a run of `draft`, in the run folder `out`.

    `agent` makes your own agent for every trial; without one it is the model of `roles`, or the oracle. `domains` are
    worlds of your own that the file may name. Works in scripts and in notebooks, where a loop already runs.
    """
    asked: dict[str, Json] = {"domain": "", "blueprints": str(blueprints), "attempts": trials, "seed": seed}
    what = ready(parse({**asked, **settings}), named(domains))
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, aevaluate(what, Path(out), keys=keys, agent=agent)).result()
