"""More questions than a stack has places for: what they are told, and what they cost."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from services.errors import Text
from tests.waiting import PATIENCE, eventually, until

from .client import QUESTION
from .operator_client import OperatorClient
from .plans import with_plans
from .stack import Stack, running
from .test_metrics import page

AT_ONCE = 96
"""Three times as many as a gate with four places takes at a moment."""


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("flood")
    # Where Chat shares its process with those whom it waits for, the queue is in front of all of them.
    few = {"CHATMOUNT_QUESTIONS_AT_ONCE": "4", "CHATMOUNT_TOGETHER": "none"}
    with running(Stack(folder / "home", {**with_plans(folder), **few})) as stack:
        yield stack


class Flood:
    """Callers who ask one question after the other, until some are refused."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client, self._key = client, key
        self.answered = 0
        self.refused: list[httpx.Response] = []

    async def ask(self, question: str, stream: bool) -> int:
        """The status of the reply."""
        headers = {"authorization": f"Bearer {self._key}", "idempotency-key": question}
        reply = await self._client.post("/v1/chat", json={"message": QUESTION, "stream": stream}, headers=headers)
        # On a busy machine a service may be too slow for another, or be at work still when the same is asked again.
        assert reply.status_code in (200, 409, 503, 504), reply.text
        if reply.status_code == 200:
            self.answered += 1
        elif reply.json()["error"] == Text.OVERLOADED.template:
            self.refused.append(reply)
        return reply.status_code

    async def keep_asking(self, caller: int) -> None:
        """Ask until somebody is refused, and each again until it is answered."""
        number = 1
        while True:
            status = await self.ask(f"{caller}-{number}", stream=bool(caller % 2))
            if status == 200 and self.refused:
                return
            if status == 200:
                number += 1
            elif self.refused:
                await asyncio.sleep(1)


async def test_a_flood_is_refused_with_a_wait_and_every_answer_costs_one_credit(narrow: Stack) -> None:
    operator = OperatorClient(narrow)
    tenant = operator.tenant("metered")
    everybody = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=narrow.base_url, timeout=PATIENCE, limits=everybody, trust_env=False
    ) as client:
        flood = Flood(client, tenant.key)
        # Questions that wait for passages keep their places: there are too many, however slow the machine is.
        retrieval = narrow.process_of("retrieval")
        retrieval.suspend()
        try:
            asked = asyncio.gather(*map(flood.keep_asking, range(AT_ONCE)))
            await until(lambda: flood.refused, what="a refusal")
        finally:
            retrieval.resume()
        # Others get through meanwhile.
        assert (await client.get("/dashboard/sign-in")).status_code == 200
        await asyncio.wait_for(asked, PATIENCE)
    assert {reply.headers["retry-after"] for reply in flood.refused} == {"1"}
    assert all("x-ratelimit-limit" in reply.headers and "x-request-id" in reply.headers for reply in flood.refused)
    counted = page(narrow, "chat")
    assert counted['chatmount_questions_refused_total{by="chat"}'] > 0
    assert counted["chatmount_questions_at_work"] == 0
    eventually(lambda: operator.usage(tenant, "metered").credits_reserved == 0)
    assert operator.usage(tenant, "metered").credits_used == flood.answered
