"""How much the widgets of an installation take of strangers, whatever the plan."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WidgetLimits:
    """Requests a minute of one address, and of all visitors of one widget together."""

    widget_tickets_per_minute: int = 120
    widget_messages_per_minute: int = 120
    address_tickets_per_minute: int = 20
    address_messages_per_minute: int = 10


DEFAULT_WIDGET_LIMITS = WidgetLimits()
