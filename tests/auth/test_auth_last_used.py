"""When keys were last used."""

import asyncio
from pathlib import Path

import pytest
from auth_harness import NOW, Auth
from sqlalchemy import create_engine, text
from stored_keys import fill

from services.auth.last_used import LastUsed
from services.auth.records import ApiKey
from services.auth.store import AuthStore
from services.database import Database
from services.database.migrations import migrate
from tests.turned_clock import TurnedClock
from tests.waiting import until

TASK = "writing when keys were last used"
CREATED = int(NOW * 1000)


def keys(begin: int, end: int) -> list[ApiKey]:
    return [ApiKey(f"key_{number}", "bot_1", "", "xxxx", (), CREATED) for number in range(begin, end)]


async def last_used(store: AuthStore) -> list[int | None]:
    return [key.last_used_ms for key in await store.api_keys("bot_1")]


@pytest.fixture
async def filled(store: AuthStore) -> AuthStore:
    """A store with two keys."""
    await fill(store, *keys(1, 3))
    return store


async def test_a_list_tells_a_use_that_was_before_it(auth: Auth) -> None:
    created = await auth.new_key()
    auth.clock.now = NOW + 30
    await auth.check_key(created.secret)
    (key,) = (await auth.call("ListApiKeys", chatbot_id=created.api_key.chatbot_id)).api_keys
    assert key.last_used_at == int(NOW) + 30


async def test_a_refused_request_is_no_use(auth: Auth) -> None:
    created = await auth.new_key(allowlist=["10.0.0.1"])
    await auth.check_key(created.secret)
    (key,) = (await auth.call("ListApiKeys", chatbot_id=created.api_key.chatbot_id)).api_keys
    assert not key.HasField("last_used_at")


async def test_uses_are_written_once_in_a_while_and_when_it_closes(filled: AuthStore, clock: TurnedClock) -> None:
    async def is_written() -> bool:
        return await last_used(filled) == [CREATED, None]

    uses = LastUsed(filled.mark_used, clock, TASK, flush_seconds=0.02)
    async with uses.flushing():
        uses.mark("key_1")
        await until(is_written)
        clock.now += 1
        uses.mark("key_2")
    assert await last_used(filled) == [CREATED, CREATED + 1000]


async def test_a_use_never_goes_back_in_time(filled: AuthStore, clock: TurnedClock) -> None:
    await filled.mark_used({"key_1": CREATED + 5000})
    uses = LastUsed(filled.mark_used, clock, TASK)
    uses.mark("key_1")
    await uses.flush()
    assert await last_used(filled) == [CREATED + 5000, None]


async def test_a_key_that_is_gone_disturbs_no_other(filled: AuthStore, clock: TurnedClock) -> None:
    uses = LastUsed(filled.mark_used, clock, TASK)
    uses.mark("key_gone")
    uses.mark("key_2")
    await uses.flush()
    assert await last_used(filled) == [None, CREATED]


async def test_what_could_not_be_written_is_written_later(
    tmp_path: Path, clock: TurnedClock, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'auth.db'}", "auth")
    await migrate(database)
    store = AuthStore(database)
    await fill(store, *keys(1, 2))

    async def was_complained_of() -> bool:
        return TASK in caplog.text

    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
        uses = LastUsed(store.mark_used, clock, TASK, flush_seconds=0.02)
        async with uses.flushing():
            uses.mark("key_1")
            await until(was_complained_of)
            connection.execute(text("ALTER TABLE elsewhere RENAME TO api_keys"))
    engine.dispose()
    assert await last_used(store) == [CREATED]
    await database.close()


async def test_marking_and_deleting_at_once_never_wait_for_each_other(filled: AuthStore, clock: TurnedClock) -> None:
    await fill(filled, *keys(3, 40))

    async def mark(offset: int) -> None:
        await filled.mark_used({f"key_{number}": CREATED + offset for number in range(1, 40)})

    async def delete() -> None:
        async with filled.write() as transaction:
            await transaction.delete_chatbot("bot_1")

    await asyncio.gather(*(mark(offset) for offset in range(8)), delete(), *(mark(offset) for offset in range(8)))
    assert await last_used(filled) == []
