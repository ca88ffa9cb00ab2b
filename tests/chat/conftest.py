"""Fixtures of the Chat tests; see chat_harness.py."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chat.store.conversations import ChatStore
from services.database import Database
from services.database.migrations import migrate
from services.trust.principal_tokens import TokenSigner

from .chat_harness import Chat, serving_chat
from .scripted_neighbours import ScriptedAnswerer

NOW = 1_800_000_000.0


class MovableClock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def clocked_signer(signer: TokenSigner, clock: MovableClock) -> TokenSigner:
    signer._clock = clock
    return signer


@pytest.fixture
def answerer() -> ScriptedAnswerer:
    return ScriptedAnswerer()


@pytest.fixture
async def chat(
    tmp_path: Path, clocked_signer: TokenSigner, clock: MovableClock, answerer: ScriptedAnswerer
) -> AsyncIterator[Chat]:
    """Chat on SQLite with the scripted answerer."""
    async with serving_chat(tmp_path, clocked_signer, clock, answerer) as running:
        yield running


@pytest.fixture
def tables_of() -> str:
    return "chat"


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with Chat's tables, once of each kind."""
    opened = Database(database_url, "chat", seconds=30.0)  # not how fast a busy machine is, is tested
    await migrate(opened)
    yield opened
    await opened.close()


@pytest.fixture
def store(database: Database) -> ChatStore:
    return ChatStore(database)
