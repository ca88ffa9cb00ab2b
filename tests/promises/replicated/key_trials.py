"""Keys that are rotated and revoked while in use, and what each way in lets pass when."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from chatmount.auth.v1 import auth_pb2

KEYS_AT_ONCE = 4


class Door(Protocol):
    """A way in, over a connection that is open already."""

    async def lets_in(self, secret: str) -> bool:
        """Whether a request with this key passes."""
        ...


@dataclass
class Tally:
    """What happened in all trials."""

    rotations: int = 0
    revocations: int = 0
    # Uses of a key while it was being changed: either answer is right.
    during: int = 0
    # Wrong answers, in words.
    wrong: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)


class Trials:
    """Changes of one chatbot's keys, by any of `changers`, watched at all `doors`."""

    def __init__(self, chatbot_id: str, changers: Sequence[Any], doors: Sequence[Door], chance: random.Random) -> None:
        self._chatbot_id = chatbot_id
        self._changers = changers
        self._doors = doors
        self._chance = chance
        self.tally = Tally()

    async def run(self, trials: int) -> None:
        """Rotate and revoke several keys at once; then try every dead key once more."""
        left = iter(range(trials))
        await asyncio.gather(*(self._lane(left) for _ in range(KEYS_AT_ONCE)))
        for secret in self.tally.dead:
            await self._expect(secret, False, "at the end")

    async def _lane(self, left: Any) -> None:
        key_id, secret = await self._create()
        await self._expect(secret, True, "new")
        for _ in left:
            if self._chance.random() < 0.5:
                secret = await self._rotate(key_id, secret)
            else:
                await self._revoke(key_id, secret)
                key_id, secret = await self._create()
            await self._expect(secret, True, "new")

    async def _create(self) -> tuple[str, str]:
        request = auth_pb2.CreateApiKeyRequest(chatbot_id=self._chatbot_id)
        created = await self._changer().CreateApiKey(request)
        return created.api_key.id, created.secret

    async def _rotate(self, key_id: str, old: str) -> str:
        async with self._in_use(old):
            rotated = await self._changer().RotateApiKey(auth_pb2.RotateApiKeyRequest(api_key_id=key_id))
            # From here on: what is asked now is asked after the call has returned.
            await self._expect(old, False, "rotated away")
        self.tally.rotations += 1
        return str(rotated.secret)

    async def _revoke(self, key_id: str, old: str) -> None:
        async with self._in_use(old):
            await self._changer().RevokeApiKey(auth_pb2.RevokeApiKeyRequest(api_key_id=key_id))
            await self._expect(old, False, "revoked")
        self.tally.revocations += 1

    @asynccontextmanager
    async def _in_use(self, secret: str) -> Any:
        """The key is used over and over at every door, before the change and while it happens."""
        used, over = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as users:
            for door in self._doors:
                users.create_task(self._use(door, secret, used, over))
            await used.wait()
            try:
                yield
            finally:
                # Nobody is interrupted: that would cost a door the connection that it keeps open.
                over.set()
        self.tally.dead.append(secret)

    async def _use(self, door: Door, secret: str, used: asyncio.Event, over: asyncio.Event) -> None:
        while not over.is_set() and await door.lets_in(secret):
            self.tally.during += 1
            used.set()

    async def _expect(self, secret: str, let_in: bool, what: str) -> None:
        answers = await asyncio.gather(*(door.lets_in(secret) for door in self._doors))
        for number, answer in enumerate(answers):
            if answer is not let_in:
                self.tally.wrong.append(f"a key that was {what} was {'let in' if answer else 'refused'} at {number}")

    def _changer(self) -> Any:
        return self._chance.choice(self._changers)
