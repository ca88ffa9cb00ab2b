"""Calls to the services behind Chat, with deadlines, retries and refusals fit for users."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import grpc

from services.errors import ChatmountError, Reason, Text, refusal
from services.rpc.failures import NoReply

logger = logging.getLogger("chatmount.chat")

# A user may be told that there are no credits left or that a service is down. That a call of ours lacked a scope or
# named something unknown is a fault of ours, whatever status it came with.
MEANT_FOR_THE_USER = frozenset(
    {
        Reason.PLAN_WITHOUT_API,
        Reason.CHATBOT_DISABLED,
        Reason.MONTH_LIMIT,
        Reason.DAY_LIMIT,
        Reason.UNAVAILABLE,
        Reason.OVERLOADED,
        Reason.TOO_SLOW,
        Reason.INTERNAL,
    }
)

_DOWN = frozenset({grpc.StatusCode.UNAVAILABLE})
_DOWN_OR_SLOW = _DOWN | {grpc.StatusCode.DEADLINE_EXCEEDED}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try, in seconds.

    `deadline` of each try, `pauses` between them, `total` after which none begins.
    """

    deadline: float
    pauses: tuple[float, ...] = (0.15,)
    last_pause_repeats: bool = False
    total: float = 3600.0
    also_when_slow: bool = False

    @property
    def seconds(self) -> float:
        """All tries and pauses together, at most."""
        every = len(self.pauses) * self.deadline + sum(self.pauses)
        return (self.total if self.last_pause_repeats else min(self.total, every)) + self.deadline

    def all_pauses(self) -> Iterator[float]:
        """The pauses, one after each failed try."""
        return chain(self.pauses, repeat(self.pauses[-1])) if self.last_pause_repeats else iter(self.pauses)


async def ask(call: Callable[..., Any], request: Any, patience: Patience) -> Any:
    """The reply of a unary call of a stub.

    The `ChatmountError` of the last try when patience ends.
    """
    begun = time.monotonic()
    pauses = patience.all_pauses()
    again = _DOWN_OR_SLOW if patience.also_when_slow else _DOWN
    while True:
        try:
            return await call(request, timeout=patience.deadline)
        except ChatmountError as error:
            pause = next(pauses, None)
            if error.status not in again or pause is None:
                raise
            if time.monotonic() - begun + pause > patience.total:
                raise
        await asyncio.sleep(pause)


def refusal_for_the_user(error: ChatmountError) -> ChatmountError:
    """What the user may know of a failed call."""
    if isinstance(error, NoReply):
        logger.warning("a service behind this one did not reply: %s", error.why)
    if error.reason in MEANT_FOR_THE_USER:
        return error
    logger.error("a service behind this one refused: %s %s", error.status.name, error.text)
    return refusal(Text.INTERNAL)
