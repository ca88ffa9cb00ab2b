"""A crowd that spends credits, and what each of them knows for certain of every reservation."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum

import grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.ids import new_id
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.contract.plans import plan

CALL_SECONDS = 4.0
TTL_SECONDS = 3
TRIES = 40
PLAN, POOL, DAY_CAP = "small", 60, 45
PLANS = plan(PLAN, per_month=POOL, per_day=DAY_CAP, keys=1)

# The reply was lost or never made: what was asked may have been done.
UNKNOWN = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}

_caller: ContextVar[Principal] = ContextVar("caller")


class Fate(Enum):
    """What a caller knows of a reservation at its end, and so what the ledger must say of it."""

    REFUSED = frozenset({""})
    CHARGED = frozenset({"SETTLED"})
    GIVEN_BACK = frozenset({"RELEASED", "EXPIRED"})
    LEFT_ALONE = frozenset({"EXPIRED"})
    NEVER_ANSWERED = frozenset({"EXPIRED", ""})
    PERHAPS_CHARGED = frozenset({"SETTLED", "EXPIRED", "RELEASED"})


@dataclass
class Knowledge:
    """Of all callers together. `operations`: calls that were answered."""

    fates: dict[str, tuple[Principal, Fate]] = field(default_factory=dict)
    operations: int = 0
    unanswered: int = 0
    admitted_too_many: list[str] = field(default_factory=list)
    _holding: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def holds(self, account: str, reservation: str, until: float) -> None:
        """Note a reservation that draws on the pool until then (infinity: it was charged)."""
        holding = self._holding[account]
        holding[reservation] = until
        now = time.time()
        if sum(until > now for until in holding.values()) > POOL:
            self.admitted_too_many.append(account)

    def lets_go(self, account: str, reservation: str) -> None:
        self._holding[account].pop(reservation, None)

    def count(self) -> Counter[str]:
        """How many reservations met which fate."""
        return Counter(fate.name for _, fate in self.fates.values())


class Crowd:
    """Callers that reserve, and settle, release or forget what they reserved, on any replica."""

    def __init__(self, addresses: list[str], signer: TokenSigner, tenants: list[Principal], seed: int) -> None:
        self._addresses = ",".join(addresses)
        self._signer = signer
        self._tenants = tenants
        self._chance = random.Random(seed)
        self.knowledge = Knowledge()

    async def spend(self, operations: int, callers: int) -> None:
        """Returns when so many calls were answered."""
        channels = [open_channel(self._addresses, self._signer, _caller.get) for _ in range(4)]
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(callers):
                    stub = quota_pb2_grpc.QuotaServiceStub(channels[number % len(channels)])
                    group.create_task(self._live(stub, operations))
        finally:
            await asyncio.gather(*(channel.close() for channel in channels))

    async def _live(self, stub: "quota_pb2_grpc.QuotaServiceAsyncStub", operations: int) -> None:
        while self.knowledge.operations < operations:
            tenant = self._chance.choice(self._tenants)
            _caller.set(tenant)
            reservation = new_id("rsv")
            self.knowledge.fates[reservation] = (tenant, await self._one(stub, tenant.account_id, reservation))

    async def _one(self, stub: "quota_pb2_grpc.QuotaServiceAsyncStub", account: str, reservation: str) -> Fate:
        begun = time.time()
        reserve = quota_pb2.ReserveRequest(request_id="chaos", ttl_seconds=TTL_SECONDS, reservation_id=reservation)
        code = await self._ask(lambda: stub.Reserve(reserve, timeout=CALL_SECONDS), patience=CALL_SECONDS)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return Fate.REFUSED
        if code is not grpc.StatusCode.OK:
            return Fate.NEVER_ANSWERED
        self.knowledge.holds(account, reservation, begun + TTL_SECONDS)
        what = self._chance.random()
        if what < 0.1:
            return Fate.LEFT_ALONE
        if what < 0.35:
            return await self._release(stub, account, reservation, otherwise=Fate.GIVEN_BACK)
        settle = quota_pb2.SettleRequest(reservation_id=reservation)
        code = await self._ask(lambda: stub.Settle(settle, timeout=CALL_SECONDS))
        if code is not grpc.StatusCode.OK:
            return Fate.PERHAPS_CHARGED
        self.knowledge.holds(account, reservation, float("inf"))
        if what < 0.45:
            # Its answer could not be delivered after all.
            return await self._release(stub, account, reservation, otherwise=Fate.PERHAPS_CHARGED)
        return Fate.CHARGED

    async def _release(
        self, stub: "quota_pb2_grpc.QuotaServiceAsyncStub", account: str, reservation: str, otherwise: Fate
    ) -> Fate:
        self.knowledge.lets_go(account, reservation)
        release = quota_pb2.ReleaseRequest(reservation_id=reservation)
        code = await self._ask(lambda: stub.Release(release, timeout=CALL_SECONDS))
        if code is grpc.StatusCode.OK:
            # One whose time was over before its release came has expired: given back all the same.
            return Fate.GIVEN_BACK
        return otherwise

    async def _ask(self, call: Callable[[], Awaitable[object]], patience: float = 60.0) -> grpc.StatusCode:
        """The status of the last try; a call that was not answered is repeated under the same id."""
        deadline = time.monotonic() + patience
        for _ in range(TRIES):
            try:
                await call()
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.INTERNAL:
                    raise
                if error.code() not in UNKNOWN:
                    self.knowledge.operations += 1
                    return error.code()
                self.knowledge.unanswered += 1
                if time.monotonic() > deadline:
                    return error.code()
                await asyncio.sleep(self._chance.uniform(0.05, 0.4))
            else:
                self.knowledge.operations += 1
                return grpc.StatusCode.OK
        return grpc.StatusCode.UNAVAILABLE


def tenants(accounts: int) -> list[Principal]:
    """Two chatbots for each account."""
    return [
        Principal(Role.ROLE_API_KEY, f"acct_{number}", f"bot_{number}_{bot}", f"key_{number}_{bot}", PLAN, "api")
        for number in range(accounts)
        for bot in range(2)
    ]
