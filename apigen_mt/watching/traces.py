"""OpenTelemetry spans by the GenAI conventions: one trace a talk, one span an attempt to send a request."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from time import time_ns
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from apigen_mt.models.chat import ReplyKey, Usage
from apigen_mt.models.observer import Done
from apigen_mt.watching.labels import cause_of, shown

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.trace import Span

_OPEN = 4096
"""So many talks have an open span; the one that was silent longest is closed for the next."""
_CLOSING = 2.0
"""Seconds that the last spans have to be delivered: a collector that is away holds up nobody."""
_PORTS = {"http": 80, "https": 443}


class NoTraces(Exception):  # noqa: N818 - reads as what is the matter
    """The libraries for traces are not installed; one line says how to get them."""


@dataclass(slots=True)
class _Talk:
    """The span of one talk, or of whatever else is asked about one subject, and when it was last heard of."""

    span: "Span"
    last: int


class Traces:
    """An observer that makes spans and hands them to an exporter. `models` maps roles to names of models.

    Spans hold ids, names and counts, never what was said. Raises `NoTraces` where OpenTelemetry is not installed.
    """

    def __init__(
        self, exporter: "SpanExporter", *, run: str, models: Mapping[str, str], closing: float = _CLOSING
    ) -> None:
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ModuleNotFoundError as error:
            raise _missing() from error
        self._provider = TracerProvider(resource=Resource.create({"service.name": "apigen-mt"}), shutdown_on_exit=False)
        self._exporter = _Counting(exporter)
        self._provider.add_span_processor(BatchSpanProcessor(cast("SpanExporter", self._exporter)))
        self._tracer = self._provider.get_tracer("apigen_mt")
        self._run = run
        self._models = models
        self._talks: OrderedDict[tuple[str, int], _Talk] = OrderedDict()
        self._open: dict[tuple[str, ReplyKey], Span] = {}
        self._ended = 0
        self._closing = closing

    @property
    def lost(self) -> int:
        """How many spans nobody has taken."""
        return self._ended - self._exporter.taken

    def sent(self, lane: str, role: str, key: ReplyKey) -> None:
        """Begin the span of an attempt."""
        from opentelemetry.trace import SpanKind, set_span_in_context

        talk = self._talk(key)
        model = self._model(role)
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.conversation.id": f"{key.blueprint}/{key.attempt}",
            **({"gen_ai.request.model": model} if model else {}),
            **_server(lane),
            "apigen_mt.role": role,
            "apigen_mt.turn": key.turn,
            "apigen_mt.candidate": key.candidate,
        }
        context = set_span_in_context(talk.span)
        span = self._tracer.start_span(f"chat {model}".strip(), context, SpanKind.CLIENT, attributes)
        self._end(lane, key, "abandoned")
        self._open[lane, key] = span

    def answered(self, lane: str, key: ReplyKey, seconds: float, usage: Usage) -> None:  # noqa: ARG002 - spans time it
        """End it with its tokens."""
        counts = {
            "gen_ai.usage.input_tokens": usage.prompt,
            "gen_ai.usage.output_tokens": usage.completion,
            "gen_ai.usage.cache_read.input_tokens": usage.cached,
        }
        self._end(lane, key, "", counts)

    def retried(self, lane: str, key: ReplyKey, cause: str, wait: float) -> None:
        """End it; the next attempt has a span of its own."""
        self._end(lane, key, cause_of(cause), {"apigen_mt.retry_wait_seconds": wait})

    def failed(self, lane: str, key: ReplyKey, cause: str) -> None:
        """End it as failed."""
        self._end(lane, key, cause_of(cause))

    def settled(self, stage: str, usage: Usage, usd: float | None) -> None:
        """Money has no span."""

    def done(self, outcome: Done) -> None:
        """End the talks of a task, with what became of it."""
        blueprint = getattr(getattr(outcome, "blueprint", None), "id", None)
        for at in [at for at in self._talks if at[0] == blueprint]:
            talk = self._talks.pop(at)
            talk.span.set_attributes({"apigen_mt.task": outcome.task, "apigen_mt.status": outcome.status})
            self._end_talk(talk)

    def close(self) -> None:
        """End what is open and deliver it, within `closing` seconds."""
        for lane, key in list(self._open):
            self._end(lane, key, "abandoned")
        while self._talks:
            self._end_talk(self._talks.popitem(last=False)[1])
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(self._closing)

    def _model(self, role: str) -> str:
        """Who plays a role, of which `agent.repair` is one case."""
        while role not in self._models and "." in role:
            role = role.rpartition(".")[0]
        return self._models.get(role, "")

    def _talk(self, key: ReplyKey) -> _Talk:
        at = (key.blueprint, key.attempt)
        talk = self._talks.get(at)
        if talk is None:
            from opentelemetry.context import Context

            about: dict[str, str | int] = {
                "gen_ai.conversation.id": f"{key.blueprint}/{key.attempt}",
                "apigen_mt.run": self._run,
                "apigen_mt.blueprint": key.blueprint,
                "apigen_mt.attempt": key.attempt,
            }
            talk = self._talks[at] = _Talk(self._tracer.start_span("talk", Context(), attributes=about), time_ns())
            if len(self._talks) > _OPEN:
                self._end_talk(self._talks.popitem(last=False)[1])
        self._talks.move_to_end(at)
        return talk

    def _end_talk(self, talk: _Talk) -> None:
        self._ended += 1
        talk.span.end(talk.last)

    def _end(self, lane: str, key: ReplyKey, error: str, more: Mapping[str, float] | None = None) -> None:
        span = self._open.pop((lane, key), None)
        if span is None:
            return
        if more:
            span.set_attributes(more)
        if error:
            from opentelemetry.trace import Status, StatusCode

            span.set_attribute("error.type", error)
            span.set_status(Status(StatusCode.ERROR))
        now = time_ns()
        self._ended += 1
        span.end(now)
        if talk := self._talks.get((key.blueprint, key.attempt)):
            talk.last = now


def collector() -> "SpanExporter":
    """Where the variables OTEL_EXPORTER_OTLP_* say, by HTTP. Raises `NoTraces`."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ModuleNotFoundError as error:
        raise _missing() from error
    return OTLPSpanExporter()


class _Counting:
    """An exporter that counts what the one behind it has delivered."""

    def __init__(self, exporter: "SpanExporter") -> None:
        self._exporter = exporter
        self.taken = 0

    def export(self, spans: "list[ReadableSpan]") -> "SpanExportResult":
        """Hand them on."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.taken += len(spans)
        return result

    def shutdown(self) -> None:
        """No more will come."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Deliver what it holds."""
        return self._exporter.force_flush(timeout_millis)


def _missing() -> NoTraces:
    return NoTraces("traces need OpenTelemetry: pip install 'apigen-mt[otel]'")


def _server(lane: str) -> dict[str, str | int]:
    parts = urlsplit(shown(lane))
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return {"server.address": parts.hostname or "", "server.port": port}
