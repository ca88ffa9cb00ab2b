"""A crowd that asks a stack whose processes die, and what each of them knows for certain of every question."""

import asyncio
import random
import uuid
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from tests.contract.client import QUESTION, Reply
from tests.contract.stack import Stack
from tests.promises.replicated.many_at_once import ask, client_of
from tests.waiting import until

PAUSE_SECONDS = 0.3
PATIENCE_SECONDS = 180.0
ANSWERS_BETWEEN = 4
UNAVAILABLE = frozenset({500, 503, 504})
"""What is said while a process is missing."""


@dataclass
class Asked:
    """A question. `key`: its Idempotency-Key, with which it is sent until it is answered; "": it is sent once.

    `answer`: the whole of it, as it arrived; "": none did, and whether it was charged nobody knows.
    """

    question: str
    session_id: str
    stream: bool
    key: str = ""
    answer: str = ""
    request_id: str = ""


@dataclass
class Crowd:
    """Callers who ask, each in a session of their own, until they are told to stop."""

    base_url: str
    key: str
    chance: random.Random
    asked: list[Asked] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def answered(self) -> list[Asked]:
        return [one for one in self.asked if one.answer]

    async def ask(self, callers: int) -> None:
        """Returns when `stop` was called and every question with a key is answered."""
        async with client_of(self.base_url) as client, asyncio.TaskGroup() as group:
            for number in range(callers):
                group.create_task(self._go_on_asking(client, f"session-{number}"))

    def stop(self) -> None:
        """Let nobody begin another question."""
        self._enough.set()

    async def ask_again(self, one: Asked) -> Reply:
        """The reply to a question with a key that is sent once more, until what was killed last has come back."""
        async with client_of(self.base_url) as client, asyncio.timeout(PATIENCE_SECONDS):
            while (reply := await self._send(client, one)).status in UNAVAILABLE:  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_SECONDS)
            return reply

    async def _go_on_asking(self, client: httpx.AsyncClient, session_id: str) -> None:
        while not self._enough.is_set():
            key = str(uuid.uuid4()) if self.chance.random() < 0.5 else ""
            stream = self.chance.random() < 0.3
            one = Asked(f"{QUESTION} Number {len(self.asked)}.", session_id, stream, key)
            self.asked.append(one)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not await self._is_answered(client, one):
                    await asyncio.sleep(PAUSE_SECONDS)
                    if not key:
                        break

    async def _is_answered(self, client: httpx.AsyncClient, one: Asked) -> bool:
        # A stream whose process died is cut off, also in the middle of an event.
        with suppress(httpx.HTTPError, AssertionError):
            reply = await self._send(client, one)
            if reply.status == 200 and (not one.stream or reply.events[-1]["type"] == "done"):
                one.answer = text_of(reply)
                one.request_id = reply.headers["x-request-id"]
                return True
            self.refused.add(reply.status)
        return False

    async def _send(self, client: httpx.AsyncClient, one: Asked) -> Reply:
        headers = {"idempotency-key": one.key} if one.key else {}
        return await ask(
            client, self.key, headers=headers, message=one.question, session_id=one.session_id, stream=one.stream
        )


def text_of(reply: Reply) -> str:
    """The answer of a reply, streamed or not."""
    return reply.streamed_text if reply.events else str(reply.json["message"])


async def kill_again_and_again(stack: Stack, services: tuple[str, ...], kills: int, crowd: Crowd) -> None:
    """So many times one of the services, with all that share its process, at some moment while it answers."""
    for _ in range(kills):
        enough = len(crowd.answered) + ANSWERS_BETWEEN
        await until(lambda enough=enough: len(crowd.answered) >= enough, PATIENCE_SECONDS, "the next answer")
        await asyncio.sleep(crowd.chance.uniform(0.0, 0.5))
        await asyncio.to_thread(stack.kill, crowd.chance.choice(services))
