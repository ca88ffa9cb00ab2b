"""The store's notes of what the index still has to be brought in line with, and the state that it should have."""

from collections.abc import Collection, Iterator

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.database import LONG_SECONDS, Database
from services.retrieval.records import LiveVersion, Removed
from services.retrieval.tables import PASSAGES, QA_PAIRS, SOURCES, UNSETTLED

_PART = 500
_SOURCES = select(SOURCES.c.version, SOURCES.c.chatbot_id, SOURCES.c.passages.label("entries"), SOURCES.c.enabled)
_QUESTIONS = select(
    QA_PAIRS.c.id.label("version"), QA_PAIRS.c.chatbot_id, literal(1).label("entries"), literal(True).label("enabled")
)


class UnsettledStore:
    """What should be, against which the index is held."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self, versions: Collection[str] | None = None) -> dict[str, LiveVersion]:
        """The versions that the index should hold: all of them, or those among `versions`."""
        queries = [_SOURCES, _QUESTIONS]
        if versions is not None:
            queries = []
            for part in _parts(versions):
                queries += [_SOURCES.where(SOURCES.c.version.in_(part)), _QUESTIONS.where(QA_PAIRS.c.id.in_(part))]
        async with self._database.read(LONG_SECONDS) as connection:
            rows = [row for query in queries for row in await connection.execute(query)]
        return {row.version: LiveVersion(row.version, row.chatbot_id, row.entries, bool(row.enabled)) for row in rows}

    async def unsettled(self, before_ms: int | None = None) -> list[str]:
        """Versions noted as unsettled; only those noted before a time, when one is given."""
        query = select(UNSETTLED.c.version)
        if before_ms is not None:
            query = query.where(UNSETTLED.c.since_ms < before_ms)
        async with self._database.read(LONG_SECONDS) as connection:
            return list((await connection.execute(query)).scalars())

    async def settle(self, versions: Collection[str]) -> None:
        """Strikes the notes: the index holds of these versions what it should."""
        async with self._database.write(LONG_SECONDS) as connection:
            await mark_settled(connection, versions)

    async def remove_all(self, chatbot_id: str, now_ms: int) -> Removed:
        """Removes everything of a chatbot; what the index holds of it is unsettled by this."""
        async with self._database.write(LONG_SECONDS) as connection:
            sources = select(SOURCES.c.version).where(SOURCES.c.chatbot_id == chatbot_id)
            pairs = select(QA_PAIRS.c.id).where(QA_PAIRS.c.chatbot_id == chatbot_id)
            source_versions = list((await connection.execute(sources)).scalars())
            pair_versions = list((await connection.execute(pairs)).scalars())
            for table in (PASSAGES, SOURCES, QA_PAIRS):
                await connection.execute(delete(table).where(table.c.chatbot_id == chatbot_id))
            versions = [*source_versions, *pair_versions]
            await mark_unsettled(connection, versions, now_ms)
        return Removed(len(source_versions), len(pair_versions), versions)


async def mark_unsettled(connection: AsyncConnection, versions: Collection[str], now_ms: int) -> None:
    """Notes versions inside a transaction; those noted before are noted anew."""
    await mark_settled(connection, versions)
    for part in _parts(versions):
        await connection.execute(insert(UNSETTLED), [{"version": version, "since_ms": now_ms} for version in part])


async def mark_settled(connection: AsyncConnection, versions: Collection[str]) -> None:
    """Strikes notes inside a transaction."""
    for part in _parts(versions):
        await connection.execute(delete(UNSETTLED).where(UNSETTLED.c.version.in_(part)))


def _parts(versions: Collection[str]) -> Iterator[list[str]]:
    # Databases bound the number of parameters of a statement.
    ordered = sorted(versions)
    for start in range(0, len(ordered), _PART):
        yield ordered[start : start + _PART]
