"""Rules of widgets: where they answer, and what a new id ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.auth.audit_log import audit_event
from services.auth.fields import not_found
from services.auth.last_used import LastUsed
from services.auth.records import Action, Chatbot
from services.auth.scope import TenantScope
from services.auth.store import AuthStore, Transaction, WidgetStore
from services.auth.widget import origins
from services.auth.widget.records import Widget, WidgetSighting
from services.clock import Clock, now_ms
from services.database.refused_visitors import RefusalCounts, RefusedVisitors
from services.ids import new_id


@dataclass(frozen=True, slots=True)
class WidgetChange:
    """What to change. None leaves a switch as it is."""

    enabled: bool | None = None
    allow_apps: bool | None = None
    add_origins: Sequence[str] = ()
    remove_origins: Sequence[str] = ()


def new_widget(chatbot: Chatbot) -> Widget:
    """The widget of a new chatbot: on, and listed nowhere."""
    return Widget(new_id("wgt"), chatbot.id, True, (), False, chatbot.created_ms, chatbot.created_ms)


class Widgets:
    """The widgets of chatbots within a caller's scope. Every change holds for the next question."""

    def __init__(
        self,
        store: AuthStore,
        widgets: WidgetStore,
        sightings: LastUsed[tuple[str, str]],
        refused: RefusalCounts,
        clock: Clock,
    ) -> None:
        self._store = store
        self._widgets = widgets
        self._sightings = sightings
        self._refused = refused
        self._clock = clock

    async def get(self, scope: TenantScope) -> tuple[Widget, Sequence[WidgetSighting], Sequence[RefusedVisitors]]:
        """The widget of the scope's chatbot, where it was seen, and whom Auth has refused."""
        chatbot = scope.chatbot(await self._store.chatbot(scope.chatbot_id))
        widget = _of_chatbot(await self._widgets.widget_of(chatbot.id))
        await self._sightings.flush()
        chatbot_id = widget.chatbot_id
        return widget, await self._widgets.sightings(chatbot_id), await self._refused.of(chatbot_id)

    async def update(self, scope: TenantScope, change: WidgetChange) -> Widget:
        """The widget, changed. INVALID_FIELD and NOT_FOUND as of `origins.changed`."""
        async with self._store.write() as transaction:
            chatbot, before = await _found(transaction, scope, lock=True)
            after = replace(
                before,
                enabled=before.enabled if change.enabled is None else change.enabled,
                allow_apps=before.allow_apps if change.allow_apps is None else change.allow_apps,
                origins=origins.changed(before.origins, change.add_origins, change.remove_origins),
            )
            if after != before:
                after = replace(after, updated_ms=now_ms(self._clock))
                details = _difference(before, after)
                await transaction.save(after)
                await transaction.add(
                    audit_event(Action.WIDGET_UPDATE, after.updated_ms, chatbot.account_id, chatbot.id, "", **details)
                )
        return after

    async def renew(self, scope: TenantScope) -> Widget:
        """The widget with a new id. The old one, and every ticket for it, is dead."""
        async with self._store.write() as transaction:
            chatbot, before = await _found(transaction, scope, lock=True)
            widget = replace(before, id=new_id("wgt"), updated_ms=now_ms(self._clock))
            await transaction.renew_widget(widget)
            ids = {"widget": widget.id, "widget_before": before.id}
            place = (chatbot.account_id, chatbot.id)
            await transaction.add(audit_event(Action.WIDGET_RENEW, widget.updated_ms, *place, **ids))
        return widget


async def _found(transaction: Transaction, scope: TenantScope, *, lock: bool = False) -> tuple[Chatbot, Widget]:
    chatbot = scope.chatbot(await transaction.chatbot(scope.chatbot_id, lock=lock))
    return chatbot, _of_chatbot(await transaction.widget_of(chatbot.id))


def _of_chatbot(widget: Widget | None) -> Widget:
    if widget is None:  # its chatbot went between the two looks
        raise not_found("chatbot")
    return widget


def _difference(before: Widget, after: Widget) -> dict[str, str | list[str]]:
    details: dict[str, str | list[str]] = {}
    for name in ("enabled", "allow_apps"):
        if getattr(after, name) != getattr(before, name):
            details[name] = "yes" if getattr(after, name) else "no"
    added = [site for site in after.origins if site not in before.origins]
    removed = [site for site in before.origins if site not in after.origins]
    return details | ({"sites_added": added} if added else {}) | ({"sites_removed": removed} if removed else {})
