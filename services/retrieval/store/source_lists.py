"""Lists and counts of sources, for which not all of them are read whole."""

from collections.abc import Collection
from functools import cache
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)

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
EVERY_STANDING = [Standing._make(("", *each)) for each in product(*[(False, True)] * 3, (None, False, True))]
"""All that there are, whatever the version."""
_WORK = case((INGESTS.c.working.is_(None), 0), (INGESTS.c.working, 2), else_=1)
_KIND = cast(_REST[0], Integer) * 12 + cast(_REST[1], Integer) * 6 + cast(_REST[2], Integer) * 3 + _WORK
"""The place among EVERY_STANDING."""
_SUMS = (func.count(), func.sum(SOURCES.c.passages), func.sum(SOURCES.c.size_bytes))


# Whether versions are told apart.
_VERSION: dict[bool, ColumnElement[str]] = {True: SOURCES.c.version, False: literal("", String)}


def _sums(*, by_version: bool) -> Select[Any]:
    alike = (SOURCES.c.version, *_REST) if by_version else _REST
    query = select(_VERSION[by_version], *_REST, *_SUMS).select_from(_WITH_INGESTS)
    return query.where(SOURCES.c.chatbot_id == bindparam("chatbot_id")).group_by(*alike)


# Made once: making a statement costs more than running it.
_SUMS_OF = {by_version: _sums(by_version=by_version) for by_version in (True, False)}
_LISTED = {
    by_version: select(SOURCES.c.position, SOURCES.c.title, SOURCES.c.url, version, *_REST)
    .select_from(_WITH_INGESTS)
    .where(SOURCES.c.chatbot_id == bindparam("chatbot_id"), SOURCES.c.position > bindparam("after"))
    .order_by(SOURCES.c.position)
    .limit(bindparam("size"))
    for by_version, version in _VERSION.items()
}
_LISTED_OF_KINDS = _LISTED[False].where(_KIND.in_(bindparam("kinds", expanding=True)))
_AT = sources_of().where(SOURCES.c.position.in_(bindparam("positions", expanding=True))).order_by(SOURCES.c.position)


class SourceLists:
    """Never writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, chatbot_id: str, *, by_version: bool) -> list[StandingSum]:
        """The chatbot's sources, those that stand alike together; with their versions or without."""
        rows = await self._database.fetch(_SUMS_OF[by_version], {"chatbot_id": chatbot_id})
        return [StandingSum(Standing(*row[:5]), *map(int, row[5:])) for row in rows]

    async def listed(
        self,
        chatbot_id: str,
        after: int,
        limit: int,
        *,
        by_version: bool,
        standings: Collection[Standing] | None = None,
    ) -> list[ListedSource]:
        """Sources in the order in which they came, from the one behind position `after`.

        `standings`: some of EVERY_STANDING, to which they are narrowed where versions are not told apart.
        """
        wanted: dict[str, object] = {"chatbot_id": chatbot_id, "after": after, "size": limit}
        statement = _LISTED[by_version]
        if standings is not None and not by_version:
            statement = _LISTED_OF_KINDS
            wanted["kinds"] = [EVERY_STANDING.index(one) for one in standings]
        # Without versions nearly all stand alike.
        standing = cache(Standing._make)
        rows = await self._database.fetch(statement, wanted)
        return [ListedSource(row[0], row[1], row[2], standing(row[3:])) for row in rows]

    async def at(self, chatbot_id: str, positions: Collection[int]) -> list[Source]:
        """The chatbot's sources at these positions, in their order."""
        rows = await self._database.fetch(_AT, {"chatbot_id": chatbot_id, "positions": list(positions)})
        return [to_source(row) for row in rows]
