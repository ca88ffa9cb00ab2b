"""Requests per minute: a key's, as its plan grants them, and an address's at the open pages."""

from dataclasses import dataclass

from services.clock import Clock, system_clock
from services.config.plans import Plans
from services.errors import Text, counted
from services.quota.plan_access import plan_named
from services.windows.window import Window, Windows

PAGE_TRIES_PER_MINUTE = 10
PAGE_LOOKS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass, when to come again (seconds), and the text of a refusal."""

    window: Window
    retry_after: int
    text: str = ""


class RateLimits:
    """Windows of API keys and addresses.

    A plan that is unknown or has no API access grants no request.
    """

    def __init__(self, windows: Windows, plans: Plans, clock: Clock = system_clock) -> None:
        self._windows = windows
        self._plans = plans
        self._clock = clock

    async def hit(self, api_key_id: str, plan_name: str) -> Verdict:
        """Counts a request of the key."""
        plan = plan_named(self._plans, plan_name)
        window = await self._windows.hit(_window_key(api_key_id), plan.requests_per_minute)
        retry_after = window.retry_after(self._clock())
        if window.allowed:
            return Verdict(window, retry_after)
        if window.limit == 0:
            return Verdict(window, retry_after, Text.PLAN_WITHOUT_API.template)
        requests, wait = counted(window.limit, "request"), counted(retry_after, "second")
        return Verdict(window, retry_after, Text.MINUTE_LIMIT.format(requests=requests, wait=wait))

    async def hit_page(self, address: str, *, is_look: bool) -> Verdict:
        """Count a request of nobody known to a page: a form that is sent, or a look at one."""
        kind, limit = ("look", PAGE_LOOKS_PER_MINUTE) if is_look else ("try", PAGE_TRIES_PER_MINUTE)
        window = await self._windows.hit(f"page:{kind}:{address}", limit)
        retry_after = window.retry_after(self._clock())
        if window.allowed:
            return Verdict(window, retry_after)
        return Verdict(window, retry_after, Text.PAGE_TRIES.format(limit=limit, wait=counted(retry_after, "second")))

    async def peek(self, api_key_id: str, plan_name: str) -> Window:
        """The key's window, nothing counted."""
        plan = plan_named(self._plans, plan_name)
        return await self._windows.peek(_window_key(api_key_id), plan.requests_per_minute)


def _window_key(api_key_id: str) -> str:
    return f"key:{api_key_id}"
