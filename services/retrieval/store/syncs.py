"""How the sources of chatbots were last read again."""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, insert, select

from services.database import Database
from services.database.records import to_columns, to_record
from services.retrieval.changes import Changes
from services.retrieval.store.conflicts import despite_conflicts
from services.retrieval.store.tables import SyncRow
from services.retrieval.store.writes import NOBODY, Writes
from services.retrieval.syncs import Sync, SyncFailure

SYNCS = SyncRow.__table__
_BY_CHATBOT = select(SYNCS).where(SYNCS.c.chatbot_id == bindparam("chatbot_id"))


class SyncStore:
    """At most one for each chatbot."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # No search reads them.
        self._writes = Writes(database, Changes())

    async def put(self, chatbot_id: str, sync: Sync) -> None:
        """Keep the newest in the place of the one before."""

        def work(connection: Connection) -> None:
            connection.execute(delete(SYNCS).where(SYNCS.c.chatbot_id == chatbot_id))
            connection.execute(insert(SYNCS).values(chatbot_id=chatbot_id, **_columns(sync)))

        await despite_conflicts(lambda: self._writes.transact(work, seen_by=NOBODY))

    async def of(self, chatbot_id: str) -> Sync | None:
        """The newest; None where there was none."""
        row = await self._database.look_up(_BY_CHATBOT, {"chatbot_id": chatbot_id})
        return None if row is None else _sync(row)


def _read(text: str) -> list[SyncFailure]:
    return [SyncFailure(*pair) for pair in json.loads(text)]


def _write(failures: Sequence[SyncFailure]) -> str:
    return json.dumps([(one.url, one.error) for one in failures])


_columns = to_columns(Sync, SyncRow, failures=_write)
_sync = to_record(Sync, SyncRow, failures=_read)
