"""Runs in the worlds that all tests share: to fill the snapshots of another one costs as much as a dozen tasks."""

import asyncio
from pathlib import Path
from typing import Any

from apigen_mt.config import parse
from apigen_mt.drafting import Drafts, adraft
from apigen_mt.generating import Run, agenerate
from tests.blueprints.talks import world_of


def generated(domain: str, count: int, out: Path, **settings: Any) -> Run:
    """As `apigen_mt.generate`."""
    config = parse({"domain": domain, "count": count, **settings})
    return asyncio.run(agenerate(config, out, world=world_of(domain)))


def drafted(domain: str, count: int, out: Path, **settings: Any) -> Drafts:
    """As `apigen_mt.draft`."""
    config = parse({"domain": domain, "count": count, **settings})
    return asyncio.run(adraft(config, out, world=world_of(domain)))
