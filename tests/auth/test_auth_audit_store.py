"""The audit log in the database, of both kinds: it is added to, and nothing else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.auth.records import Action, AuditEvent, AuditFilter
from services.auth.store import AuthStore
from services.database import Database
from services.database.migrations import head_revision
from services.database.snapshot.writing import replacing

EVERYTHING = AuditFilter()
NEWEST = 2**63 - 1
ADD = (
    "INSERT INTO audit_events (position, id, created_ms, actor, action, account_id, chatbot_id, key_id, request_id,"
    " details) VALUES ({position}, '{id}', 0, 'forged', 'x', '', '', '', '', '{{}}')"
)


def event(number: int) -> AuditEvent:
    """Events of two accounts in turns, a second apart."""
    account = f"acct_{number % 2}"
    details = {"name": "Räder 🚲", "allowlist": ["::1"]}
    return AuditEvent(f"evt_{number}", number * 1000, "ada", Action.KEY_ROTATE, account, "bot", "key", "r", details)


@pytest.fixture
async def filled(store: AuthStore) -> AuthStore:
    """A store with ten events."""
    async with store.write() as transaction:
        await transaction.add(*(event(number) for number in range(10)))
    return store


async def found(store: AuthStore, **fields: object) -> list[str]:
    wanted = AuditFilter(**fields)  # type: ignore[arg-type]
    return [item.id for item in await store.audit_events(EVERYTHING, wanted, NEWEST, 100)]


CHANGES = [
    "UPDATE audit_events SET actor = 'somebody else'",
    "UPDATE audit_events SET actor = 'somebody else' WHERE id = 'evt_3'",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE id = 'evt_9'",
]
SQLITE_CHANGES = [
    "REPLACE INTO" + ADD.removeprefix("INSERT INTO").format(position=1, id="evt_new"),
    "INSERT OR REPLACE INTO" + ADD.removeprefix("INSERT INTO").format(position=99, id="evt_3"),
    ADD.format(position=1, id="evt_new") + " ON CONFLICT DO UPDATE SET actor = 'forged'",
]
POSTGRES_CHANGES = [
    "TRUNCATE audit_events",
    ADD.format(position=99, id="evt_3") + " ON CONFLICT (id) DO UPDATE SET actor = 'forged'",
    "MERGE INTO audit_events USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
]


async def test_the_database_refuses_to_change_or_delete_events(filled: AuthStore, database: Database) -> None:
    before = await filled.audit_events(EVERYTHING, EVERYTHING, NEWEST, 100)
    assert len(before) == 10
    for statement in [*CHANGES, *(SQLITE_CHANGES if database.is_sqlite else POSTGRES_CHANGES)]:
        with pytest.raises(DBAPIError, match="audit events can only be added"):
            async with database.write() as connection:
                await connection.execute(text(statement))
    assert await filled.audit_events(EVERYTHING, EVERYTHING, NEWEST, 100) == before


async def test_what_is_written_is_read_again_newest_first(filled: AuthStore) -> None:
    events = await filled.audit_events(EVERYTHING, EVERYTHING, NEWEST, 100)
    assert events == [event(number) for number in reversed(range(10))]


async def test_pages_follow_one_another_whatever_is_added_meanwhile(filled: AuthStore) -> None:
    before, ids = NEWEST, []
    for number in range(3):
        page = await filled.audit_events(EVERYTHING, EVERYTHING, before, 4)
        assert len(page) == (5, 5, 2)[number]  # one more than asked for, when there are more
        async with filled.write() as transaction:
            await transaction.add(event(10 + number))
        ids += [item.id for item in page[:4]]
        before = page[:4][-1].position or 0
    assert ids == [f"evt_{number}" for number in reversed(range(10))]


async def test_events_are_found_by_all_that_is_asked(filled: AuthStore) -> None:
    assert len(await found(filled)) == 10
    assert await found(filled, account_id="acct_1", since_ms=5000) == ["evt_9", "evt_7", "evt_5"]
    assert await found(filled, since_ms=3000, until_ms=5000) == ["evt_4", "evt_3"]
    assert await found(filled, action="key.revoke") == []
    assert await found(filled, chatbot_id="bot_other") == []
    assert await found(filled, key_id="key_other") == []
    assert len(await found(filled, chatbot_id="bot", key_id="key", action="key.rotate", until_ms=10_000)) == 10


async def test_what_a_scope_leaves_out_no_filter_brings_back(filled: AuthStore) -> None:
    scope = AuditFilter(account_id="acct_1")
    assert await filled.audit_events(scope, AuditFilter(account_id="acct_0"), NEWEST, 100) == []
    page = await filled.audit_events(scope, EVERYTHING, NEWEST, 100)
    assert {item.account_id for item in page} == {"acct_1"}


async def test_an_event_of_a_transaction_that_fails_is_not_there(filled: AuthStore) -> None:
    async def fail() -> None:
        async with filled.write() as transaction:
            await transaction.add(event(10))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert len(await found(filled)) == 10


async def test_a_backup_can_be_put_in_place_of_a_log_that_has_events(filled: AuthStore, database: Database) -> None:
    row = {"position": 5, "id": "evt_old", "created_ms": 1, "actor": "a", "action": "key.rotate", "details": "{}"}
    empty = dict.fromkeys(("account_id", "chatbot_id", "key_id", "request_id"), "")
    async with replacing(database, str(head_revision("auth"))) as filling:
        await filling.add("audit_events", [row | empty])
        await filling.set_numbering()
    async with filled.write() as transaction:
        await transaction.add(event(1))
    assert await found(filled) == ["evt_1", "evt_old"]
    with pytest.raises(DBAPIError, match="can only be added"):
        async with database.write() as connection:
            await connection.execute(text("DELETE FROM audit_events"))
