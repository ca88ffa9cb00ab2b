"""Rows of sources: one by a condition, and the one with a URL, made when there is none."""

import hashlib

from sqlalchemy import ColumnElement, Select, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.retrieval.records import Source, UnderWay
from services.retrieval.tables import INGESTS, SOURCES

_PLAIN = tuple(column.name for column in SOURCES.c if column.name != "url_digest")
_INGEST = ("working", "passages_done", "passages_all", "accepted_ms")


def sources_of(chatbot_id: str) -> Select[tuple[object, ...]]:
    """The chatbot's sources, each with the content that is under way."""
    ingest = [INGESTS.c.id.label("ingest_id"), *(INGESTS.c[name] for name in _INGEST)]
    joined = SOURCES.outerjoin(INGESTS, INGESTS.c.source_id == SOURCES.c.id)
    return select(SOURCES, *ingest).select_from(joined).where(SOURCES.c.chatbot_id == chatbot_id)


async def one_source(
    connection: AsyncConnection, chatbot_id: str, condition: ColumnElement[bool], *, lock: bool = False
) -> Source | None:
    """The chatbot's source for which the condition holds."""
    query = sources_of(chatbot_id).where(condition)
    row = (await connection.execute(query.with_for_update(of=SOURCES) if lock else query)).one_or_none()
    return None if row is None else to_source(row)


async def present(connection: AsyncConnection, source: Source) -> Source:
    """The source with the URL of `source`, whose row is the caller's until the transaction ends; when there is none,
    `source` is put there. IntegrityError when another replica puts one there at the same time."""
    condition = SOURCES.c.url_digest == url_digest(source.url)
    found = await one_source(connection, source.chatbot_id, condition, lock=True)
    if found is not None:
        return found
    names = (name for name in _PLAIN if name != "position")
    values = {name: getattr(source, name) for name in names} | {"url_digest": url_digest(source.url)}
    await connection.execute(insert(SOURCES).values(values))
    return source


def to_source(row: Row[tuple[object, ...]]) -> Source:
    """The source of a row of `sources_of`."""
    ingest = {name: row._mapping[name] for name in _INGEST}
    under_way = UnderWay(row.ingest_id, **ingest) if row.ingest_id is not None else None
    return Source(**{name: row._mapping[name] for name in _PLAIN}, under_way=under_way)


def url_digest(url: str) -> str:
    """What stands for a URL in the unique index."""
    return hashlib.sha256(url.encode()).hexdigest()
