"""Export OpenTelemetry traces over HTTP, if EXPERTBOOK_OTLP_URL is set.

This module is imported only if the setting is set, because the packages that it needs are large and
optional: `expertbook[traces]`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, ClassVar

from opentelemetry import trace
from opentelemetry.context import Context as TraceContext
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from models.telemetry.tracing import Tracer, set_tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from contextvars import Context


PATH = "/v1/traces"
SEND_SECONDS = 5
PROPAGATOR = TraceContextTextMapPropagator()


@asynccontextmanager
async def tracing(url: str) -> AsyncIterator[None]:
    """Record and export spans for the duration of the context, and flush them at its end.

    Args:
        url: the collector's URL, with or without the path `/v1/traces`.
    """
    resource = Resource.create({SERVICE_NAME: "expertbook", SERVICE_VERSION: version("expertbook")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    endpoint = url if url.endswith(PATH) else url.rstrip("/") + PATH
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=SEND_SECONDS))
    )
    set_tracer(OpenTelemetry(provider))
    try:
        yield
    finally:
        set_tracer(Tracer())
        await asyncio.to_thread(provider.shutdown)


class OpenTelemetry(Tracer):
    """Tracer that records OpenTelemetry spans."""

    is_enabled: ClassVar[bool] = True

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("expertbook")

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Mapping[str, str | int] | None = None,
        contexts: Sequence[Context] = (),
    ) -> Iterator[None]:
        """Record a span in the first given context's trace, linked to the other contexts' spans.

        If no context has a span, the new span is recorded in the current trace.
        """
        spans = [context.run(trace.get_current_span) for context in contexts]
        requests = [span for span in spans if span.get_span_context().is_valid]
        parent = trace.set_span_in_context(requests[0]) if requests else None
        links = [Link(other.get_span_context()) for other in requests[1:]]
        with self._started(name, parent, attributes, links=links):
            yield

    @contextmanager
    def request(self, name: str, traceparent: str | None) -> Iterator[None]:
        """Record a server span within the caller's trace, or within a new trace."""
        # The current span is not the parent: it may belong to an earlier, pipelined request.
        parent = PROPAGATOR.extract(
            {"traceparent": traceparent} if traceparent else {}, TraceContext()
        )
        with self._started(name, parent, kind=SpanKind.SERVER):
            yield

    def start_span(
        self, name: str, attributes: Mapping[str, str | int]
    ) -> Callable[[bool], None] | None:
        """Start a client span and return the function that ends it, or None outside of a trace."""
        if not trace.get_current_span().get_span_context().is_valid:
            return None
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=dict(attributes))

        def end(failed: bool) -> None:  # noqa: FBT001 - the only argument
            if failed:
                span.set_status(StatusCode.ERROR)
            span.end()

        return end

    def set_attribute(self, name: str, value: str | int) -> None:
        """Set an attribute of the current span."""
        trace.get_current_span().set_attribute(name, value)

    def trace_id(self) -> str | None:
        """Return the current trace's id in hexadecimal, if there is one."""
        context = trace.get_current_span().get_span_context()
        return trace.format_trace_id(context.trace_id) if context.is_valid else None

    @contextmanager
    def _started(
        self,
        name: str,
        parent: TraceContext | None,
        attributes: Mapping[str, str | int] | None = None,
        *,
        kind: SpanKind = SpanKind.INTERNAL,
        links: Sequence[Link] = (),
    ) -> Iterator[None]:
        # Exception messages are not recorded: they may contain user input.
        with self._tracer.start_as_current_span(
            name,
            parent,
            kind,
            dict(attributes or {}),
            links,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception:
                span.set_status(StatusCode.ERROR)
                raise
