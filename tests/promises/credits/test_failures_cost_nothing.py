"""A failure before the first token costs nothing, one after it a credit, by a real ledger.

.venv/bin/pytest tests/promises/credits/test_failures_cost_nothing.py --size 1000
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.chat.v1 import chat_pb2
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from services.errors import from_rpc_error
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.promises.credits.failing_chats import ACCOUNTS, CALL_SECONDS, Around, a_chat, around
from tests.promises.credits.failure_cases import Case, Client, random_cases

AT_ONCE = 24
# Questions that meet one stop of their Chat.
STOPPED_AT_ONCE = 8


async def ask(around: Around, chat: Any, case: Case, heard: "asyncio.Event | None" = None) -> bool:
    """Whether the client saw any text."""
    number = int(case.name.split("-")[0])
    account = number % len(ACCOUNTS)
    principal = Principal(Role.ROLE_API_KEY, ACCOUNTS[account], f"bot_{account}", f"key_{account}", "enterprise", "api")
    metadata = [("authorization", f"Bearer {around.signer.sign(principal)}"), ("x-request-id", case.name)]
    if case.with_key:
        metadata.append(("idempotency-key", case.name))
    timeout = case.after if case.client is Client.IMPATIENT else CALL_SECONDS
    around.cases[case.name] = case
    if not case.stream:
        call = chat.Chat(chat_pb2.ChatRequest(message="How long?"), metadata=metadata, timeout=timeout)
    else:
        request = chat_pb2.StreamChatRequest(message="How long?", stream=True)
        call = chat.StreamChat(request, metadata=metadata, timeout=timeout)
    if case.client is Client.LEAVES and not case.is_charged:
        asyncio.get_running_loop().call_later(case.after, call.cancel)
    text = ""
    try:
        if not case.stream:
            return bool((await call).message)
        async for event in call:
            text += event.content
            if heard is not None:
                heard.set()
            if text and case.client is Client.LEAVES:
                call.cancel()
    except grpc.aio.AioRpcError as error:
        refusal = from_rpc_error(error)
        # It failed where it was to fail, and a client that stayed was told.
        if (refusal is None and case.client is Client.STAYS) or error.code() is grpc.StatusCode.INVALID_ARGUMENT:
            raise
    except asyncio.CancelledError:
        assert call.cancelled(), "it is the test that is cancelled"
    finally:
        if heard is not None:
            heard.set()
    return bool(text)


async def stop_amid(around: Around, cases: list[Case]) -> list[tuple[Case, bool]]:
    """Asks all of them of a Chat that is then told to stop."""
    async with a_chat(around) as chat:
        heard = {case.name: asyncio.Event() for case in cases}
        asking = [asyncio.create_task(ask(around, chat, case, heard[case.name])) for case in cases]
        async with asyncio.timeout(CALL_SECONDS):
            await asyncio.gather(*(heard[case.name].wait() for case in cases if case.is_charged))
        await asyncio.sleep(max(case.after for case in cases))
    return list(zip(cases, await asyncio.gather(*asking), strict=True))


async def fail_at_once(around: Around, cases: list[Case]) -> list[tuple[Case, bool]]:
    """Ask one Chat so many at a time, and leave when its background work is done."""
    left = iter(cases)
    async with a_chat(around) as chat:

        async def one_after_the_other() -> list[tuple[Case, bool]]:
            return [(case, await ask(around, chat, case)) for case in left]

        parts = await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
    return [outcome for part in parts for outcome in part]


async def nothing_is_reserved(stub: Any) -> quota_pb2.GetUsageResponse:
    async with asyncio.timeout(CALL_SECONDS):
        while True:
            usage = await stub.GetUsage(quota_pb2.GetUsageRequest())
            if usage.credits_reserved == 0:
                return usage
            await asyncio.sleep(0.02)


async def hold_against(around: Around, outcomes: list[tuple[Case, bool]]) -> None:
    """The ledger, when whatever nobody decided has expired, against what the clients saw."""
    around.clock.seconds += around.settings.reservation_seconds + 1
    charged: Counter[str] = Counter()
    used = 0
    for account in ACCOUNTS:
        operator = Principal(Role.ROLE_OPERATOR, account, plan="enterprise")
        async with open_channel(around.quota_address, around.signer, lambda operator=operator: operator) as channel:
            stub = quota_pb2_grpc.QuotaServiceStub(channel)
            used += (await nothing_is_reserved(stub)).credits_used
            request = quota_pb2.ListLedgerEntriesRequest(page_size=1000, states=[quota_pb2.LEDGER_STATE_SETTLED])
            page = await stub.ListLedgerEntries(request)
            assert not page.next_page_token
            charged.update(row.request_id for row in page.entries)
    everything = Principal(Role.ROLE_OPERATOR)
    async with open_channel(around.quota_address, around.signer, lambda: everything) as channel:
        audit = await quota_pb2_grpc.QuotaServiceStub(channel).VerifyLedger(quota_pb2.VerifyLedgerRequest())
    assert (audit.accounts, list(audit.drifts)) == (len(ACCOUNTS), [])
    assert [case.name for case, saw_text in outcomes if saw_text and not case.is_charged] == []
    # A machine that is late can make a question fail before the token after which it was to fail.
    assert charged == Counter(case.name for case, saw_text in outcomes if saw_text)
    assert charged or not any(case.is_charged for case, _ in outcomes)
    assert used == sum(charged.values())


@pytest.mark.timeout(1800)
async def test_failures_before_the_first_token_cost_nothing_and_later_ones_cost_one(
    tmp_path: Path, database_url: str, signer: TokenSigner, size: Callable[[int], int]
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    cases = list(random_cases(size(62), seed))
    stopped = [case for case in cases if case.client is Client.SEES_A_STOP]
    others = [case for case in cases if case.client is not Client.SEES_A_STOP]

    async def stop_again_and_again() -> list[tuple[Case, bool]]:
        groups = (stopped[begin : begin + STOPPED_AT_ONCE] for begin in range(0, len(stopped), STOPPED_AT_ONCE))
        return [outcome for group in groups for outcome in await stop_amid(around_all, group)]

    async with around(tmp_path, database_url, signer) as around_all:
        halves = await asyncio.gather(fail_at_once(around_all, others), stop_again_and_again())
        outcomes = halves[0] + halves[1]
        assert len(outcomes) == len(cases)
        await hold_against(around_all, outcomes)
