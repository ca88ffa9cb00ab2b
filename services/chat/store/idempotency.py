"""Requests with an `Idempotency-Key`, as rows."""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.chat.idempotency.entry import Attempt, Busy, Conflict, EntryState, Stored, Taken
from services.chat.store.deletion import IS_NOTED, deleted_digest, not_found
from services.chat.store.tables import IdempotentRequestRow, SessionRow
from services.database import Database
from services.database.statements import change, rows
from services.errors import Text, refusal

SWEEP_BATCH = 500
BEGINNINGS = 5

_TABLE = IdempotentRequestRow.__table__
_ROW = _TABLE.c
_S = SessionRow.__table__.c
_THIS = (_ROW.api_key_id == bindparam("of_api_key"), _ROW.key == bindparam("of_key"))
_MINE = (*_THIS, _ROW.attempt_id == bindparam("of_attempt"))

_FIND = select(_TABLE).where(*_THIS).with_for_update()
_ADD = insert(_TABLE)
_REPLACE = update(_TABLE).where(*_THIS)
_BEGIN_AGAIN = _REPLACE.values({column.name: bindparam(column.name) for column in _TABLE.columns})
_INHERIT = _REPLACE.values(attempt_id=bindparam("attempt_id"), lease_ms=bindparam("lease_ms"), charged=True)
_CHANGE = update(_TABLE).where(*_MINE)
_RENEW = _CHANGE.values(lease_ms=bindparam("lease_ms"))
_MOVE = _CHANGE.values(reservation_id=bindparam("reservation_id"))
_FINISH = _CHANGE.values(reply=bindparam("reply"))
_LEAVE = _CHANGE.values(lease_ms=0, charged=True)
_FORGET = delete(_TABLE).where(*_MINE, _ROW.charged.is_(False))
_TAKE_CONVERSATION = (
    select(_S.key)
    .where(_S.chatbot_id == bindparam("chatbot_id"), _S.id == bindparam("conversation_id"))
    .with_for_update(read=True)
)
_OVER = select(_ROW.api_key_id.label("of_api_key"), _ROW.key.label("of_key")).where(
    _ROW.begun_ms < bindparam("since_ms")
)
_TAKE_OVER = _OVER.limit(SWEEP_BATCH).with_for_update(skip_locked=True)


class IdempotencyStore:
    """The entries.

    Each call is atomic over all replicas. An attempt that was replaced changes nothing (False).
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, attempt: Attempt, now_ms: int, since_ms: int, lease_ms: int) -> EntryState:
        """Makes the entry, or takes over one that was left; else tells how it stands.

        Entries begun before `since_ms` are over. The lease of a new one ends at `lease_ms`.
        """

        def work(connection: Connection) -> EntryState:
            return _begin(connection, attempt, now_ms, since_ms, lease_ms)

        for _ in range(BEGINNINGS):
            # Another replica may begin it after this one has looked, and may have ended it again at the next look.
            with suppress(IntegrityError):
                return await self._database.transact(work)
        raise refusal(Text.IDEMPOTENCY_CROWD)

    async def renew(self, attempt: Attempt, lease_ms: int) -> bool:
        """Holds the entry until `lease_ms`."""
        return await self._change(attempt, _RENEW, lease_ms=lease_ms)

    async def move(self, attempt: Attempt, reservation_id: str) -> bool:
        """Puts another reservation in place of one that was lost."""
        return await self._change(attempt, _MOVE, reservation_id=reservation_id)

    async def finish(self, attempt: Attempt, reply: str) -> bool:
        """Stores the answer."""
        return await self._change(attempt, _FINISH, reply=reply)

    async def leave(self, attempt: Attempt) -> bool:
        """Lets the next attempt begin at once, with the same reservation: it may have been charged."""
        return await self._change(attempt, _LEAVE)

    async def forget(self, attempt: Attempt) -> bool:
        """Takes the entry away: nothing was charged, and nothing is to be known of it.

        False also for an entry that was taken over: what the attempt before was charged for can't be known.
        """
        return await self._change(attempt, _FORGET)

    async def sweep(self, since_ms: int) -> int:
        """Deletes a batch of entries that were begun before; returns how many.

        Replicas may sweep at once.
        """

        def work(connection: Connection) -> int:
            over = [dict(row) for row in connection.execute(_TAKE_OVER, {"since_ms": since_ms}).mappings()]
            if over:
                connection.execute(delete(_TABLE).where(*_THIS), over)
            return len(over)

        return await self._database.transact(work)

    async def _change(self, attempt: Attempt, statement: Any, **values: object) -> bool:
        parameters = _entry_of(attempt) | {"of_attempt": attempt.id} | values
        return await self._database.transact(lambda connection: change(connection, statement, parameters) > 0)


def _begin(connection: Connection, attempt: Attempt, now_ms: int, since_ms: int, lease_ms: int) -> EntryState:
    entry = _entry_of(attempt)
    if attempt.identity.conversation_id is not None:
        # A deletion that is under way is waited for, or waits: it must not miss this entry. After it there is none to
        # make, not even for a moment: what takes it away again may fail.
        conversation = attempt.identity.chatbot_id, attempt.identity.conversation_id
        is_there = rows(connection, _TAKE_CONVERSATION, asdict(attempt.identity))
        if not is_there and rows(connection, IS_NOTED, {"digest": deleted_digest(*conversation)}):
            raise not_found()
    found = rows(connection, _FIND, entry)
    fresh = asdict(attempt.identity) | {
        "attempt_id": attempt.id,
        "reservation_id": attempt.reservation_id,
        "charged": False,
        "begun_ms": now_ms,
        "lease_ms": lease_ms,
        "reply": None,
    }
    if not found:
        change(connection, _ADD, fresh)
        return Taken(attempt.reservation_id)
    row = found[0]
    if row.begun_ms < since_ms:
        change(connection, _BEGIN_AGAIN, entry | fresh)
        return Taken(attempt.reservation_id)
    if row.digest != attempt.identity.digest:
        return Conflict()
    if row.reply is not None:
        return Stored(row.reply)
    if row.lease_ms > now_ms:
        return Busy()
    # Whether the attempt before was charged died with it.
    change(connection, _INHERIT, entry | {"attempt_id": attempt.id, "lease_ms": lease_ms})
    return Taken(row.reservation_id)


def _entry_of(attempt: Attempt) -> dict[str, object]:
    return {"of_api_key": attempt.identity.api_key_id, "of_key": attempt.identity.key}
