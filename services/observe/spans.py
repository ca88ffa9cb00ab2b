"""The spans of a request's trace.

Without a collector they are nothing, and OpenTelemetry is not even imported.

A call that is being served has a span. The pieces of its work have spans below it, and so have the calls that it makes:
their metadata says whose children they are.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Protocol

from services.config.traces import TraceSettings

TRACEPARENT, TRACESTATE = "traceparent", "tracestate"
LONGEST_STATE = 512
"""Characters of a tracestate that is passed on, of which all are plain: no call takes others as metadata."""

Value = str | int | float | bool | tuple[str, ...]


class Span:
    """A span of no trace, and what all spans can do.

    As a context manager it ends with its block, and has failed when an exception leaves that.
    """

    __slots__ = ()

    trace_id = ""
    """32 hexadecimal digits; empty for none."""
    metadata: tuple[tuple[str, str], ...] = ()
    """What makes the calls that carry it its children."""
    with_content = False
    """Whether questions and answers may be in it."""

    def child(self, name: str, *, goes_out: bool = False) -> "Span":
        """Begins a span below this one. `goes_out`: somebody else is asked meanwhile."""
        return self

    def tell(self, attributes: Mapping[str, Value | None]) -> None:
        """Sets attributes; one that is None is left out."""

    def fail(self, why: str, *, is_ours: bool = True) -> None:
        """It went wrong: why, in a word. `is_ours`: what was asked for was right."""

    def end(self) -> None:
        """Ends it."""

    def __enter__(self) -> "Span":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """See the class."""


class Tracer(Protocol):
    """Begins the spans of one process."""

    def begin(self, service: str, name: str, carried: Mapping[str, str]) -> Span:
        """Begins the span of a call to `service`, below the one that the call carries."""
        ...


NONE = Span()
_current: ContextVar[Span] = ContextVar("span", default=NONE)
_tracers: list[Tracer] = []


def current_span() -> Span:
    """The span of the call that is being served."""
    return _current.get()


def span(name: str, *, goes_out: bool = False) -> Span:
    """Begins a span of a piece of its work.

    Another one that begins meanwhile stands beside it, not below.
    """
    return _current.get().child(name, goes_out=goes_out)


def begin_call(service: str, name: str, carried: Mapping[str, str]) -> Span:
    """Begins the span of a call, which is the current one from now on.

    `carried`: its metadata or headers.
    """
    begun = _tracers[0].begin(service, name, carried) if _tracers else NONE
    _current.set(begun)
    return begun


@contextmanager
def sending_traces(settings: TraceSettings | None, services: Sequence[str]) -> Iterator[None]:
    """Sends the spans of this process, which are those of `services`, during the block.

    SettingsError for a variable of OpenTelemetry that can't be used.
    """
    if settings is None:
        yield
        return
    # A third of a second, and memory, for those who have a collector.
    from services.observe.tracing import OtlpTracer

    tracer = OtlpTracer(settings, services)
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        tracer.close()
