"""How often visitors of websites may come: by their address, and all of a widget together.

The narrowest limit goes first, and who is refused by it counts nowhere else: one visitor can't use up the others'.
"""

from collections import OrderedDict
from dataclasses import dataclass

from services.clock import Clock, system_clock
from services.config.widget_limits import DEFAULT_WIDGET_LIMITS, WidgetLimits
from services.database.refused_visitors import RefusalCounts
from services.errors import Text, counted
from services.quota.rate_limits import Verdict
from services.windows.window import Windows

LONGEST_ORIGIN = 300
"""What is longer is no website's."""

LONGEST_PATH = 60
"""What is longer names no widget of ours. Whoever asks for it chooses the length, and windows are kept for a minute."""

FRAMES_PER_MINUTE = 60
"""Of one address: pages of any widget."""

LOOKS_PER_MINUTE = 60
"""Of one address at one widget: conversations that are read or deleted, and ratings."""


WIDGETS_KNOWN = 10_000

_REASONS = {Text.VISITOR_LIMIT: "address", Text.WIDGET_LIMIT: "widget"}


@dataclass(frozen=True, slots=True)
class _Limit:
    key: str
    requests: int
    text: Text


class WidgetRateLimits:
    """Windows of addresses and widgets, and counts of what they refuse to whose chatbot."""

    def __init__(
        self,
        windows: Windows,
        refused: RefusalCounts,
        limits: WidgetLimits = DEFAULT_WIDGET_LIMITS,
        clock: Clock = system_clock,
    ) -> None:
        self._windows = windows
        self._refused = refused
        # By widgets that Auth has vouched for: anybody can ask for a ticket of a widget that there is not.
        self._chatbots: OrderedDict[str, str] = OrderedDict()
        self._limits = limits
        self._clock = clock

    async def hit_ticket(self, address: str, path: str, origin: str) -> Verdict:
        """Counts a request for a ticket. Which widget it is for stands in the path, before any `?`.

        Each site has a window of its own: what comes from pages of another, and is refused, uses up nothing of it.
        """
        path = path.partition("?")[0][:LONGEST_PATH]
        widget = f"{path}:{origin[:LONGEST_ORIGIN]}"
        return await self._hit(
            self._chatbots.get(path.rpartition("/")[2], ""),
            _Limit(f"ticket:{address}", self._limits.address_tickets_per_minute, Text.VISITOR_LIMIT),
            _Limit(f"tickets:{widget}", self._limits.widget_tickets_per_minute, Text.WIDGET_LIMIT),
        )

    async def hit_frame(self, address: str) -> Verdict:
        """Counts a look at the page of a widget."""
        return await self._hit("", _Limit(f"frame:{address}", FRAMES_PER_MINUTE, Text.VISITOR_LIMIT))

    async def hit_message(self, address: str, widget: str, chatbot: str) -> Verdict:
        """Counts a question."""
        self._learn(widget, chatbot)
        return await self._hit(
            chatbot,
            _Limit(f"message:{widget}:{address}", self._limits.address_messages_per_minute, Text.VISITOR_LIMIT),
            _Limit(f"messages:{widget}", self._limits.widget_messages_per_minute, Text.WIDGET_LIMIT),
        )

    async def hit_conversation(self, address: str, widget: str, chatbot: str) -> Verdict:
        """Counts what a visitor does with their conversation but ask."""
        self._learn(widget, chatbot)
        return await self._hit(
            chatbot, _Limit(f"conversation:{widget}:{address}", LOOKS_PER_MINUTE, Text.VISITOR_LIMIT)
        )

    def _learn(self, widget: str, chatbot: str) -> None:
        self._chatbots[widget] = chatbot
        self._chatbots.move_to_end(widget)
        if len(self._chatbots) > WIDGETS_KNOWN:
            self._chatbots.popitem(last=False)

    async def _hit(self, chatbot: str, first: _Limit, *wider: _Limit) -> Verdict:
        for limit in (first, *wider):
            window = await self._windows.hit(f"widget:{limit.key}", limit.requests)
            retry_after = window.retry_after(self._clock())
            if not window.allowed:
                if chatbot:
                    self._refused.count(chatbot, _REASONS[limit.text])
                return Verdict(window, retry_after, limit.text.format(wait=counted(retry_after, "second")))
        return Verdict(window, retry_after)
