"""Lists and counts of sources, for which not all of them are read whole."""

from collections.abc import Collection

from sqlalchemy import String, func, literal, literal_column, select

from services.database import Database
from services.retrieval.records import ListedSource, Source, Standing, StandingSum
from services.retrieval.store.source_rows import sources_of, to_source
from services.retrieval.store.tables import IngestRow, SourceRow

SOURCES, INGESTS = SourceRow.__table__, IngestRow.__table__
_WITH_INGESTS = SOURCES.outerjoin(INGESTS, INGESTS.c.source_id == SOURCES.c.id)
# Texts and no parameters, which Postgres would not take for the same in GROUP BY.
_REST = (
    SOURCES.c.enabled,
    SOURCES.c.passages > literal_column("0"),
    SOURCES.c.error != literal_column("''"),
    INGESTS.c.working,
)
_SUMS = (func.count(), func.sum(SOURCES.c.passages), func.sum(SOURCES.c.size_bytes))


class SourceLists:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, chatbot_id: str, *, by_version: bool) -> list[StandingSum]:
        """The chatbot's sources, those that stand alike together; with their versions or without."""
        alike = (SOURCES.c.version, *_REST) if by_version else _REST
        version = SOURCES.c.version if by_version else literal("", String)
        query = select(version, *_REST, *_SUMS).select_from(_WITH_INGESTS).where(SOURCES.c.chatbot_id == chatbot_id)
        rows = await self._database.fetch(query.group_by(*alike))
        return [StandingSum(Standing(*row[:5]), *map(int, row[5:])) for row in rows]

    async def listed(self, chatbot_id: str, after: int, limit: int) -> list[ListedSource]:
        """Sources in the order in which they came, from the one behind position `after`."""
        names = (SOURCES.c.position, SOURCES.c.title, SOURCES.c.url)
        query = (
            select(*names, SOURCES.c.version, *_REST)
            .select_from(_WITH_INGESTS)
            .where(SOURCES.c.chatbot_id == chatbot_id, SOURCES.c.position > after)
            .order_by(SOURCES.c.position)
            .limit(limit)
        )
        rows = await self._database.fetch(query)
        return [ListedSource(row.position, row.title, row.url, Standing(*row[3:])) for row in rows]

    async def at(self, chatbot_id: str, positions: Collection[int]) -> list[Source]:
        """The chatbot's sources at these positions, in their order."""
        query = sources_of(chatbot_id).where(SOURCES.c.position.in_(positions)).order_by(SOURCES.c.position)
        return [to_source(row) for row in await self._database.fetch(query)]
