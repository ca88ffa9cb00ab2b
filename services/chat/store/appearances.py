"""Appearances, as rows: what owners have set, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import bindparam, select

from services.chat.appearance import Appearance
from services.chat.store.statements import upsert
from services.chat.store.tables import AppearanceRow
from services.database import Database

_TABLE = AppearanceRow.__table__
_STORED = select(_TABLE.c.settings).where(_TABLE.c.chatbot_id == bindparam("chatbot_id"))
_NAMES = frozenset(field.name for field in fields(Appearance))


class AppearanceStore:
    """The appearances of all chatbots.

    What was never set is the default, whatever that is by then.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def appearance(self, chatbot_id: str) -> Appearance:
        """The chatbot's appearance; the defaults when none was ever set."""
        row = await self._database.look_up(_STORED, {"chatbot_id": chatbot_id})
        return _appearance({} if row is None else json.loads(row.settings))

    async def change(self, chatbot_id: str, changes: Mapping[str, Any]) -> Appearance:
        """Sets what has changed, and returns the appearance as it is then."""
        first = upsert(self._database.is_sqlite, _TABLE).values(chatbot_id=chatbot_id, settings="{}")
        # Locks the row, so that of two changes at once neither is lost.
        taken = first.on_conflict_do_update(index_elements=["chatbot_id"], set_={"settings": _TABLE.c.settings})
        async with self._database.write() as connection:
            stored = (await connection.execute(taken.returning(_TABLE.c.settings))).scalar_one()
            settings = {**json.loads(stored), **changes}
            change = _TABLE.update().where(_TABLE.c.chatbot_id == chatbot_id)
            await connection.execute(change.values(settings=json.dumps(settings)))
        return _appearance(settings)


def _appearance(settings: Mapping[str, Any]) -> Appearance:
    known: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in settings.items() if name in _NAMES
    }
    return Appearance(**known)
