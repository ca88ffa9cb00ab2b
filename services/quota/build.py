"""Composes Quota."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chatmount.quota.v1 import quota_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2_grpc

from services.clock import Clock, system_clock
from services.config.plans import Plans
from services.config.settings import Settings
from services.config.widget_limits import DEFAULT_WIDGET_LIMITS, WidgetLimits
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.database.refused_visitors import RefusalCounts
from services.quota.rate_limits import RateLimits
from services.quota.servicers.quota import QuotaServicer
from services.quota.servicers.rate_limit import RateLimitServicer
from services.quota.store.ledger import LedgerStore
from services.quota.store.tables import REFUSED
from services.quota.widget_rate_limits import WidgetRateLimits
from services.rpc.server import Registration
from services.tasks import Tasks
from services.windows.choose import open_windows

SERVICE = "quota"
SWEEP_SECONDS = 5.0


@asynccontextmanager
async def open_quota(
    settings: Settings,
    plans: Plans,
    clock: Clock = system_clock,
    sweep_seconds: float = SWEEP_SECONDS,
    widget_limits: WidgetLimits = DEFAULT_WIDGET_LIMITS,
) -> AsyncIterator[Sequence[Registration]]:
    """Opens the ledger and the windows and yields what to serve; leaving finishes begun work."""
    async with AsyncExitStack() as parts:
        database = open_database(settings, SERVICE)
        parts.push_async_callback(database.close)
        await migrate_patiently(database)
        # Apart: visitors are strangers, and any number of them would push the windows of API keys out of memory.
        of_keys, of_visitors = [
            await open_windows(settings.redis_url, clock, redis_timeout_ms=settings.redis_timeout_ms) for _ in range(2)
        ]
        parts.push_async_callback(of_keys.close)
        parts.push_async_callback(of_visitors.close)
        store = LedgerStore(database, clock)
        ledger = store.open()
        parts.push_async_callback(ledger.close)
        tasks = await parts.enter_async_context(Tasks())
        tasks.every(sweep_seconds, store.sweep, "the sweep of reservations", at_once=True)
        refused = RefusalCounts(database, REFUSED, clock)
        await parts.enter_async_context(refused.flushing())
        rate_limits = RateLimits(of_keys, plans, clock)
        of_widgets = WidgetRateLimits(of_visitors, refused, widget_limits, clock)
        quota = QuotaServicer(ledger, database, rate_limits, refused, plans, settings.reservation_seconds, clock)
        yield (
            (quota, quota_pb2_grpc.add_QuotaServiceServicer_to_server),
            (RateLimitServicer(rate_limits, of_widgets), rls_pb2_grpc.add_RateLimitServiceServicer_to_server),
        )
