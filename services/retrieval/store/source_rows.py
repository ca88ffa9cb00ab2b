"""Rows of sources, by id, URL or version."""

import hashlib
from operator import attrgetter

from sqlalchemy import Connection, Select, bindparam, insert, select
from sqlalchemy.engine import Row

from services.retrieval.records import Source, UnderWay
from services.retrieval.store.tables import IngestRow, SourceRow

SOURCES, INGESTS = SourceRow.__table__, IngestRow.__table__
_PLAIN = tuple(column.name for column in SOURCES.c if column.name != "url_digest")
_INGEST = ("working", "passages_done", "passages_all", "accepted_ms")
_plain_values, _ingest_values = attrgetter(*_PLAIN), attrgetter(*_INGEST)
_WITH_INGESTS = select(SOURCES, INGESTS.c.id.label("ingest_id"), *(INGESTS.c[name] for name in _INGEST)).select_from(
    SOURCES.outerjoin(INGESTS, INGESTS.c.source_id == SOURCES.c.id)
)


def sources_of() -> Select[tuple[object, ...]]:
    """The sources of the chatbot `chatbot_id`, each with the content that is under way."""
    return _WITH_INGESTS.where(SOURCES.c.chatbot_id == bindparam("chatbot_id"))


def _by(column: str) -> Select[tuple[object, ...]]:
    # Every document that is added runs them, so they are built once.
    return sources_of().where(SOURCES.c[column] == bindparam("value"))


BY_ID, BY_URL, BY_VERSION = _by("id"), _by("url_digest"), _by("version")
"""Statements whose parameters `chatbot_id` and `value` (of a URL its digest) choose one source."""

LOCKED_BY_ID, _LOCKED_BY_URL = BY_ID.with_for_update(of=SOURCES), BY_URL.with_for_update(of=SOURCES)


def one_source(
    connection: Connection, statement: Select[tuple[object, ...]], chatbot_id: str, value: str
) -> Source | None:
    """The chatbot's source that one of the statements above chooses."""
    row = connection.execute(statement, {"chatbot_id": chatbot_id, "value": value}).one_or_none()
    return None if row is None else to_source(row)


def present(connection: Connection, source: Source) -> Source:
    """The source with the URL of `source`; when there is none, `source` is put there.

    Its row is the caller's until the transaction ends. IntegrityError when another replica puts one there at the same
    time.
    """
    digest = url_digest(source.url)
    found = one_source(connection, _LOCKED_BY_URL, source.chatbot_id, digest)
    if found is not None:
        return found
    names = (name for name in _PLAIN if name != "position")
    values = {name: getattr(source, name) for name in names} | {"url_digest": digest}
    connection.execute(insert(SOURCES), values)
    return source


def to_source(row: Row[tuple[object, ...]]) -> Source:
    """The source of a row of `sources_of`."""
    under_way = None if row.ingest_id is None else UnderWay(row.ingest_id, *_ingest_values(row))
    return Source(**dict(zip(_PLAIN, _plain_values(row), strict=True)), under_way=under_way)


def url_digest(url: str) -> str:
    """What stands for a URL in the unique index."""
    return hashlib.sha256(url.encode()).hexdigest()
