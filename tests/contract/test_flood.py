"""More questions than a stack has places for: what they are told, and what they cost."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from services.errors import Text
from tests.waiting import eventually

from .client import QUESTION
from .operator_client import OperatorClient
from .stack import Stack, running, with_plans
from .test_metrics import page

AT_ONCE = 200


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("flood")
    with running(Stack(folder / "home", {**with_plans(folder), "CHATMOUNT_QUESTIONS_AT_ONCE": "4"})) as stack:
        yield stack


async def asked_until_answered(client: httpx.AsyncClient, key: str, number: int) -> list[httpx.Response]:
    """The replies to one question, the last of them its answer."""
    headers = {"authorization": f"Bearer {key}", "idempotency-key": f"question-{number}"}
    replies: list[httpx.Response] = []
    while not replies or replies[-1].status_code == 503:
        await asyncio.sleep(0.05 if replies else 0)
        body = {"message": QUESTION, "stream": bool(number % 2)}
        replies.append(await client.post("/v1/chat", json=body, headers=headers))
    return replies


async def test_a_flood_is_refused_with_a_wait_and_every_answer_costs_one_credit(narrow: Stack) -> None:
    operator = OperatorClient(narrow)
    tenant = operator.tenant("metered")
    async with httpx.AsyncClient(base_url=narrow.base_url, timeout=60, trust_env=False) as client:
        flood = asyncio.gather(*(asked_until_answered(client, tenant.key, number) for number in range(AT_ONCE)))
        # Others get through meanwhile.
        assert (await client.get("/dashboard/sign-in")).status_code == 200
        asked = await flood
    refused = [reply for replies in asked for reply in replies[:-1]]
    assert {replies[-1].status_code for replies in asked} == {200}
    assert {reply.status_code for reply in refused} == {503}
    assert {reply.json()["error"] for reply in refused} == {Text.OVERLOADED.template}
    assert {reply.headers["retry-after"] for reply in refused} == {"1"}
    assert all("x-ratelimit-limit" in reply.headers and "x-request-id" in reply.headers for reply in refused)
    counted = page(narrow, "chat")
    assert counted['chatmount_questions_refused_total{by="chat"}'] > 0
    assert counted["chatmount_questions_at_work"] == 0
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0)
    assert operator.usage(tenant, "metered").credits_used == AT_ONCE
