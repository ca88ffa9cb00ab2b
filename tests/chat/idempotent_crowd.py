"""A crowd that sends the same requests to several replicas, and an answerer that fails as it likes."""

import asyncio
import random
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import grpc

from services.chat.answerers.answerer import Citations, Piece, Question
from services.errors import Reason

from .chat_harness import Chat, refusal_of
from .faults import down

REPLICAS = 3
CLIENTS = 5
AT_ONCE = 6
TRIES = 3
LONGEST_WAIT = 0.25
ENOUGH = 60.0
# What may end a request that was right.
EXCUSES = {Reason.UNAVAILABLE, Reason.TOO_SLOW}


class CapriciousAnswerer:
    """No two answers of it are alike, and many break off. Unless `good`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.good = False
        self.running = 0

    async def answer(self, question: Question) -> AsyncGenerator[Piece | Citations, None]:
        self.running += 1
        chance, name = self._chance, secrets.token_hex(4)
        breaks_off = None if self.good else chance.choice([None, None, 0, 1, 2])
        try:
            for number in range(3):
                await asyncio.sleep(chance.choice([0, 0, 0.002, 0.02]))
                if number == breaks_off:
                    raise down()
                yield Piece(f"{question.text} {name} {number} ")
            yield Citations((1,))
        finally:
            self.running -= 1


@dataclass
class Heard:
    """What clients got, by the key of the request."""

    texts: set[str] = field(default_factory=set)
    whole: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))


class Crowd:
    """Clients of all replicas. A key that ends in an odd digit is of a streamed request."""

    def __init__(self, replicas: list[Chat], chance: random.Random) -> None:
        self.replicas = replicas
        self.chance = chance
        self.heard = Heard()

    async def send_again_and_again(self, key: str) -> None:
        """One client: impatient, and at another replica each time."""
        for _ in range(TRIES):
            patience = self.chance.choice([ENOUGH, self.chance.uniform(0, LONGEST_WAIT)])
            if await self.send(key, patience):
                return

    async def send(self, key: str, patience: float) -> bool:
        """Whether a whole answer came in time."""
        replica = self.chance.choice(self.replicas)
        headers = [("idempotency-key", key)]
        question = f"What of {key}?"
        try:
            async with asyncio.timeout(patience):
                if int(key[-1]) % 2 == 0:
                    reply = await replica.ask(question, headers=headers, session_id=key)
                    self.heard.texts.add(key)
                    self.heard.whole[key].append(reply)
                    return True
                events = []
                async for event in replica.stream(question, headers=headers, session_id=key):
                    events.append(event)
                    if event.type == "token":
                        self.heard.texts.add(key)
        except TimeoutError:
            return False
        except grpc.aio.AioRpcError as error:
            if refusal_of(error).reason not in EXCUSES:
                raise
            return False
        if events[-1].type == "done":
            self.heard.whole[key].append(events)
            return True
        assert events[-1].type == "error", events
        return False
