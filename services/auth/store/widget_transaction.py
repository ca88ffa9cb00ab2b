"""What a transaction of Auth's store looks at and changes of widgets."""

import json

from sqlalchemy import delete, update
from sqlmodel import col

from services.auth.store.row_access import RowAccess
from services.auth.store.widget_tables import REFUSED, SIGHTINGS, WidgetRow
from services.auth.widget.records import Widget
from services.database.records import to_record

to_widget = to_record(Widget, WidgetRow, origins=lambda stored: tuple(json.loads(stored)))


class WidgetTransaction(RowAccess):
    """A widget changes under the lock of its chatbot."""

    async def widget_of(self, chatbot_id: str) -> Widget | None:
        """The widget of a chatbot."""
        return await self._find(WidgetRow, to_widget, WidgetRow.chatbot_id == chatbot_id)

    async def renew_widget(self, widget: Widget) -> None:
        """Give the widget the id that the record has, and forget where it was seen under another."""
        renewed = update(WidgetRow).where(col(WidgetRow.chatbot_id) == widget.chatbot_id)
        await self._rows.exec(renewed.values(id=widget.id, updated_ms=widget.updated_ms))
        await self._forget_sightings(widget.chatbot_id)

    async def delete_widget(self, chatbot_id: str) -> None:
        """Delete the widget of a chatbot, with where it was seen, and whom it refused."""
        await self._forget_sightings(chatbot_id)
        await self._rows.exec(delete(REFUSED).where(REFUSED.c.chatbot_id == chatbot_id))
        await self._rows.exec(delete(WidgetRow).where(col(WidgetRow.chatbot_id) == chatbot_id))

    async def _forget_sightings(self, chatbot_id: str) -> None:
        await self._rows.exec(delete(SIGHTINGS).where(SIGHTINGS.c.chatbot_id == chatbot_id))
