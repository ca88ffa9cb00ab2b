"""The tables of all services, filled for one account."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import insert, text

from services.config.settings import Settings
from services.database import LONG_SECONDS, Database, open_database
from services.ids import new_id
from services.web.dashboard.conversations import address_of
from tests.web.filled.auth import auth_rows
from tests.web.filled.chat import chat_rows
from tests.web.filled.quota import quota_rows
from tests.web.filled.retrieval import retrieval_rows
from tests.web.filled.size import Owned, Rows, Size
from tests.web.filled.words import Words

PART = 2_000

_ROWS: Mapping[str, Callable[[Owned, Size, Words], Rows]] = {
    "auth": auth_rows,
    "quota": quota_rows,
    "retrieval": retrieval_rows,
    "chat": chat_rows,
}


async def fill(
    settings: Settings, account_id: str, chatbot_id: str, user_id: str, size: Size, now: float
) -> dict[str, str]:
    """Write it all, and return one id of each kind: `key` of a key, `request_id` of a turn.

    The chatbot is among `size.chatbots`.
    """
    others = tuple(new_id("bot") for _ in range(size.chatbots - 1))
    owned = Owned(account_id, chatbot_id, user_id, others, int(now * 1000))
    known: dict[str, str] = {}
    for service, rows in _ROWS.items():
        database = open_database(settings, service)
        try:
            for table, columns in rows(owned, size, Words()):
                known = _ids(columns) | known
                for part in _parts(columns):
                    async with database.write(LONG_SECONDS) as connection:
                        await connection.execute(insert(table), part)
            await _tidy(database)
        finally:
            await database.close()
    return known | {"acct": account_id, "bot": chatbot_id, "con": address_of(known["ses"])}


def _ids(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    named = [str(row[name]) for row in reversed(rows) for name in ("id", "wording") if name in row]
    turn = {"request_id": str(rows[0]["request_id"])} if rows and "source_urls" in rows[0] else {}
    return {each.partition("_")[0]: each for each in named} | turn


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), PART):
        yield rows[start : start + PART]


async def _tidy(database: Database) -> None:
    # Postgres does it by itself after a while; for SQLite nobody does.
    if not database.is_sqlite:
        async with database.read(LONG_SECONDS) as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM ANALYZE"))
