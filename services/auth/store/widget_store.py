"""What stands alone of widgets: the look-up of every question, and where they were seen."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from services.auth.store.tables import AuthTable
from services.auth.store.widget_tables import SIGHTINGS, WIDGETS
from services.auth.store.widget_transaction import to_widget
from services.auth.widget.records import Widget, WidgetGrant, WidgetSighting
from services.database import Database

SIGHTINGS_KEPT = 100

# Tables and no classes: a row is half as dear as an object.
_ACCOUNTS, _CHATBOTS = (AuthTable.metadata.tables[name] for name in ("accounts", "chatbots"))

_GRANT = (
    select(
        WIDGETS.c.id,
        WIDGETS.c.chatbot_id,
        _CHATBOTS.c.account_id,
        _ACCOUNTS.c.plan,
        WIDGETS.c.enabled,
        _CHATBOTS.c.enabled,
        WIDGETS.c.origins,
        WIDGETS.c.allow_apps,
    )
    .join_from(WIDGETS, _CHATBOTS, _CHATBOTS.c.id == WIDGETS.c.chatbot_id)
    .join(_ACCOUNTS, _ACCOUNTS.c.id == _CHATBOTS.c.account_id)
    .where(WIDGETS.c.id == bindparam("widget_id"))
)
_OF_CHATBOT = select(WIDGETS).where(WIDGETS.c.chatbot_id == bindparam("chatbot_id"))
_CHATBOT_OF = (
    select(_CHATBOTS.c.id)
    .join(WIDGETS, WIDGETS.c.chatbot_id == _CHATBOTS.c.id)
    .where(WIDGETS.c.id == bindparam("widget_id"))
    .with_for_update(of=_CHATBOTS)
)
_LATEST = (
    select(SIGHTINGS.c.origin, SIGHTINGS.c.last_seen_ms)
    .where(SIGHTINGS.c.chatbot_id == bindparam("of"))
    .order_by(SIGHTINGS.c.last_seen_ms.desc(), SIGHTINGS.c.origin)
)
_KEPT = _LATEST.limit(SIGHTINGS_KEPT)
_FORGET_OLDER = delete(SIGHTINGS).where(
    SIGHTINGS.c.chatbot_id == bindparam("of"),
    SIGHTINGS.c.origin.in_(_LATEST.with_only_columns(SIGHTINGS.c.origin).offset(SIGHTINGS_KEPT)),
)


class WidgetStore:
    """Widgets in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(self, widget_id: str) -> WidgetGrant | None:
        """What the widget with this id opens; every commit that returned anywhere is seen."""
        row = await self._database.look_up(_GRANT, {"widget_id": widget_id})
        if row is None:
            return None
        found, chatbot_id, account_id, plan, widget_enabled, chatbot_enabled, origins, allow_apps = row
        sites = tuple(json.loads(origins))
        return WidgetGrant(found, chatbot_id, account_id, plan, widget_enabled, chatbot_enabled, sites, allow_apps)

    async def widget_of(self, chatbot_id: str) -> Widget | None:
        """The widget of a chatbot."""
        row = await self._database.look_up(_OF_CHATBOT, {"chatbot_id": chatbot_id})
        return None if row is None else to_widget(row)

    async def mark_seen(self, seen_ms: Mapping[tuple[str, str], int]) -> None:
        """Set when widgets were last seen on which origins, never back in time.

        Of each widget the latest are kept; one that is gone is left out. Chatbots are locked in the order of their
        widgets' ids.
        """
        seen: dict[str, dict[str, int]] = {}
        for (widget_id, origin), at_ms in sorted(seen_ms.items()):
            seen.setdefault(widget_id, {})[origin] = at_ms
        mark = _mark(self._database.is_sqlite)
        async with self._database.write() as connection:
            for widget_id, origins in seen.items():
                chatbot_id = (await connection.execute(_CHATBOT_OF, {"widget_id": widget_id})).scalar()
                if chatbot_id is not None:
                    rows = [
                        {"chatbot_id": chatbot_id, "origin": origin, "last_seen_ms": at_ms}
                        for origin, at_ms in origins.items()
                    ]
                    await connection.execute(mark, rows)
                    await connection.execute(_FORGET_OLDER, {"of": chatbot_id})

    async def sightings(self, chatbot_id: str) -> Sequence[WidgetSighting]:
        """Where the chatbot's widget was seen, the latest first."""
        rows = await self._database.look_up_all(_KEPT, {"of": chatbot_id})
        return [WidgetSighting(*row) for row in rows]


def _mark(on_sqlite: bool) -> Any:
    new = (sqlite if on_sqlite else postgresql).insert(SIGHTINGS)
    seen, marked = SIGHTINGS.c.last_seen_ms, new.excluded.last_seen_ms
    later = case((marked > seen, marked), else_=seen)
    return new.on_conflict_do_update(index_elements=["chatbot_id", "origin"], set_={"last_seen_ms": later})
