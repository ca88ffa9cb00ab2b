"""A key's requests per minute, as its plan grants them."""

from dataclasses import dataclass

from services.clock import Clock, system_clock
from services.config.plans import Plans
from services.errors import Text, counted
from services.quota.usage import plan_named
from services.windows.window import Window, Windows


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may pass. `retry_after` (seconds) and `text` (public) are for one that may not."""

    window: Window
    retry_after: int
    text: str


class RateLimits:
    """Windows of API keys. A plan without API access, or one that is not in the table, grants no request."""

    def __init__(self, windows: Windows, plans: Plans, clock: Clock = system_clock) -> None:
        self._windows = windows
        self._plans = plans
        self._clock = clock

    async def hit(self, api_key_id: str, plan_name: str) -> Verdict:
        """Counts a request of the key."""
        plan = plan_named(self._plans, plan_name)
        window = await self._windows.hit(_window_key(api_key_id), plan.requests_per_minute)
        retry_after = window.retry_after(self._clock())
        if plan.requests_per_minute == 0:
            return Verdict(window, retry_after, Text.PLAN_WITHOUT_API.template)
        return Verdict(window, retry_after, _over_limit(window.limit, retry_after))

    async def peek(self, api_key_id: str, plan_name: str) -> Window:
        """The key's window, nothing counted."""
        plan = plan_named(self._plans, plan_name)
        return await self._windows.peek(_window_key(api_key_id), plan.requests_per_minute)


def _over_limit(limit: int, retry_after: int) -> str:
    return Text.MINUTE_LIMIT.format(requests=counted(limit, "request"), wait=counted(retry_after, "second"))


def _window_key(api_key_id: str) -> str:
    return f"key:{api_key_id}"
