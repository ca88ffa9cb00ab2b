"""A source with its passages, put in the place of the one with its URL."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, update

from services.database.records import to_columns
from services.retrieval.records import Passage, Source, Withdrawn
from services.retrieval.store.source_rows import BY_VERSION, INGESTS, SOURCES, one_source, present
from services.retrieval.store.tables import PassageRow
from services.retrieval.store.unsettled import mark_settled, mark_unsettled
from services.retrieval.text.sentences import Span

PASSAGES = PassageRow.__table__

_ROWS_PER_INSERT = 500
_REPLACED = ("title", "version", "digest", "passages", "size_bytes", "updated_ms", "error", "origin")


def put_source(
    connection: Connection,
    *,
    source: Source,
    passages: Sequence[Passage],
    now_ms: int,
    fulfils: str,
    supersedes: str,
) -> tuple[Source, str]:
    """See SourceStore.put."""
    there = present(connection, source)
    if fulfils or supersedes:
        struck = connection.execute(delete(INGESTS).where(INGESTS.c.id == (fulfils or supersedes)))
        # What was removed while it was indexed must not come back.
        if fulfils and not struck.rowcount:
            raise Withdrawn
    before = there if there.id != source.id else None
    if before is not None:
        values = {name: getattr(source, name) for name in _REPLACED}
        connection.execute(update(SOURCES).where(SOURCES.c.id == before.id).values(values))
    replaced = before.version if before is not None and before.passages else ""
    if replaced:
        connection.execute(delete(PASSAGES).where(PASSAGES.c.version == replaced))
        mark_unsettled(connection, [replaced], now_ms)
    owner = {"chatbot_id": source.chatbot_id, "version": source.version}
    for start in range(0, len(passages), _ROWS_PER_INSERT):
        rows = [owner | _columns(passage) for passage in passages[start : start + _ROWS_PER_INSERT]]
        connection.execute(insert(PASSAGES), rows)
    # A source that is switched off stays off: its new passages still have to be switched off in the index.
    if before is None or before.enabled:
        mark_settled(connection, [source.version])
    stored = one_source(connection, BY_VERSION, source.chatbot_id, source.version)
    if stored is None:
        raise RuntimeError("a source that was just written is not there")
    return stored, replaced


def _edges(spans: Sequence[Span]) -> str:
    return json.dumps([edge for span in spans for edge in span])


_columns = to_columns(Passage, PassageRow, headings=json.dumps, sentences=_edges)
