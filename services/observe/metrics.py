"""Metrics: one registry for the process, and the metrics that every service has.

Each service declares its own metrics in a module of its own, with this registry; a process shows those of the services
that it hosts. Metrics cost no I/O and are safe in any thread.
"""

from collections.abc import Mapping
from functools import cache
from time import perf_counter
from typing import Any

import grpc
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.errors import Reason

REGISTRY = CollectorRegistry(auto_describe=True)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Buckets of durations, from a look-up in memory to a model that is slow."""

CANCELLED = grpc.StatusCode.CANCELLED.name
STATUS_NAMES: Mapping[object, str] = {
    None: grpc.StatusCode.OK.name,
    **{code: code.name for code in grpc.StatusCode},
    **{code.value[0]: code.name for code in grpc.StatusCode},
}
"""Of a server context's status: a number in grpc.aio, and None when all went well."""

CALLS = Counter(
    "chatmount_calls_total", "Calls that have ended, by method and gRPC status.", ("method", "code"), registry=REGISTRY
)
CALL_SECONDS = Histogram(
    "chatmount_call_duration_seconds",
    "How long calls took, to the end of their stream.",
    ("method",),
    registry=REGISTRY,
    buckets=SECONDS,
)
CALLS_IN_PROGRESS = Gauge("chatmount_calls_in_progress", "Calls that are being served.", ("method",), registry=REGISTRY)
REFUSALS = Counter(
    "chatmount_refusals_total",
    "Requests that were refused, by method and reason. One that was refused behind counts there and in front.",
    ("method", "reason"),
    registry=REGISTRY,
)
DATABASE_UNAVAILABLE = Counter(
    "chatmount_database_unavailable_total",
    "Refusals because the service's database could not be reached, did not answer in time or could take no more.",
    registry=REGISTRY,
)


DATABASE_CONNECTIONS = Gauge(
    "chatmount_database_connections", "Connections to Postgres that may be open.", ("service",), registry=REGISTRY
)
DATABASE_CONNECTIONS_BUSY = Gauge(
    "chatmount_database_connections_busy", "Connections to Postgres that are in use.", ("service",), registry=REGISTRY
)


def show_pool(service: str, connections: int, pool: Any) -> None:
    """Show how full the pool of a service's connections is. `pool`: one of SQLAlchemy."""
    DATABASE_CONNECTIONS.labels(service).set(connections)
    DATABASE_CONNECTIONS_BUSY.labels(service).set_function(pool.checkedout)


def count_refusal(method: str, reason: Reason) -> None:
    """A request for `package.Service/Method` was refused."""
    REFUSALS.labels(method, reason.name.lower()).inc()


class MethodCalls:
    """The metrics of one method: finding them by their labels costs more than counting does."""

    def __init__(self, method: str) -> None:
        self._method = method
        self._seconds = CALL_SECONDS.labels(method)
        self._in_progress = 0
        # Looked at once in a while, and counted twice a call.
        CALLS_IN_PROGRESS.labels(method).set_function(lambda: self._in_progress)
        self._ended: dict[str, Counter] = {}

    def begin(self) -> float:
        """A call has come; returns what `end` is to be given."""
        self._in_progress += 1
        return perf_counter()

    def end(self, begun: float, code: str) -> None:
        """The call has ended with the status of this name."""
        self._seconds.observe(perf_counter() - begun)
        self._in_progress -= 1
        ended = self._ended.get(code)
        if ended is None:
            ended = self._ended[code] = CALLS.labels(self._method, code)
        ended.inc()

    def refused(self, reason: Reason) -> None:
        """The call was refused; it still has to end."""
        count_refusal(self._method, reason)


@cache
def calls_of(method: str) -> MethodCalls:
    """The metrics of `/package.Service/Method`, kept for good: only for methods that are served."""
    return MethodCalls(method.removeprefix("/"))
