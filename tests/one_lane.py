"""A pool with one lane to one endpoint, opened and closed: what a role with one URL has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apigen_mt.models.client import Endpoint
from apigen_mt.models.lane import Lane
from apigen_mt.models.observer import SILENT, Observer
from apigen_mt.models.pool import Pool
from apigen_mt.models.retry import Pace, Patience
from apigen_mt.models.wire import OpenAIWire


@asynccontextmanager
async def one_lane(
    endpoint: Endpoint,
    *,
    concurrency: int = 64,
    patience: Patience | None = None,
    pace: Pace | None = None,
    observer: Observer = SILENT,
) -> AsyncIterator[Pool]:
    """A client for an endpoint; what is not given is as in a run."""
    patience, pace = patience or Patience(), pace or Pace()
    async with Lane(OpenAIWire(endpoint, concurrency, pace=pace), concurrency, pace, patience.down) as lane:
        yield Pool([lane], patience, pace, observer)
