"""What Auth knows of widgets.

Times are Unix milliseconds, UTC.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Widget:
    """The widget of a chatbot. `origins`: the sites that it answers on; see origins.py."""

    id: str
    chatbot_id: str
    enabled: bool
    origins: tuple[str, ...]
    allow_apps: bool
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True)
class WidgetSighting:
    """When a page of an origin last asked for a ticket."""

    origin: str
    last_seen_ms: int


@dataclass(frozen=True, slots=True)
class WidgetGrant:
    """What decides whether a visitor may ask, as one look-up finds it."""

    widget_id: str
    chatbot_id: str
    account_id: str
    plan: str
    widget_enabled: bool
    chatbot_enabled: bool
    origins: tuple[str, ...]
    allow_apps: bool

    @property
    def is_open(self) -> bool:
        """Whether it answers anywhere."""
        return self.widget_enabled and self.chatbot_enabled
