"""Sources and their passages in the relational store, which decides what exists."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection, and_, bindparam, delete, select, update
from sqlalchemy.engine import Row

from services.database import LONG_SECONDS, Database
from services.retrieval.changes import Changes
from services.retrieval.records import FoundPassage, Passage, Source
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.replacement import put_source
from services.retrieval.store.source_rows import (
    BY_ID,
    BY_URL,
    LOCKED_BY_ID,
    one_source,
    sources_of,
    to_source,
    url_digest,
)
from services.retrieval.store.tables import IngestRow, PassageRow, SourceRow
from services.retrieval.store.unsettled import mark_unsettled
from services.retrieval.store.writes import Writes

SOURCES, PASSAGES, INGESTS = SourceRow.__table__, PassageRow.__table__, IngestRow.__table__

_READ_AT_ONCE = 16
_FOUND = select(PASSAGES, SOURCES.c.id.label("source_id"), SOURCES.c.url, SOURCES.c.title).join_from(
    PASSAGES, SOURCES, SOURCES.c.version == PASSAGES.c.version
)
# Making a statement costs more than running it, so those of pages and searches are made once.
_PAGE = (
    sources_of().where(SOURCES.c.position > bindparam("after")).order_by(SOURCES.c.position).limit(bindparam("size"))
)
_SEARCHED = _FOUND.where(
    PASSAGES.c.id.in_(bindparam("ids", expanding=True)),
    PASSAGES.c.chatbot_id == bindparam("chatbot_id"),
    SOURCES.c.enabled.is_(True),
)


class SourceStore:
    """Every method is one transaction, whole or not at all."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._writes = Writes(database, changes or Changes())

    async def get(self, chatbot_id: str, source_id: str) -> Source | None:
        """The chatbot's source with this id."""
        row = await self._database.look_up(BY_ID, {"chatbot_id": chatbot_id, "value": source_id})
        return None if row is None else to_source(row)

    async def by_url(self, chatbot_id: str, url: str) -> Source | None:
        """The chatbot's source with this URL."""
        row = await self._database.look_up(BY_URL, {"chatbot_id": chatbot_id, "value": url_digest(url)})
        return None if row is None else to_source(row)

    async def page(self, chatbot_id: str, after: int, limit: int) -> list[Source]:
        """Sources in the order in which they came, from the one behind position `after`."""
        wanted = {"chatbot_id": chatbot_id, "after": after, "size": limit}
        return [to_source(row) for row in await self._database.fetch(_PAGE, wanted)]

    async def put(
        self, source: Source, passages: Sequence[Passage], now_ms: int, *, fulfils: str = "", supersedes: str = ""
    ) -> tuple[Source, str]:
        """Make `source` the one with its URL: new, or in place of the one there.

        One that takes another's place keeps its id, state and time of creation. Gives back the source as stored, and
        the version that it replaced, which is unsettled by this, or "": one without content was never in the index.

        `fulfils`: the accepted content that this is; Withdrawn when it is not wanted any more. `supersedes`: accepted
        content that is older.
        """
        work = partial(
            put_source, source=source, passages=passages, now_ms=now_ms, fulfils=fulfils, supersedes=supersedes
        )
        return await despite_conflicts(lambda: self._writes.transact(work, LONG_SECONDS, seen_by=source.chatbot_id))

    async def confirm(self, source: Source, origin: str, strikes: str) -> Source:
        """Note that the source has the newest content, and its origin; strike accepted content."""
        chosen = and_(SOURCES.c.chatbot_id == source.chatbot_id, SOURCES.c.version == source.version)

        def work(connection: Connection) -> Source:
            connection.execute(update(SOURCES).where(chosen).values(error="", origin=origin))
            connection.execute(delete(INGESTS).where(INGESTS.c.id == strikes))
            return one_source(connection, BY_ID, source.chatbot_id, source.id) or source

        return await self._writes.transact(work, seen_by=source.chatbot_id)

    async def set_enabled(self, chatbot_id: str, source_id: str, enabled: bool, now_ms: int) -> Source | None:
        """Switch a source; None when there is none. Its version is unsettled by this."""
        chosen = and_(SOURCES.c.chatbot_id == chatbot_id, SOURCES.c.id == source_id)

        def work(connection: Connection) -> Source | None:
            connection.execute(update(SOURCES).where(chosen).values(enabled=enabled, updated_ms=now_ms))
            source = one_source(connection, BY_ID, chatbot_id, source_id)
            if source is not None:
                mark_unsettled(connection, [source.version], now_ms)
            return source

        return await self._writes.transact(work, seen_by=chatbot_id)

    async def remove(self, chatbot_id: str, source_id: str, now_ms: int) -> Source | None:
        """Remove a source with its passages; None when there is none.

        Its version is unsettled by this.
        """

        def work(connection: Connection) -> Source | None:
            source = one_source(connection, LOCKED_BY_ID, chatbot_id, source_id)
            if source is not None:
                connection.execute(delete(PASSAGES).where(PASSAGES.c.version == source.version))
                connection.execute(delete(INGESTS).where(INGESTS.c.source_id == source.id))
                connection.execute(delete(SOURCES).where(SOURCES.c.id == source.id))
                mark_unsettled(connection, [source.version], now_ms)
            return source

        return await self._writes.transact(work, LONG_SECONDS, seen_by=chatbot_id)

    async def first(
        self, chatbot_id: str, ranked: Mapping[str, float], limit: int, *, per_source: int
    ) -> list[FoundPassage]:
        """The best of these passages, of sources that are switched on, so many of each.

        Where there are too few sources for that, more of each. `ranked`: scores by passage id, the best first. Equal
        scores stand in the order of their URLs, and within a page in reading order.
        """
        found: list[FoundPassage] = []
        further: list[FoundPassage] = []
        of_source: Counter[str] = Counter()
        passage_ids = list(ranked)
        # Some are passed over: mostly for being one more of the same page.
        at_once = max(_READ_AT_ONCE, limit + limit // 2)
        start = end = 0
        while start < len(passage_ids):
            end += at_once
            while end < len(passage_ids) and ranked[passage_ids[end]] == ranked[passage_ids[end - 1]]:
                end += 1
            # What is missing was removed, replaced or switched off a moment ago.
            rows = await self._database.look_up_all(
                _SEARCHED, {"chatbot_id": chatbot_id, "ids": passage_ids[start:end]}
            )
            for row in sorted(rows, key=lambda row: (-ranked[row.id], row.url, row.place)):
                if of_source[row.source_id] == per_source:
                    further += [_found(row)] if len(further) < limit else []
                    continue
                of_source[row.source_id] += 1
                found.append(_found(row))
                if len(found) == limit:
                    return found
            start = end
        chosen = [*found, *further[: limit - len(found)]]
        return sorted(chosen, key=lambda one: (-ranked[one.passage.id], one.url, one.passage.place))

    async def of_version(self, version: str, after: int, limit: int) -> list[FoundPassage]:
        """Passages of a version in reading order, from the one behind place `after`."""
        query = _FOUND.where(PASSAGES.c.version == version, PASSAGES.c.place > after)
        rows = await self._database.fetch(query.order_by(PASSAGES.c.place).limit(limit))
        return [_found(row) for row in rows]


def _found(row: Row[*tuple[object, ...]]) -> FoundPassage:
    # Field by field, unlike elsewhere: every search reads some.
    edges = json.loads(row.sentences)
    spans = tuple(zip(edges[::2], edges[1::2], strict=True))
    passage = Passage(row.id, row.place, tuple(json.loads(row.headings)), row.text, spans)
    return FoundPassage(passage, row.source_id, row.url, row.title)
