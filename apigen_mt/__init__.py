"""apigen-mt: verified multi-turn training data for agents that talk with people and act through tools."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apigen_mt.cast.ports import Agent, AgentTurn, AgentView, WantedCall
    from apigen_mt.drafting import Drafts, adraft, draft
    from apigen_mt.evaluating import Evaluated, aevaluate, evaluate
    from apigen_mt.generating import Run, agenerate, generate
    from apigen_mt.playing import aplay, play
    from apigen_mt.run_folder import RunFolder, load_run

__version__ = "0.1.0"
__all__ = [
    "Agent",
    "AgentTurn",
    "AgentView",
    "Drafts",
    "Evaluated",
    "Run",
    "RunFolder",
    "WantedCall",
    "adraft",
    "aevaluate",
    "agenerate",
    "aplay",
    "draft",
    "evaluate",
    "generate",
    "load_run",
    "play",
]

_HOMES = {
    "Agent": "apigen_mt.cast.ports",
    "AgentTurn": "apigen_mt.cast.ports",
    "AgentView": "apigen_mt.cast.ports",
    "WantedCall": "apigen_mt.cast.ports",
    "Drafts": "apigen_mt.drafting",
    "adraft": "apigen_mt.drafting",
    "draft": "apigen_mt.drafting",
    "Evaluated": "apigen_mt.evaluating",
    "aevaluate": "apigen_mt.evaluating",
    "evaluate": "apigen_mt.evaluating",
    "aplay": "apigen_mt.playing",
    "play": "apigen_mt.playing",
    "Run": "apigen_mt.generating",
    "agenerate": "apigen_mt.generating",
    "generate": "apigen_mt.generating",
    "RunFolder": "apigen_mt.run_folder",
    "load_run": "apigen_mt.run_folder",
}


def __getattr__(name: str) -> object:
    """Import the public names when they are first used, so that `import apigen_mt` stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'apigen_mt' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
