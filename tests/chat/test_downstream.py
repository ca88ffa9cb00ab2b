"""Calls to the services behind Chat: which failures are tried again."""

import asyncio
from typing import Any

import grpc
from grpc.aio import AioRpcError, Metadata

from services.chat.clients.downstream import Patience, ask
from services.rpc.failures import failure_of
from tests.each import for_each

PATIENCE = Patience(deadline=5.0, pauses=(0.0, 0.0))
SLOW_TOO = Patience(deadline=5.0, pauses=(0.0, 0.0), also_when_slow=True)


class Failing:
    """A call that fails with `code` so many times, and then replies."""

    def __init__(self, code: grpc.StatusCode, times: int) -> None:
        self._code = code
        self._times = times
        self.calls = 0

    async def __call__(self, request: Any, timeout: float) -> str:
        self.calls += 1
        if self.calls <= self._times:
            raise failure_of(AioRpcError(self._code, Metadata(), Metadata()))
        return "reply"


@for_each(
    ("code", "failures", "patience", "calls"),
    [
        (grpc.StatusCode.UNAVAILABLE, 2, PATIENCE, 3),
        (grpc.StatusCode.CANCELLED, 2, PATIENCE, 3),  # what a server says that is told to stop
        (grpc.StatusCode.DEADLINE_EXCEEDED, 2, SLOW_TOO, 3),
        (grpc.StatusCode.UNAVAILABLE, 9, PATIENCE, 3),
        (grpc.StatusCode.DEADLINE_EXCEEDED, 2, PATIENCE, 1),
        (grpc.StatusCode.INTERNAL, 2, PATIENCE, 1),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 2, PATIENCE, 1),
    ],
)
async def test_a_service_that_is_down_is_asked_again_until_patience_ends_and_one_that_refuses_is_not(
    code: grpc.StatusCode, failures: int, patience: Patience, calls: int
) -> None:
    call = Failing(code, failures)
    outcome = (await asyncio.gather(ask(call, "request", patience), return_exceptions=True))[0]
    assert (outcome == "reply", call.calls) == (calls > failures, calls)
