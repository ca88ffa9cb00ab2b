"""Content that was accepted and is not in the index yet.

While it is here, no crash loses it.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    select,
    update,
)

from services.database import LONG_SECONDS, Database
from services.database.records import to_columns
from services.retrieval.changes import Changes
from services.retrieval.ingest.round_robin import RoundRobin
from services.retrieval.records import Accepted, Source, Withdrawn
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.source_rows import BY_ID, one_source, present, sources_of, to_source
from services.retrieval.store.tables import IngestRow, SourceRow
from services.retrieval.store.writes import NOBODY, Writes

SOURCES, INGESTS = SourceRow.__table__, IngestRow.__table__

_DUE = INGESTS.c.due_ms <= bindparam("now_ms")
_ACCOUNT = (
    select(INGESTS.c.account)
    .where(_DUE, INGESTS.c.account.not_in(bindparam("busy", expanding=True)))
    .order_by(INGESTS.c.account)
    .limit(1)
)
_NEXT_ACCOUNTS = (
    _ACCOUNT.where(INGESTS.c.account > bindparam("after")),
    _ACCOUNT.where(INGESTS.c.account <= bindparam("after")),
)
_CONTENT = (
    select(*(INGESTS.c[name] for name in ("id", "source_id", "account", "chatbot_id", "header", "content")))
    .where(_DUE, INGESTS.c.account == bindparam("account"))
    .order_by(INGESTS.c.chatbot_id, INGESTS.c.position)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_NEXT_CONTENTS = (
    _CONTENT.where(INGESTS.c.chatbot_id > bindparam("after")),
    _CONTENT.where(INGESTS.c.chatbot_id <= bindparam("after")),
)


class IngestStore:
    """Every method is one transaction."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._writes = Writes(database, changes or Changes())

    async def accept(self, source: Source, accepted: Accepted, now_ms: int) -> Source:
        """Keep content for the source with the URL of `source`, in place of older content for it.

        The result is that source; when there is none, `source` is put there.
        """

        def work(connection: Connection) -> Source:
            there = present(connection, source)
            connection.execute(delete(INGESTS).where(INGESTS.c.source_id == there.id))
            values = _columns(accepted) | {"source_id": there.id, "accepted_ms": now_ms} | _state(now_ms)
            connection.execute(insert(INGESTS), values)
            # What was said of older content is not said of this.
            _tell(connection, there, "", source.origin)
            return one_source(connection, BY_ID, there.chatbot_id, there.id) or there

        return await despite_conflicts(lambda: self._writes.transact(work, LONG_SECONDS, seen_by=source.chatbot_id))

    async def refuse(self, source: Source, error: str, fulfils: str = "", again_ms: int | None = None) -> None:
        """Keep why content could not be read, with the source that has the URL of `source`.

        `fulfils`: the accepted content that it was, which is due again at `again_ms`; None: it is dropped. Withdrawn
        when it is not wanted any more.
        """
        chosen = INGESTS.c.id == fulfils
        settled = delete(INGESTS).where(chosen) if again_ms is None else _put_back(chosen, again_ms)

        def work(connection: Connection) -> None:
            there = present(connection, source)
            if fulfils and not connection.execute(settled).rowcount:
                raise Withdrawn
            _tell(connection, there, error, source.origin)

        await despite_conflicts(lambda: self._writes.transact(work, LONG_SECONDS, seen_by=source.chatbot_id))

    async def take(self, now_ms: int, until_ms: int, turns: RoundRobin) -> tuple[Accepted | None, bool]:
        """Content that is due and the caller's until `until_ms`, and whether there is any other.

        Accounts, and the chatbots of one, take turns in the order of their ids; of one chatbot the content that has
        waited longest comes first.
        """
        busy, last_account = turns.busy, turns.last_account

        def work(connection: Connection) -> tuple[Accepted | None, bool]:
            passed_over = list(busy)
            while due := _first(connection, _NEXT_ACCOUNTS, now_ms, last_account, busy=passed_over):
                after = turns.last_chatbot(due.account)
                row = _first(connection, _NEXT_CONTENTS, now_ms, after, account=due.account)
                if row is not None:
                    taken = update(INGESTS).where(INGESTS.c.id == row.id)
                    connection.execute(taken.values(_state(until_ms, working=True)))
                    return Accepted(**row._mapping), True
                # Another replica is taking what it has.
                passed_over.append(due.account)
            return None, connection.execute(select(INGESTS.c.id).limit(1)).first() is not None

        return await self._writes.transact(work, LONG_SECONDS, seen_by=NOBODY)

    async def progress(self, ingest_id: str, done: int, of: int, until_ms: int) -> None:
        """Note the number of indexed passages of content, the caller's until `until_ms`."""
        values = {"passages_done": done, "passages_all": of, "due_ms": until_ms}
        change = update(INGESTS).where(INGESTS.c.id == ingest_id).values(values)
        await self._writes.transact(lambda connection: connection.execute(change), seen_by=NOBODY)

    async def put_back(self, ingest_id: str | None, due_ms: int) -> None:
        """Let others have content from `due_ms` on.

        None: all there is, for nobody is left who could be at work.
        """
        chosen = INGESTS.c.id == ingest_id if ingest_id is not None else INGESTS.c.working.is_(True)
        await self._writes.transact(lambda connection: connection.execute(_put_back(chosen, due_ms)), seen_by=NOBODY)

    async def left(self, chatbot_id: str, source_ids: Collection[str], limit: int) -> tuple[int, list[Source]]:
        """The number of sources with content under way, and the first of those worked on.

        Content that was refused, and waits to be tried again, is not counted. `source_ids`: only these; none: all.
        """
        chosen: ColumnElement[bool] = INGESTS.c.chatbot_id == chatbot_id
        if source_ids:
            chosen = and_(chosen, INGESTS.c.source_id.in_(source_ids))
        working = sources_of().where(chosen, INGESTS.c.working.is_(True))
        async with self._database.read() as connection:
            joined = INGESTS.join(SOURCES, SOURCES.c.id == INGESTS.c.source_id)
            is_refused = and_(SOURCES.c.error != "", INGESTS.c.working.is_(False))
            count = select(func.count()).select_from(joined).where(chosen, not_(is_refused))
            ordered = working.order_by(INGESTS.c.position).limit(limit)
            rows = await connection.execute(ordered, {"chatbot_id": chatbot_id})
            return int((await connection.execute(count)).scalar_one()), [to_source(row) for row in rows]

    async def waiting(self) -> tuple[int, int | None]:
        """The number of contents that wait, of all chatbots, and the time of the oldest."""
        oldest = select(INGESTS.c.accepted_ms).order_by(INGESTS.c.position).limit(1)
        async with self._database.read() as connection:
            count = (await connection.execute(select(func.count()).select_from(INGESTS))).scalar_one()
            return int(count), (await connection.execute(oldest)).scalar_one_or_none()


def _first(
    connection: Connection, statements: Iterable[Select[Any]], now_ms: int, after: str, **values: object
) -> Row[Any] | None:
    """What is due after `after`; or else from the beginning."""
    for statement in statements:
        row = connection.execute(statement, {"now_ms": now_ms, "after": after, **values}).one_or_none()
        if row is not None:
            return row
    return None


def _put_back(chosen: ColumnElement[bool], due_ms: int) -> Update:
    return update(INGESTS).where(chosen).values(_state(due_ms))


def _state(due_ms: int, *, working: bool = False) -> dict[str, Any]:
    return {"due_ms": due_ms, "working": working, "passages_done": 0, "passages_all": 0}


def _tell(connection: Connection, source: Source, error: str, origin: str) -> None:
    values = {"error": error}
    if not source.passages:
        # Of a source that has content, the origin is that of the content.
        values |= {"origin": origin}
    connection.execute(update(SOURCES).where(SOURCES.c.id == source.id).values(values))


_columns = to_columns(Accepted, IngestRow)
