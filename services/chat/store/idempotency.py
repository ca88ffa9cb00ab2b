"""Requests with an `Idempotency-Key`, as rows."""

from contextlib import suppress

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.chat.idempotency.entries import Attempt, Busy, Conflict, Moment, Standing, Stored, Taken
from services.chat.idempotency.identity import Identity
from services.chat.store.tables import IDEMPOTENT_REQUESTS
from services.database import Database
from services.errors import Text, refusal

SWEEP_BATCH = 500
BEGINNINGS = 5

_ROW = IDEMPOTENT_REQUESTS.c
_THIS = (_ROW.api_key_id == bindparam("of_api_key"), _ROW.key == bindparam("of_key"))
_MINE = (*_THIS, _ROW.attempt_id == bindparam("of_attempt"))

_FIND = select(IDEMPOTENT_REQUESTS).where(*_THIS).with_for_update()
_ADD = insert(IDEMPOTENT_REQUESTS)
_REPLACE = update(IDEMPOTENT_REQUESTS).where(*_THIS)
_CHANGE = update(IDEMPOTENT_REQUESTS).where(*_MINE)
_FORGET = delete(IDEMPOTENT_REQUESTS).where(*_MINE, _ROW.charged.is_(False))
_OVER = select(_ROW.api_key_id, _ROW.key).where(_ROW.begun_ms < bindparam("since_ms")).limit(SWEEP_BATCH)


class EntryStore:
    """See `Entries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, identity: Identity, attempt: Attempt, moment: Moment) -> Standing:
        """See Entries."""
        for _ in range(BEGINNINGS):
            # Another replica may begin it after this one has looked, and may have ended it again at the next look.
            with suppress(IntegrityError):
                return await self._database.transact(lambda connection: _begin(connection, identity, attempt, moment))
        raise refusal(Text.IDEMPOTENCY_CROWD)

    async def renew(self, identity: Identity, attempt_id: str, lease_ms: int) -> bool:
        """See Entries."""
        return await self._change(identity, attempt_id, lease_ms=lease_ms)

    async def move(self, identity: Identity, attempt_id: str, reservation_id: str) -> bool:
        """See Entries."""
        return await self._change(identity, attempt_id, reservation_id=reservation_id)

    async def finish(self, identity: Identity, attempt_id: str, reply: str) -> bool:
        """See Entries."""
        return await self._change(identity, attempt_id, reply=reply)

    async def leave(self, identity: Identity, attempt_id: str) -> bool:
        """See Entries."""
        return await self._change(identity, attempt_id, lease_ms=0, charged=True)

    async def forget(self, identity: Identity, attempt_id: str) -> bool:
        """See Entries."""
        parameters = _of(identity) | {"of_attempt": attempt_id}
        return await self._database.transact(lambda connection: connection.execute(_FORGET, parameters).rowcount > 0)

    async def sweep(self, since_ms: int) -> int:
        """Deletes some of the entries that were begun before; returns how many. Replicas may sweep at once."""
        return await self._database.transact(lambda connection: _sweep(connection, since_ms))

    async def _change(self, identity: Identity, attempt_id: str, **values: object) -> bool:
        parameters = _of(identity) | {"of_attempt": attempt_id}
        change = _CHANGE.values(**values)
        return await self._database.transact(lambda connection: connection.execute(change, parameters).rowcount > 0)


def _begin(connection: Connection, identity: Identity, attempt: Attempt, moment: Moment) -> Standing:
    row = connection.execute(_FIND, _of(identity)).one_or_none()
    fresh = {
        "chatbot_id": identity.chatbot_id,
        "digest": identity.digest,
        "attempt_id": attempt.id,
        "reservation_id": attempt.reservation_id,
        "charged": False,
        "begun_ms": moment.now_ms,
        "lease_ms": moment.lease_ms,
        "reply": None,
    }
    if row is None:
        connection.execute(_ADD, {"api_key_id": identity.api_key_id, "key": identity.key} | fresh)
        return Taken(attempt.reservation_id)
    if row.begun_ms < moment.since_ms:
        connection.execute(_REPLACE.values(**fresh), _of(identity))
        return Taken(attempt.reservation_id)
    if row.digest != identity.digest:
        return Conflict()
    if row.reply is not None:
        return Stored(row.reply)
    if row.lease_ms > moment.now_ms:
        return Busy()
    # Whether the attempt before was charged died with it.
    connection.execute(_REPLACE.values(attempt_id=attempt.id, lease_ms=moment.lease_ms, charged=True), _of(identity))
    return Taken(row.reservation_id)


def _sweep(connection: Connection, since_ms: int) -> int:
    over = connection.execute(_OVER.with_for_update(skip_locked=True), {"since_ms": since_ms}).all()
    forget = delete(IDEMPOTENT_REQUESTS).where(*_THIS)
    if over:
        connection.execute(forget, [{"of_api_key": api_key_id, "of_key": key} for api_key_id, key in over])
    return len(over)


def _of(identity: Identity) -> dict[str, object]:
    return {"of_api_key": identity.api_key_id, "of_key": identity.key}
