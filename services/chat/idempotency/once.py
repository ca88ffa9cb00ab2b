"""Answers a request once: the first attempt makes the answer, the others wait for it and get the same."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Protocol

from services.chat.background import BackgroundWork
from services.chat.conversation import Done, Event, Token
from services.chat.credits import Claim
from services.chat.idempotency.claim import SharedClaim
from services.chat.idempotency.entries import Attempt, Busy, Conflict, Entries, Moment, Standing, Stored, Taken
from services.chat.idempotency.identity import Identity
from services.chat.idempotency.reply import Reply
from services.clock import Clock
from services.errors import ChatmountError, Text, refusal
from services.ids import new_id
from services.named_locks import Turns

logger = logging.getLogger("chatmount.chat")

LEASE_SECONDS = 10.0
RENEWAL_SECONDS = 3.0
# How often another replica's answer is looked for, by one request in the name of all that wait for it here.
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5
HOUR_MS = 3_600_000


class Run(Protocol):
    """Makes the answer, charging the credit of the claim."""

    def __call__(self, *, claim: Claim) -> AsyncGenerator[Event, None]: ...


class Once:
    """Requests with an `Idempotency-Key`. What is known of them is in `entries`; `hours` is how long."""

    def __init__(self, entries: Entries, background: BackgroundWork, clock: Clock, hours: int) -> None:
        self._entries = entries
        self._background = background
        self._clock = clock
        self._kept_ms = hours * HOUR_MS
        self._turns = Turns()

    def since_ms(self) -> int:
        """Entries that were begun before this are over. Unix milliseconds."""
        return int(self._clock() * 1000) - self._kept_ms

    async def answer(self, identity: Identity, run: Run) -> AsyncGenerator[Event, None]:
        """The events of the answer, made now or before. IDEMPOTENCY_CONFLICT when the key stands for another body."""
        look = FIRST_LOOK_SECONDS
        while True:
            attempt = Attempt(new_id("try"), new_id("rsv"))
            async with self._turns.of(identity):
                standing = await self._begin(identity, attempt)
                if isinstance(standing, Taken):
                    claim = SharedClaim(self._entries, identity, attempt.id, standing.reservation_id)
                    async with aclosing(self._attempt(identity, attempt.id, claim, run)) as events:
                        async for event in events:
                            yield event
                    return
                if isinstance(standing, Busy):
                    # Another replica is at it.
                    await asyncio.sleep(look)
                    look = min(look * 1.5, LONGEST_LOOK_SECONDS)
            if isinstance(standing, Conflict):
                raise _conflict()
            if isinstance(standing, Stored):
                for event in Reply.from_json(standing.reply).events():
                    yield event
                return

    async def _begin(self, identity: Identity, attempt: Attempt) -> Standing:
        # In a task of its own: a client that leaves now must not leave an entry behind that nobody works on.
        beginning = asyncio.create_task(self._entries.begin(identity, attempt, self._moment()))
        try:
            return await asyncio.shield(beginning)
        except BaseException:
            self._background.start("end of an attempt", self._undo(identity, attempt, beginning))
            raise

    async def _undo(self, identity: Identity, attempt: Attempt, beginning: "asyncio.Task[Standing]") -> None:
        # A store that did not answer may have done it all the same.
        await asyncio.wait({beginning})
        await SharedClaim(self._entries, identity, attempt.id, attempt.reservation_id).give_up()

    async def _attempt(
        self, identity: Identity, attempt_id: str, claim: SharedClaim, run: Run
    ) -> AsyncGenerator[Event, None]:
        reply, spoken, finished = Reply(), False, False
        try:
            async with self._holding(identity, attempt_id), aclosing(run(claim=claim)) as events:
                async for event in events:
                    reply.add(event)
                    if isinstance(event, Done):
                        # Before the client knows that the answer is whole: whoever asks again from then on gets it.
                        await self._finish(identity, attempt_id, reply)
                        finished = True
                    spoken = spoken or isinstance(event, Token)
                    yield event
        finally:
            if not finished:
                self._background.start("end of an attempt", claim.leave() if spoken else _give_up(claim))

    async def _finish(self, identity: Identity, attempt_id: str, reply: Reply) -> None:
        """A store that is down does not spoil the answer; the next attempt then makes another, for the same credit."""
        try:
            await self._entries.finish(identity, attempt_id, reply.as_json())
        except ChatmountError:
            logger.warning("an answer could not be stored under its Idempotency-Key")

    @asynccontextmanager
    async def _holding(self, identity: Identity, attempt_id: str) -> AsyncIterator[None]:
        async def renew() -> None:
            while True:
                await asyncio.sleep(RENEWAL_SECONDS)
                # A store that is away for longer than the lease costs this attempt its entry, and not its answer.
                with suppress(ChatmountError):
                    await self._entries.renew(identity, attempt_id, self._moment().lease_ms)

        renewing = asyncio.create_task(renew(), name="renewal of a lease")
        try:
            yield
        finally:
            renewing.cancel()

    def _moment(self) -> Moment:
        now_ms = int(self._clock() * 1000)
        return Moment(now_ms, now_ms - self._kept_ms, now_ms + int(LEASE_SECONDS * 1000))


async def _give_up(claim: SharedClaim) -> None:
    await claim.give_up()


def _conflict() -> ChatmountError:
    return refusal(Text.IDEMPOTENCY_CONFLICT)
