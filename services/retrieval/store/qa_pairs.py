"""Question-and-answer pairs in the relational store."""

import hashlib
from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, insert, select, update

from services.database import Database
from services.database.records import to_columns, to_record
from services.retrieval.changes import Changes
from services.retrieval.records import QaPair
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.tables import QaPairRow
from services.retrieval.store.unsettled import mark_unsettled
from services.retrieval.store.writes import Writes

QA_PAIRS = QaPairRow.__table__
_REPLACED = ("question", "answer", "url", "title")
# Making a statement costs more than running it, so those of pages and searches are made once.
_OWN = QA_PAIRS.c.chatbot_id == bindparam("chatbot_id")
_BY_WORDING = select(QA_PAIRS).where(_OWN, QA_PAIRS.c.wording_digest == bindparam("digest"))
_OF_IDS = select(QA_PAIRS).where(_OWN, QA_PAIRS.c.id.in_(bindparam("ids", expanding=True)))
_PAGE = (
    select(QA_PAIRS)
    .where(_OWN, QA_PAIRS.c.position > bindparam("after"))
    .order_by(QA_PAIRS.c.position)
    .limit(bindparam("size"))
)
_COUNT = select(func.count()).where(_OWN)


class QaPairStore:
    """Every method is one transaction."""

    def __init__(self, database: Database, changes: Changes | None = None) -> None:
        self._database = database
        self._writes = Writes(database, changes or Changes())

    async def put(self, pair: QaPair) -> QaPair:
        """Add a pair, or give the one with this wording the new question, answer, URL and title.

        A new pair's vector is unsettled by this.
        """
        chosen = _wording(pair.chatbot_id, pair.wording)

        def work(connection: Connection) -> QaPair:
            found = connection.execute(select(QA_PAIRS).where(chosen).with_for_update()).one_or_none()
            columns = _columns(pair)
            del columns["position"]
            if found is None:
                connection.execute(insert(QA_PAIRS).values(wording_digest=_digest(pair.wording), **columns))
            else:
                replaced = {name: columns[name] for name in _REPLACED}
                connection.execute(update(QA_PAIRS).where(QA_PAIRS.c.id == found.id).values(replaced))
            stored = _pair(connection.execute(select(QA_PAIRS).where(chosen)).one())
            mark_unsettled(connection, [stored.id], pair.created_ms)
            return stored

        return await despite_conflicts(lambda: self._writes.transact(work, seen_by=pair.chatbot_id))

    async def by_wording(self, chatbot_id: str, wording: str) -> QaPair | None:
        """The chatbot's pair whose question has this wording."""
        row = await self._database.look_up(_BY_WORDING, {"chatbot_id": chatbot_id, "digest": _digest(wording)})
        return None if row is None else _pair(row)

    async def find(self, chatbot_id: str, ids: Collection[str]) -> dict[str, QaPair]:
        """The chatbot's pairs among these ids."""
        rows = await self._database.fetch(_OF_IDS, {"chatbot_id": chatbot_id, "ids": list(ids)})
        return {row.id: _pair(row) for row in rows}

    async def page(self, chatbot_id: str, after: int, limit: int) -> list[QaPair]:
        """Pairs in the order in which they came, from the one behind position `after`."""
        wanted = {"chatbot_id": chatbot_id, "after": after, "size": limit}
        return [_pair(row) for row in await self._database.fetch(_PAGE, wanted)]

    async def count(self, chatbot_id: str) -> int:
        """How many pairs the chatbot has."""
        ((pairs,),) = await self._database.fetch(_COUNT, {"chatbot_id": chatbot_id})
        return int(pairs)

    async def remove(self, chatbot_id: str, pair_id: str, now_ms: int) -> bool:
        """Remove a pair; False when there is none. What the index holds of it is unsettled by this."""
        chosen = and_(QA_PAIRS.c.chatbot_id == chatbot_id, QA_PAIRS.c.id == pair_id)

        def work(connection: Connection) -> bool:
            removed = connection.execute(delete(QA_PAIRS).where(chosen)).rowcount > 0
            if removed:
                mark_unsettled(connection, [pair_id], now_ms)
            return removed

        return await self._writes.transact(work, seen_by=chatbot_id)


def _wording(chatbot_id: str, wording: str) -> ColumnElement[bool]:
    return and_(QA_PAIRS.c.chatbot_id == chatbot_id, QA_PAIRS.c.wording_digest == _digest(wording))


def _digest(wording: str) -> str:
    return hashlib.sha256(wording.encode()).hexdigest()


_pair = to_record(QaPair, QaPairRow)
_columns = to_columns(QaPair, QaPairRow)
