"""Spans by the GenAI conventions: one trace a talk, one span an attempt, delivered to a real collector on loopback."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as gen_ai
from opentelemetry.trace import SpanKind, StatusCode

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.watching.traces import Traces
from tests.apigen_mt.rows import kept, row

LANE = "https://models.example.com/v1"
TALK = row()
KEY = ReplyKey(role="agent", blueprint=TALK.blueprint.id, attempt=2, turn=3)
MODELS = {"agent": "clerk-7b", "reviewer:first.x": "reader-7b"}
NAMES = {value for name, value in vars(gen_ai).items() if name.startswith("GEN_AI_") and isinstance(value, str)}


def played(traces):
    """One talk: an attempt that is made again, its answer, and a request of another role."""
    traces.sent(LANE, "agent", KEY)
    traces.retried(LANE, KEY, "rate", 2.5)
    traces.sent(LANE, "agent", KEY)
    traces.answered(LANE, KEY, 1.5, Usage(prompt=100, completion=7, cached=60))
    human = KEY.model_copy(update={"role": "human"})
    traces.sent(LANE, "human", human)
    traces.failed(LANE, human, "the canary said so")
    traces.done(kept(4, TALK))


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    traces = Traces(exporter, run="first", models=MODELS, closing=60)
    played(traces)
    traces.close()
    return exporter.get_finished_spans()


def test_a_talk_is_one_trace_and_each_attempt_a_span(spans):
    talk = next(span for span in spans if span.name == "talk")
    attempts = [span for span in spans if span is not talk]
    assert [span.name for span in attempts] == ["chat clerk-7b", "chat clerk-7b", "chat"]
    assert {span.parent.span_id for span in attempts} == {talk.context.span_id}
    assert {span.context.trace_id for span in spans} == {talk.context.trace_id}
    assert {span.kind for span in attempts} == {SpanKind.CLIENT}
    assert talk.attributes["apigen_mt.status"] == "kept"
    assert talk.attributes["apigen_mt.run"] == "first"
    assert talk.start_time <= attempts[0].start_time
    assert talk.end_time >= attempts[-1].end_time


def test_spans_say_what_the_conventions_ask_for(spans):
    first, second, third = (span for span in spans if span.name != "talk")
    assert {name for span in spans for name in span.attributes if name.startswith("gen_ai.")} <= NAMES
    assert second.attributes["gen_ai.operation.name"] == "chat"
    assert second.attributes["gen_ai.request.model"] == "clerk-7b"
    assert second.attributes["gen_ai.conversation.id"] == f"{KEY.blueprint}/2"
    assert (second.attributes["server.address"], second.attributes["server.port"]) == ("models.example.com", 443)
    tokens = ("input_tokens", "output_tokens", "cache_read.input_tokens")
    assert [second.attributes[f"gen_ai.usage.{name}"] for name in tokens] == [100, 7, 60]
    assert (first.attributes["error.type"], first.status.status_code) == ("rate", StatusCode.ERROR)
    assert third.attributes["error.type"] == "other"
    assert not [span for span in spans if "canary" in span.to_json()]


def test_a_repair_is_played_by_the_same_model():
    exporter = InMemorySpanExporter()
    traces = Traces(exporter, run="first", models=MODELS, closing=60)
    for role in ("reviewer:first.x", "reviewer:first.x.repair", "agent.repair.repair", "nobody"):
        traces.sent(LANE, role, KEY.model_copy(update={"role": role}))
    traces.close()
    named = [(span.attributes or {}).get("gen_ai.request.model") for span in exporter.get_finished_spans()]
    assert named[:4] == ["reader-7b", "reader-7b", "clerk-7b", None]


def test_what_is_given_up_is_ended_too():
    exporter = InMemorySpanExporter()
    traces = Traces(exporter, run="first", models=MODELS, closing=60)
    traces.sent(LANE, "agent", KEY)
    traces.close()
    assert [(span.attributes or {}).get("error.type") for span in exporter.get_finished_spans()] == ["abandoned", None]


def test_spans_nobody_takes_are_counted():
    class Deaf(SpanExporter):
        def export(self, spans):
            return SpanExportResult.FAILURE

        def shutdown(self):
            return None

    traces = Traces(Deaf(), run="first", models=MODELS, closing=60)
    played(traces)
    traces.close()
    assert traces.lost == 4


def test_a_collector_that_is_silent_holds_up_nobody():
    over = threading.Event()

    class Silent(SpanExporter):
        def export(self, spans):
            over.wait()
            return SpanExportResult.FAILURE

        def shutdown(self):
            return None

    traces = Traces(Silent(), run="first", models=MODELS, closing=0.1)
    played(traces)
    traces.close()
    assert traces.lost == 4
    over.set()


def test_a_collector_gets_them():
    bodies = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            return

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/v1/traces"
        traces = Traces(OTLPSpanExporter(endpoint=address), run="first", models=MODELS, closing=60)
        played(traces)
        traces.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
    told = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    names = [s.name for t in told for r in t.resource_spans for scope in r.scope_spans for s in scope.spans]
    assert sorted(names) == ["chat", "chat clerk-7b", "chat clerk-7b", "talk"]
    assert traces.lost == 0
