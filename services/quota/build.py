"""Wires Quota's parts: for its own process, for one that hosts all services, and for tests."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from chatmount.quota.v1 import quota_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2_grpc

from services.clock import Clock, system_clock
from services.config.plans import load_plans
from services.config.settings import Settings
from services.database import open_database
from services.database.migrations import migrate_patiently
from services.quota.ledger.ledger import Ledger
from services.quota.ledger.sweep import INTERVAL_SECONDS, Sweeper
from services.quota.rate_limits import RateLimits
from services.quota.servicers.quota import QuotaServicer
from services.quota.servicers.rate_limit import RateLimitServicer
from services.quota.store.ledger import LedgerStore
from services.quota.store.reconciliation import AuditStore
from services.quota.store.usage import UsageStore
from services.rpc.server import Registration
from services.windows.choose import open_windows


@asynccontextmanager
async def build(
    settings: Settings, clock: Clock = system_clock, sweep_interval: float = INTERVAL_SECONDS
) -> AsyncIterator[Sequence[Registration]]:
    """Opens the store and the windows and yields what to serve; leaving it does what was begun and closes them."""
    plans = load_plans(settings.plans_file)
    async with AsyncExitStack() as parts:
        database = open_database(settings, "quota")
        parts.push_async_callback(database.close)
        await migrate_patiently(database)
        windows = open_windows(
            settings.redis_url,
            clock,
            settings.home / "quota-windows.jsonl",
            redis_timeout_ms=settings.redis_timeout_ms,
        )
        parts.push_async_callback(windows.close)
        store = LedgerStore(database)
        ledger = Ledger(store, clock)
        parts.push_async_callback(ledger.close)
        parts.push_async_callback(Sweeper(store, clock, sweep_interval).close)
        rate_limits = RateLimits(windows, plans, clock)
        quota = QuotaServicer(ledger, UsageStore(database), AuditStore(database), rate_limits, plans, clock)
        limiter = RateLimitServicer(rate_limits)
        yield (
            (quota, quota_pb2_grpc.add_QuotaServiceServicer_to_server),
            (limiter, rls_pb2_grpc.add_RateLimitServiceServicer_to_server),
        )
