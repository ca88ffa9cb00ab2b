"""The check of every public request: look the key up, decide, count failures, note the use."""

from dataclasses import dataclass
from typing import Protocol

from services.auth import decision
from services.auth import key_secret as api_keys
from services.auth.allowlist import Address, parse_address
from services.auth.decision import Admission
from services.auth.failed_keys import FailedKeys
from services.auth.last_used import LastUsed
from services.auth.store import AuthStore
from services.clock import Clock, now_ms
from services.config.plans import Plan, Plans
from services.errors import ChatmountError, Reason, Text, counted, refusal
from services.windows.window import Window


class KeyWindows(Protocol):
    """The minute windows of keys, which the Quota service keeps."""

    async def window(self, key_id: str, plan_name: str, plan: Plan | None) -> Window:
        """The key's window as it stands, or the best guess when Quota does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Denial:
    """A refused request; `window` is the one that its rate limit headers speak of."""

    refusal: ChatmountError
    window: Window


class KeyCheck:
    """Decides on what the database says now: no cache could admit a dead key."""

    def __init__(
        self,
        store: AuthStore,
        plans: Plans,
        failed_keys: FailedKeys,
        key_windows: KeyWindows,
        last_used: LastUsed[str],
        clock: Clock,
    ) -> None:
        self._store = store
        self._plans = plans
        self._failed_keys = failed_keys
        self._key_windows = key_windows
        self._last_used = last_used
        self._clock = clock

    async def check(self, authorization: str, client_address: str) -> Admission | Denial:
        """Decide on a request with this `Authorization` header ("" for none) from this address."""
        address = parse_address(client_address)
        secret = decision.read_secret(authorization)
        if isinstance(secret, Text):
            return await self._fail(secret, address)
        grant = await self._store.grant(api_keys.digest(secret))
        plan = None if grant is None else self._plans.get(grant.plan)
        verdict = decision.decide(grant, plan, address, now_ms(self._clock))
        if isinstance(verdict, Admission):
            self._last_used.mark(verdict.grant.key_id)
            return verdict
        if grant is None or verdict.reason == Reason.INVALID_API_KEY:
            return await self._fail(verdict, address)
        return Denial(refusal(verdict), await self._key_windows.window(grant.key_id, grant.plan, plan))

    async def _fail(self, text: Text, address: Address | None) -> Denial:
        window = await self._failed_keys.record(address)
        if window.allowed:
            return Denial(refusal(text), window)
        wait = window.retry_after(self._clock())
        seconds = counted(wait, "second")
        return Denial(refusal(Text.FAILED_ATTEMPTS, limit=window.limit, wait=seconds, retry_after=wait), window)
