"""Fixtures of the Chat tests; see chat_harness.py."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from services.chat.store.profiles import ProfileStore
from services.chat.store.sessions import SessionStore
from services.chat.store.turns import TurnStore
from services.database import Database
from services.database.migrations import migrate
from services.trust.principal_tokens import TokenSigner
from tests.turned_clock import TurnedClock

from .chat_harness import Chat, serving_chat
from .scripted_neighbours import ScriptedAnswerer

NOW = 1_800_000_000.0

Serving = Callable[..., AbstractAsyncContextManager[Chat]]


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(NOW)


@pytest.fixture
def clocked_signer(signer: TokenSigner, clock: TurnedClock) -> TokenSigner:
    signer._clock = clock
    return signer


@pytest.fixture
def answerer() -> ScriptedAnswerer:
    return ScriptedAnswerer()


@pytest.fixture
def serving(tmp_path: Path, clocked_signer: TokenSigner, clock: TurnedClock) -> Serving:
    """`serving_chat` with the folder, the signer and the clock of the test."""
    return partial(serving_chat, tmp_path, clocked_signer, clock)


@pytest.fixture
async def chat(serving: Serving, answerer: ScriptedAnswerer) -> AsyncIterator[Chat]:
    """Chat on SQLite with the scripted answerer."""
    async with serving(answerer) as running:
        yield running


@pytest.fixture
async def replicas(serving: Serving, answerer: ScriptedAnswerer, database_url: str) -> AsyncIterator[list[Chat]]:
    """Two replicas of Chat on one database, with one scripted answerer, Quota and Retrieval."""
    async with (
        serving(answerer, database_url=database_url) as one,
        serving(answerer, database_url=database_url, beside=one) as other,
    ):
        yield [one, other]


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
def turns(database: Database) -> TurnStore:
    return TurnStore(database)


@pytest.fixture
def sessions(database: Database) -> SessionStore:
    return SessionStore(database)


@pytest.fixture
def profiles(database: Database) -> ProfileStore:
    return ProfileStore(database)
