"""Calls to the services behind Chat: which failures are tried again."""

from typing import Any

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from services.chat.clients.downstream import Patience, ask

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
            raise AioRpcError(self._code, Metadata(), Metadata())
        return "reply"


@pytest.mark.parametrize(
    ("code", "patience"),
    [
        (grpc.StatusCode.UNAVAILABLE, PATIENCE),
        (grpc.StatusCode.CANCELLED, PATIENCE),  # what a server says that is told to stop
        (grpc.StatusCode.DEADLINE_EXCEEDED, SLOW_TOO),
    ],
)
async def test_a_service_that_is_down_is_asked_again(code: grpc.StatusCode, patience: Patience) -> None:
    call = Failing(code, 2)
    assert await ask(call, "request", patience) == "reply"
    assert call.calls == 3


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL, grpc.StatusCode.RESOURCE_EXHAUSTED]
)
async def test_a_service_that_refuses_is_not_asked_again(code: grpc.StatusCode) -> None:
    call = Failing(code, 2)
    with pytest.raises(AioRpcError):
        await ask(call, "request", PATIENCE)
    assert call.calls == 1


async def test_patience_ends() -> None:
    call = Failing(grpc.StatusCode.UNAVAILABLE, 9)
    with pytest.raises(AioRpcError):
        await ask(call, "request", PATIENCE)
    assert call.calls == 3
