"""What a visitor's conversation leaves in the tables, and the work that is still on it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import grpc

from services.chat.background import BackgroundWork
from services.errors import ChatmountError, Reason
from services.trust.principal import Principal
from tests.waiting import until

from .callers import DIGEST, VISITOR
from .chat_harness import Chat, refused

JOB = BackgroundWork._run.__qualname__
ONCE = (("idempotency-key", "once"),)
BROKEN = ChatmountError(Reason.INTERNAL, "Broken.")
OTHER = replace(VISITOR, visitor_digest="ab" * 32, key_id=f"wgt_1:{'ab' * 16}", conversation_id="cnv_2")

Stored = Callable[[], Awaitable[Mapping[str, Any]]]


def traces_of(rows: Mapping[str, Any], *texts: str) -> list[str]:
    """The tables with one of the texts anywhere."""
    return [table for table in rows if any(text in repr(rows[table]) for text in texts)]


OF_VISITOR = ("Aladdin", "cnv_1", DIGEST[:32])


async def work_is_over(chat: Chat) -> None:
    """Waits until nothing is answered, held or written any more."""

    def is_idle() -> bool:
        # Of this event loop: the metric also counts what a Chat of another test has left behind.
        jobs = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "") == JOB]
        return (chat.answerer.running, chat.quota.held, jobs) == (0, 0, [])

    for _ in range(3):
        await until(is_idle)
        await asyncio.sleep(0.05)


async def fill(chat: Chat, visitor: Principal, name: str) -> None:
    """Leaves all that a conversation can: turns, one unanswered, one rated, a failure, a stored reply."""
    await chat.events(f"Where is {name}?", principal=visitor, headers=ONCE)
    scores = chat.retrieval.found.passages[0].scores
    cosine, scores.sentence = scores.sentence, 0.0
    await chat.events(f"What does {name} cost?", principal=visitor)
    scores.sentence = cosine
    script, chat.answerer.script = chat.answerer.script, (BROKEN,)
    assert await refused(chat.events(f"Is {name} broken?", principal=visitor)) == Reason.INTERNAL
    chat.answerer.script = script
    request_id = (await chat.turns(visitor.conversation_id))[0].request_id
    await chat.of_visitor("RateTurn", visitor, request_id=request_id, rating="down", comment=f"{name} was late")


async def has_rows(stored: Stored, table: str, rows: int) -> bool:
    return len((await stored())[table]) == rows


async def has_begun(chat: Chat) -> None:
    """Waits until an answer is made, in a conversation that is there."""
    await until(lambda: chat.answerer.running)
    await until(lambda: _is_there(chat))


async def _is_there(chat: Chat) -> bool:
    with contextlib.suppress(grpc.aio.AioRpcError):
        await chat.of_visitor("GetConversation")
        return True
    return False


async def consumed(call: Any) -> None:
    with contextlib.suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
        while await call.read() is not grpc.aio.EOF:
            pass
