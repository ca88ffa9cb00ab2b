"""Four Chat and two Quota replicas at midnight: each period admits exactly what it has.

The servers are real and so is their Postgres; only their clock is the test's, since nobody can wait for a month's end.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from pathlib import Path

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.chat.answerers.choose import Answers
from services.chat.build import Timing, open_chat
from services.chat.clients.downstream import Patience
from services.config.plans import load_plans
from services.config.settings import load_settings
from services.database import Database
from services.errors import Reason, from_rpc_error
from services.quota.build import open_quota
from services.quota.ledger.entry import State
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.chat.scripted_neighbours import ScriptedAnswerer, ScriptedRetrieval
from tests.contract.plans import plan
from tests.quota.conftest import assert_balanced, entries_of
from tests.serving import serving
from tests.turned_clock import TurnedClock, at
from tests.waiting import PATIENCE

PLANS = plan("tenamonth", per_month=10) + plan("tenaday", per_month=None, per_day=10)
POOL = 10
QUOTAS, CHATS = 2, 4
# Of the burst, so many requests begin before midnight and as many after it.
HALF = 60

# A busy machine is not what is tested here.
PATIENT = Timing(reserve=Patience(deadline=30), settle=Patience(deadline=30), search=Patience(deadline=30))

MONTH, DAY = Reason.MONTH_LIMIT, Reason.DAY_LIMIT


class Replicas:
    """Stubs of the Chats, and the clock of each Quota, which never agree to the millisecond."""

    def __init__(self, chats: list["chat_pb2_grpc.ChatServiceAsyncStub"], clocks: list[TurnedClock]) -> None:
        self.chats = chats
        self.clocks = clocks

    def turn_to(self, now: float) -> None:
        for clock in self.clocks:
            clock.now = now


@asynccontextmanager
async def running(home: Path, signer: TokenSigner, postgres_url: str) -> AsyncIterator[Replicas]:
    (home / "plans.toml").write_text(PLANS)
    environment = {
        "CHATMOUNT_HOME": str(home),
        "CHATMOUNT_PLANS_FILE": str(home / "plans.toml"),
        "CHATMOUNT_DATABASE_URL": postgres_url,
        "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000",
    }
    async with AsyncExitStack() as stack:
        clocks = [TurnedClock() for _ in range(QUOTAS)]
        quotas = []
        for clock in clocks:
            opened = open_quota(load_settings(environment), load_plans(home / "plans.toml"), clock)
            registrations = await stack.enter_async_context(opened)
            quotas.append(await stack.enter_async_context(serving(signer, *registrations)))
        retrieval = (await stack.enter_async_context(ScriptedRetrieval(signer))).address
        environment |= {"CHATMOUNT_QUOTA_ADDRESS": ",".join(quotas), "CHATMOUNT_RETRIEVAL_ADDRESS": retrieval}
        chats = []
        for number in range(CHATS):
            answers = Answers(ScriptedAnswerer())
            opened = open_chat(load_settings(environment), answers, signer, clocks[number % QUOTAS], PATIENT)
            registrations = await stack.enter_async_context(opened)
            address = await stack.enter_async_context(serving(signer, *registrations))
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
            chats.append(chat_pb2_grpc.ChatServiceStub(channel))
        yield Replicas(chats, clocks)  # type: ignore[arg-type]


async def ask(chat: "chat_pb2_grpc.ChatServiceAsyncStub", signer: TokenSigner, caller: Principal) -> str:
    """`answered`, or the reason why not."""
    metadata = (("authorization", f"Bearer {signer.sign(caller)}"),)
    try:
        await chat.Chat(chat_pb2.ChatRequest(message="How long?"), metadata=metadata, timeout=PATIENCE)
    except grpc.aio.AioRpcError as error:
        refusal = from_rpc_error(error)
        return refusal.reason.name if refusal else repr(error)
    return "answered"


@pytest.mark.parametrize(
    ("plan", "before", "reason", "period"),
    [
        ("tenaday", "2026-11-23 23:59:59", DAY, lambda entry: entry.day),
        ("tenamonth", "2026-11-30 23:59:59", MONTH, lambda entry: entry.month),
        ("tenamonth", "2026-12-31 23:59:59", MONTH, lambda entry: entry.month),
    ],
    ids=["midnight", "month's end", "year's end"],
)
async def test_a_burst_over_the_end_of_a_period_gets_both_pools_and_no_more(
    tmp_path: Path,
    signer: TokenSigner,
    postgres_url: str,
    plan: str,
    before: str,
    reason: Reason,
    period: Callable[[object], str],
) -> None:
    caller = Principal(Role.ROLE_API_KEY, "acct_1", "bot_1", "key_1", plan, "api")
    async with running(tmp_path, signer, postgres_url) as replicas:
        replicas.turn_to(at(before))
        chats = cycle(replicas.chats)
        burst = [asyncio.create_task(ask(next(chats), signer, caller)) for _ in range(HALF)]
        await asyncio.wait(burst, return_when=asyncio.FIRST_COMPLETED)
        # In the middle of it, and not for both replicas at once.
        for clock in replicas.clocks:
            clock.now += 2
            burst += [asyncio.create_task(ask(next(chats), signer, caller)) for _ in range(HALF // QUOTAS)]
            await asyncio.wait(burst[-5:], return_when=asyncio.FIRST_COMPLETED)
        outcomes = Counter(await asyncio.gather(*burst))
        # Whatever the race was, each pool is spent to the last credit.
        replicas.turn_to(at(before))
        outcomes.update([await ask(next(chats), signer, caller) for _ in range(POOL)])
        replicas.turn_to(at(before) + 2)
        outcomes.update([await ask(next(chats), signer, caller) for _ in range(POOL)])

    assert outcomes == {"answered": 2 * POOL, reason.name: 2 * HALF}
    database = Database(postgres_url, "quota")
    try:
        entries = await entries_of(database)
        assert {entry.state for entry in entries} == {State.SETTLED}
        assert list(Counter(map(period, entries)).values()) == [POOL, POOL]
        await assert_balanced(database)
    finally:
        await database.close()
