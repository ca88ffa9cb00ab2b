"""Notes of versions that the index has yet to follow, and the state it should have."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, delete, literal, select, text

from services.database import LONG_SECONDS, Database
from services.retrieval.changes import Changes
from services.retrieval.records import LiveVersion, Removed
from services.retrieval.store.tables import (
    ChatbotLanguageRow,
    IngestRow,
    PassageRow,
    QaPairRow,
    SourceRow,
    SyncRow,
    UnsettledRow,
    WordLanguageRow,
)
from services.retrieval.store.writes import NOBODY, Writes

SOURCES, PASSAGES, INGESTS = SourceRow.__table__, PassageRow.__table__, IngestRow.__table__
QA_PAIRS, UNSETTLED = QaPairRow.__table__, UnsettledRow.__table__

_PART = 500
# A source without passages has no content yet, so there is nothing for the index to hold.
_SOURCES = select(
    SOURCES.c.version, SOURCES.c.chatbot_id, SOURCES.c.passages.label("entries"), SOURCES.c.enabled
).where(SOURCES.c.passages > 0)
_QUESTIONS = select(
    QA_PAIRS.c.id.label("version"), QA_PAIRS.c.chatbot_id, literal(1).label("entries"), literal(True).label("enabled")
)
# In one statement, for another replica may note the same version at the same time.
_NOTE = (
    "INSERT INTO unsettled (version, since_ms) VALUES (:version, :since_ms) "
    "ON CONFLICT (version) DO UPDATE SET since_ms = excluded.since_ms"
)


class UnsettledStore:
    """What should be, against which the index is held."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._writes = Writes(database, changes or Changes())

    async def note(self, version: str, now_ms: int) -> None:
        """Note that the index is about to hold a version which is not, or not yet, that of a source."""
        await self._writes.transact(lambda connection: mark_unsettled(connection, [version], now_ms), seen_by=NOBODY)

    async def live(self, versions: Collection[str] | None = None) -> dict[str, LiveVersion]:
        """The versions that the index should hold: all of them, or those among `versions`."""
        async with self._database.read(LONG_SECONDS) as connection:
            if versions is None:
                return await connection.run_sync(_live, None)
            found: dict[str, LiveVersion] = {}
            for part in _parts(versions):
                found |= await connection.run_sync(_live, part)
            return found

    async def unsettled(self, before_ms: int | None = None) -> list[str]:
        """Versions noted as unsettled; only those noted before a time, when one is given."""
        query = select(UNSETTLED.c.version)
        if before_ms is not None:
            query = query.where(UNSETTLED.c.since_ms < before_ms)
        async with self._database.read(LONG_SECONDS) as connection:
            return list((await connection.execute(query)).scalars())

    async def settle(self, applied: Mapping[str, LiveVersion | None]) -> list[str]:
        """Strike the notes of versions that the index holds as given (None: not at all).

        The result are the others: those that have changed meanwhile, whose notes stay. A change commits together with
        its note, so the one who has the note's row sees every change there is before it.
        """

        def work(connection: Connection) -> list[str]:
            changed: list[str] = []
            for part in _parts(applied):
                noted = select(UNSETTLED.c.version).where(UNSETTLED.c.version.in_(part)).order_by(UNSETTLED.c.version)
                taken = set(connection.execute(noted.with_for_update()).scalars())
                live = _live(connection, part)
                mark_settled(connection, {version for version in taken if live.get(version) == applied[version]})
                changed += [version for version in part if live.get(version) != applied[version]]
            return changed

        return await self._writes.transact(work, LONG_SECONDS, seen_by=NOBODY)

    async def claim(self, version: str, now_ms: int, before_ms: int) -> bool:
        """Note a version; False if it was noted since `before_ms`, and is another's to work on."""
        claimed = text(f"{_NOTE} WHERE unsettled.since_ms < :before_ms RETURNING version")
        values = {"version": version, "since_ms": now_ms, "before_ms": before_ms}
        async with self._writes.write(seen_by=NOBODY) as connection:
            return (await connection.execute(claimed, values)).first() is not None

    async def remove_all(self, chatbot_id: str, now_ms: int) -> Removed:
        """Remove everything of a chatbot; what the index holds of it is unsettled by this."""

        def work(connection: Connection) -> Removed:
            # What goes is told by the statement that removes it: another replica may be adding at the same time.
            sources = (
                delete(SOURCES).where(SOURCES.c.chatbot_id == chatbot_id).returning(SOURCES.c.id, SOURCES.c.version)
            )
            pairs = delete(QA_PAIRS).where(QA_PAIRS.c.chatbot_id == chatbot_id).returning(QA_PAIRS.c.id)
            gone = connection.execute(sources).all()
            source_versions = [row.version for row in gone]
            pair_versions = list(connection.execute(pairs).scalars())
            for part in _parts(source_versions):
                connection.execute(delete(PASSAGES).where(PASSAGES.c.version.in_(part)))
            for part in _parts([row.id for row in gone]):
                connection.execute(delete(INGESTS).where(INGESTS.c.source_id.in_(part)))
            for table in (ChatbotLanguageRow.__table__, WordLanguageRow.__table__, SyncRow.__table__):
                connection.execute(delete(table).where(table.c.chatbot_id == chatbot_id))
            versions = [*source_versions, *pair_versions]
            mark_unsettled(connection, versions, now_ms)
            return Removed(len(source_versions), len(pair_versions), versions)

        return await self._writes.transact(work, LONG_SECONDS, seen_by=chatbot_id)


def mark_unsettled(connection: Connection, versions: Collection[str], now_ms: int) -> None:
    """Note versions inside a transaction; those noted before get the new time."""
    for part in _parts(versions):
        connection.execute(text(_NOTE), [{"version": version, "since_ms": now_ms} for version in part])


def mark_settled(connection: Connection, versions: Collection[str]) -> None:
    """Strike notes inside a transaction."""
    for part in _parts(versions):
        connection.execute(delete(UNSETTLED).where(UNSETTLED.c.version.in_(part)))


def _live(connection: Connection, among: Collection[str] | None) -> dict[str, LiveVersion]:
    sources, questions = _SOURCES, _QUESTIONS
    if among is not None:
        sources, questions = sources.where(SOURCES.c.version.in_(among)), questions.where(QA_PAIRS.c.id.in_(among))
    rows = [row for query in (sources, questions) for row in connection.execute(query)]
    return {row.version: LiveVersion(row.version, row.chatbot_id, row.entries, bool(row.enabled)) for row in rows}


def _parts(versions: Collection[str]) -> Iterator[list[str]]:
    # Databases bound the number of parameters of a statement.
    ordered = sorted(versions)
    for start in range(0, len(ordered), _PART):
        yield ordered[start : start + _PART]
