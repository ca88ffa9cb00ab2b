"""kill -9 of Quota, of Chat, of the one process of both: credits, answers and turns agree afterwards.

Briefly on SQLite. Longer, and on Postgres as well:

    pytest tests/promises/credits/test_killed_wirings.py --size 40 -s
"""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.plans import with_plans
from tests.contract.stack import ONE_PROCESS, SPLIT, USUAL, Stack, running
from tests.promises.credits.asked_while_killed import UNAVAILABLE, Asked, Crowd, kill_again_and_again, text_of
from tests.promises.own_postgres import own_postgres
from tests.waiting import until

PLAN = "metered"
CALLERS = 6
REPEATED = 40
# Of what died the credits are waited for; a busy machine is no outage.
PATIENCE = {"CHATMOUNT_RESERVATION_SECONDS": "5", "CHATMOUNT_DATABASE_TIMEOUT_MS": "10000"}
WIRINGS = {
    "split": (SPLIT, ("quota", "chat")),
    "usual": (USUAL, ("chat",)),
    "one process": (ONE_PROCESS, ("chat",)),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # One kind of database and the usual wiring have to do where nobody asks for more.
    is_long = metafunc.config.getoption("size") is not None
    metafunc.parametrize("kind", ["sqlite", "postgres"] if is_long else ["sqlite"])
    metafunc.parametrize("wiring", WIRINGS if is_long else ["usual"])


@pytest.mark.timeout(3600)
async def test_whatever_is_killed_credits_answers_and_turns_agree(
    tmp_path: Path, size: Callable[[int], int], wiring: str, kind: str
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    environment, services = WIRINGS[wiring]
    settings = {**environment, **with_plans(tmp_path), **PATIENCE}
    with ExitStack() as parts:
        if kind == "postgres":
            settings["CHATMOUNT_DATABASE_URL"] = parts.enter_context(own_postgres()).url
        stack = parts.enter_context(running(Stack(tmp_path / "home", settings)))
        operator = OperatorClient(stack)
        tenant = operator.tenant(PLAN)
        crowd = Crowd(stack.base_url, tenant.key, random.Random(seed))
        asking = asyncio.create_task(crowd.ask(CALLERS))
        killing = asyncio.create_task(kill_again_and_again(stack, services, size(2), crowd))
        await asyncio.wait({asking, killing}, return_when=asyncio.FIRST_COMPLETED)
        crowd.stop()
        await asyncio.gather(asking, killing)
        await hold_against(crowd, operator, tenant)
    answers = Counter("with a key" if one.key else "without" for one in crowd.answered)
    print(f"{wiring}, {kind}: {size(2)} kills, {len(crowd.asked)} questions, answered {dict(answers)}")


async def hold_against(crowd: Crowd, operator: OperatorClient, tenant: Tenant) -> None:
    """The ledger and the conversations against what the callers know."""
    assert crowd.refused <= UNAVAILABLE
    repeated = [one for one in crowd.answered if one.key][-REPEATED:]
    assert repeated
    again = [await crowd.ask_again(one) for one in repeated]
    assert [text_of(reply) for reply in again] == [one.answer for one in repeated]

    await until(lambda: operator.usage(tenant, PLAN).credits_reserved == 0, what="the end of what died")
    charged = all_charged(operator, tenant)
    requests = Counter(entry.request_id for entry in charged)
    assert max(requests.values()) == 1
    assert {one.request_id for one in crowd.answered if not one.key} <= requests.keys()
    perhaps = [one for one in crowd.asked if not one.answer]
    assert not [one for one in perhaps if one.key]
    assert len(crowd.answered) <= len(charged) <= len(crowd.answered) + len(perhaps)
    assert operator.usage(tenant, PLAN).credits_used == sum(entry.amount for entry in charged)
    everything = quota_pb2.VerifyLedgerRequest()
    assert list(operator.call(quota_pb2_grpc.QuotaServiceStub, "VerifyLedger", everything).drifts) == []

    turns = all_turns(operator, tenant)
    assert [one for one in crowd.answered if not is_in(turns, one)] == []


def all_charged(operator: OperatorClient, tenant: Tenant) -> list[quota_pb2.LedgerEntry]:
    """The settled entries of the chatbot."""
    found: list[quota_pb2.LedgerEntry] = []
    request = quota_pb2.ListLedgerEntriesRequest(page_size=1000, states=[quota_pb2.LEDGER_STATE_SETTLED])
    while True:
        page = operator.call(quota_pb2_grpc.QuotaServiceStub, "ListLedgerEntries", request, plan=PLAN, **tenant.scope)
        found += page.entries
        request.page_token = page.next_page_token
        if not request.page_token:
            return found


def all_turns(operator: OperatorClient, tenant: Tenant) -> dict[str, list[chat_pb2.ExportedTurn]]:
    """The turns of all sessions, by their questions."""
    found: dict[str, list[chat_pb2.ExportedTurn]] = {}
    request = chat_pb2.ExportTurnsRequest()
    while True:
        page = operator.call(chat_pb2_grpc.SessionServiceStub, "ExportTurns", request, **tenant.scope)
        for turn in page.turns:
            found.setdefault(turn.turn.question, []).append(turn)
        request.page_token = page.next_page_token
        if not request.page_token:
            return found


def is_in(turns: dict[str, list[chat_pb2.ExportedTurn]], one: Asked) -> bool:
    """Whether the answer is kept as it arrived: once, or of several tries at least once."""
    kept = [turn for turn in turns.get(one.question, ()) if turn.session_id == one.session_id]
    whole = [turn for turn in kept if turn.turn.answer == one.answer]
    return bool(whole) if one.key else len(kept) == 1 and whole[0].turn.request_id == one.request_id
