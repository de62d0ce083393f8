"""What Prometheus reads of a run: every event counted once, the funnel, and only on loopback."""

import socket
import urllib.request

import pytest
from prometheus_client import CollectorRegistry

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.watching.labels import MOST
from apigen_mt.watching.metrics import Metrics, MetricsServer
from apigen_mt.watching.several import Several
from tests.apigen_mt.rows import failed, kept, rejected, row

LANE = "http://127.0.0.1:8000/v1"
KEY = ReplyKey(role="agent", blueprint="b1", attempt=2, turn=3)


@pytest.fixture
def registry():
    return CollectorRegistry()


def value(registry, name, **labels):
    return registry.get_sample_value(f"apigen_mt_{name}", labels)


def test_each_event_is_counted_where_it_happened(registry):
    metrics = Metrics(registry, asked=7)
    at = {"endpoint": LANE, "role": "agent"}
    second, third = (KEY.model_copy(update={"turn": turn}) for turn in (5, 7))
    for key in (KEY, second, third):
        metrics.sent(LANE, "agent", key)
    assert value(registry, "in_flight", endpoint=LANE) == 3
    metrics.answered(LANE, KEY, 1.5, Usage(prompt=100, completion=7, cached=60))
    metrics.retried(LANE, second, "rate", 2.5)
    metrics.failed(LANE, third, "timeout")
    assert value(registry, "in_flight", endpoint=LANE) == 0
    assert value(registry, "requests_sent_total", **at) == 3
    assert value(registry, "requests_answered_total", **at) == 1
    assert value(registry, "requests_failed_total", **at, cause="timeout") == 1
    assert value(registry, "retries_total", **at, cause="rate") == 1
    assert value(registry, "retry_wait_seconds_total", endpoint=LANE) == 2.5
    assert value(registry, "request_seconds_sum", **at) == 1.5
    assert value(registry, "request_seconds_bucket", **at, le="1.0") == 0
    assert value(registry, "request_seconds_bucket", **at, le="2.0") == 1
    tokens = {kind: value(registry, "tokens_total", role="agent", kind=kind) for kind in ("prompt", "completion")}
    assert tokens == {"prompt": 100, "completion": 7}
    assert value(registry, "tokens_total", role="agent", kind="cached") == 60
    assert value(registry, "tasks_asked") == 7


def test_an_unknown_price_is_not_counted_as_nothing(registry):
    metrics = Metrics(registry)
    metrics.settled("play", Usage(prompt=10, completion=5), 0.25)
    metrics.settled("play", Usage(prompt=1), None)
    metrics.settled("draft", Usage(prompt=2), None)
    assert value(registry, "cost_usd_total", stage="play") == 0.25
    assert value(registry, "cost_usd_total", stage="draft") is None
    assert value(registry, "unpriced_requests_total", stage="play") == 1
    assert value(registry, "settled_tokens_total", stage="play") == 16


def test_the_funnel_is_that_of_stats(registry):
    metrics = Metrics(registry)
    for outcome in (kept(0, row()), kept(1, row()), failed(2, row(finished=False)), rejected(3, "format", "why")):
        metrics.done(outcome)
    assert [value(registry, "tasks_total", status=s) for s in ("kept", "failed", "rejected")] == [2, 1, 1]
    assert [value(registry, "talks_total", result=r) for r in ("kept", "failed", "repeated")] == [2, 1, 0]
    assert value(registry, "tasks_rejected_total", gate="format") == 1
    by_gate = [s for m in registry.collect() for s in m.samples if s.name == "apigen_mt_talks_failed_total"]
    assert [s.value for s in by_gate] == [1]


def test_what_fails_while_it_waits_is_not_taken_from_those_on_the_wire(registry):
    metrics = Metrics(registry)
    metrics.sent(LANE, "agent", KEY)
    metrics.retried(LANE, KEY, "rate", 1.0)
    metrics.failed(LANE, KEY, "timeout")
    assert value(registry, "in_flight", endpoint=LANE) == 0


def test_labels_hold_no_secret_no_message_and_are_bounded(registry):
    metrics = Metrics(registry)
    metrics.failed("http://user:canary@h:1/v1?key=canary", KEY, "the canary said: sk-canary")
    for number in range(MOST + 50):
        metrics.sent(f"http://h:{number}/v1", f"reviewer:{number}", KEY)
    samples = [s for m in registry.collect() for s in m.samples]
    assert not [s for s in samples if "canary" in str(s.labels)]
    assert value(registry, "requests_failed_total", endpoint="http://h:1/v1", role="agent", cause="other") == 1
    assert len({s.labels["endpoint"] for s in samples if s.name == "apigen_mt_in_flight"}) <= MOST + 1


def test_they_are_served_on_loopback_until_closed():
    server = MetricsServer.start(0, asked=3)
    try:
        Several((server.metrics,)).sent(LANE, "agent", KEY)
        with urllib.request.urlopen(f"http://{server.host}:{server.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        assert f'apigen_mt_in_flight{{endpoint="{LANE}"}} 1.0' in text
        assert "apigen_mt_tasks_asked 3.0" in text
        with socket.socket() as other, pytest.raises(ConnectionRefusedError):  # another address of this machine
            other.connect(("127.0.0.2", server.port))
        with pytest.raises(OSError, match="in use"):
            MetricsServer.start(server.port)
    finally:
        server.close()
    with socket.socket() as late, pytest.raises(ConnectionRefusedError):
        late.connect((server.host, server.port))
