"""The minute windows of keys, as the Quota service has them."""

import logging
from math import floor

from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.clock import Clock
from services.config.plans import Plan
from services.contract import WINDOW_SECONDS
from services.errors import ChatmountError
from services.windows.window import Window

logger = logging.getLogger("chatmount.auth")

DEADLINE_SECONDS = 1.0


class QuotaWindows:
    """Asks Quota, with a short deadline: a refusal must not wait for the numbers in its headers."""

    def __init__(self, stub: "quota_pb2_grpc.QuotaServiceAsyncStub", clock: Clock) -> None:
        self._stub = stub
        self._clock = clock

    async def window(self, key_id: str, plan_name: str, plan: Plan | None) -> Window:
        """The key's window as it stands; as if nothing were used when Quota does not say."""
        request = quota_pb2.GetWindowRequest(api_key_id=key_id, plan=plan_name)
        try:
            reply = await self._stub.GetWindow(request, timeout=DEADLINE_SECONDS)
        except ChatmountError as error:
            logger.info("Quota did not tell a window (%s)", error.status.name)
            limit = 0 if plan is None else plan.requests_per_minute
            return Window(limit > 0, limit, limit, floor(self._clock()) + WINDOW_SECONDS)
        return Window(reply.remaining > 0, reply.limit, reply.remaining, reply.reset_at)
