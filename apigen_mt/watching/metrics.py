"""Prometheus metrics of a run, served while it goes on: requests, latencies, tokens, cost, retries and the funnel."""

from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Self

from apigen_mt.draft_outcome import DraftOutcome
from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import Done
from apigen_mt.stats import first_failure
from apigen_mt.trajectory import Outcome, Row
from apigen_mt.watching.labels import Bounded, cause_of

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry

LOOPBACK = "127.0.0.1"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 600)


class Metrics:
    """An observer that counts. Tasks and talks are those of the whole run, all else those of this sitting."""

    def __init__(self, registry: "CollectorRegistry", *, asked: int = 0) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        def counter(name: str, told: str, *labels: str) -> Counter:
            return Counter(f"apigen_mt_{name}", told, labels, registry=registry)

        self._lane, self._role = Bounded(), Bounded()
        self._open: set[tuple[str, ReplyKey]] = set()
        self._sent = counter("requests_sent", "Requests that left, each attempt counted", "endpoint", "role")
        self._answered = counter("requests_answered", "Requests that were answered", "endpoint", "role")
        self._failed = counter("requests_failed", "Requests that failed for good", "endpoint", "role", "cause")
        self._retried = counter("retries", "Attempts that failed and are made again", "endpoint", "role", "cause")
        self._waited = counter("retry_wait_seconds", "Seconds set aside before attempts made again", "endpoint")
        self._tokens = counter("tokens", "Tokens of answered requests; cached is part of prompt", "role", "kind")
        self._stage_tokens = counter("settled_tokens", "Tokens counted against the budget", "stage")
        self._cost = counter("cost_usd", "Dollars counted against the budget", "stage")
        self._unpriced = counter("unpriced_requests", "Requests paid for at an unknown price", "stage")
        self._tasks = counter("tasks", "Tasks by what became of them", "status")
        self._rejected = counter("tasks_rejected", "Tasks rejected in phase one, by the gate", "gate")
        self._talks = counter("talks", "Talks by what became of them", "result")
        self._talks_failed = counter("talks_failed", "Talks that failed, by gate and fault", "gate", "fault")
        self._seconds = Histogram(
            "apigen_mt_request_seconds", "Seconds of an answered attempt", ("endpoint", "role"), registry=registry,
            buckets=_SECONDS,
        )  # fmt: skip
        self._in_flight = Gauge("apigen_mt_in_flight", "Requests on the wire", ("endpoint",), registry=registry)
        Gauge("apigen_mt_tasks_asked", "Tasks or blueprints asked for", registry=registry).set(asked)

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """Count one more on the wire."""
        at = self._lane(lane)
        self._sent.labels(at, self._role(role)).inc()
        if (lane, key) not in self._open:
            self._open.add((lane, key))
            self._in_flight.labels(at).inc()

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:
        """Count an answer, its latency and its tokens."""
        at, role = self._lane(lane), self._role(key.role)
        self._back(lane, key)
        self._answered.labels(at, role).inc()
        self._seconds.labels(at, role).observe(seconds)
        for kind, count in (("prompt", usage.prompt), ("completion", usage.completion), ("cached", usage.cached)):
            self._tokens.labels(role, kind).inc(count)

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """Count an attempt that is made again, by its cause."""
        at = self._lane(lane)
        self._back(lane, key)
        self._retried.labels(at, self._role(key.role), cause_of(cause)).inc()
        self._waited.labels(at).inc(max(0.0, wait))

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """Count a request that failed for good."""
        at = self._lane(lane)
        self._back(lane, key)
        self._failed.labels(at, self._role(key.role), cause_of(cause)).inc()

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """Count what was paid; an unknown price is not nothing."""
        self._stage_tokens.labels(stage).inc(usage.total)
        if usd is None:
            self._unpriced.labels(stage).inc()
        else:
            self._cost.labels(stage).inc(usd)

    def done(self, outcome: Done) -> None:
        """Count what became of a task and of its talks."""
        self._tasks.labels(outcome.status).inc()
        if isinstance(outcome, Outcome):
            self._played(outcome)
        elif isinstance(outcome, DraftOutcome) and outcome.status == "rejected" and outcome.reason is not None:
            self._rejected.labels(outcome.reason.stage).inc()

    def _back(self, lane: str, key: ReplyKey) -> None:
        """One less on the wire; what failed while it waited was on none."""
        if (lane, key) in self._open:
            self._open.remove((lane, key))
            self._in_flight.labels(self._lane(lane)).dec()

    def _played(self, outcome: Outcome) -> None:
        if outcome.status == "rejected" and outcome.reasons:
            self._rejected.labels(outcome.reasons[-1].stage).inc()
        withheld = outcome.quarantined.withheld if outcome.quarantined else ()
        counts = {"kept": len(outcome.rows), "failed": len(outcome.failures), "withheld": len(withheld)}
        for result, count in (counts | {"repeated": len(outcome.repeated)}).items():
            self._talks.labels(result).inc(count)
        for row in outcome.failures:
            self._talks_failed.labels(*_failure(row)).inc()


def _failure(row: Row) -> tuple[str, str]:
    """By which gate a talk failed, and whose fault it was."""
    if row.verdict.ok:
        return "judge", "agent"
    return first_failure(row.verdict).gate, row.verdict.fault or "nobody"


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """Metrics at `http://host:port/metrics` until it is closed; port 0 takes a free one. Raises OSError."""

    metrics: Metrics
    host: str
    port: int
    _server: "WSGIServer"
    _thread: Thread

    @classmethod
    def start(cls, port: int, host: str = LOOPBACK, *, asked: int = 0) -> Self:
        """Serve from a thread of its own."""
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        metrics = Metrics(registry, asked=asked)
        server, thread = start_http_server(port, addr=host, registry=registry)
        return cls(metrics, host, server.server_port, server, thread)

    def close(self) -> None:
        """Serve no longer."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
