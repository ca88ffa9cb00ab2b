"""However a model fails: one outcome, in time, the right charge, and the text so far.

`pytest tests/promises/test_model_failures.py --size 10000` tries as many made-up streams.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.chat.answerers.model.model_answerer import ModelAnswerer
from services.chat.answerers.model.providers import RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from services.chat.build import USUAL_TIMING
from services.chat.profile import DEFAULT_FALLBACK
from services.trust.principal_tokens import TokenSigner
from tests.chat.chat_harness import Chat, serving_chat
from tests.chat.model.model_harness import answerer
from tests.chat.model.scripted_provider import Recorded, ScriptedProvider, scripted_provider
from tests.promises.model_faults import Case, random_case
from tests.waiting import until

AT_ONCE = 40
# More than a busy machine is ever late by.
PATIENCE = Timeouts(connect=4.0, first_token=4.0, between_tokens=2.0, total=12.0)
# The longest that a fault may take to be known, and a second to tell it.
LONGEST = 4.0 + 1.0
# A whole answer takes a fraction of a second: so late it is where others have the machine.
STOOD_STILL = 1.5


@dataclass
class Heard:
    """What a client was told."""

    text: str = ""
    ended: str = ""
    seconds: float = 0.0
    late: float = 0.0

    @property
    def is_charged(self) -> bool:
        return bool(self.text)


@asynccontextmanager
async def chat_with_model(tmp_path: Path, signer: TokenSigner) -> AsyncIterator[tuple[Chat, ScriptedProvider]]:
    policy = RetryPolicy(attempts=2, first_wait=0.01, longest_wait=0.1, total=12.0)
    async with (
        scripted_provider() as provider,
        answerer(provider.url, timeouts=PATIENCE, policy=policy) as made,
        serving_chat(tmp_path, signer, time.time, made, USUAL_TIMING) as chat,
    ):
        chat.quota.credits = None
        yield chat, provider


class Lateness:
    """How late this process is in all, on a machine that it shares."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.02)
            self.seconds += time.monotonic() - began - 0.02

    def stop(self) -> None:
        self._task.cancel()


async def ask(chat: Chat, case: Case, lateness: Lateness, *, stream: bool) -> Heard:
    heard, began, late_before = Heard(), time.monotonic(), lateness.seconds
    question = f"case<{case.name}>"
    try:
        if stream:
            async for event in chat.stream(question):
                assert heard.ended in ("", "sources"), "something came after the end"
                if event.type == "token":
                    assert not heard.ended
                    heard.text += event.content
                else:
                    heard.ended = event.type
        else:
            heard.text = (await chat.ask(question)).message
            heard.ended = "done"
    except grpc.aio.AioRpcError as error:
        heard.ended = error.code().name
    heard.late = lateness.seconds - late_before
    heard.seconds = time.monotonic() - began - heard.late
    return heard


def check(case: Case, heard: Heard, *, stream: bool) -> None:
    if case.is_whole and heard.late > STOOD_STILL and heard.ended in ("DEADLINE_EXCEEDED", "error"):
        # This process did not get to read what the provider had written in time.
        assert case.text.startswith(heard.text), case.name
    elif case.is_whole:
        assert (heard.ended, heard.text) == ("done", case.text or DEFAULT_FALLBACK), case.name
    elif heard.text:
        assert (heard.ended, stream) == ("error", True), case.name
        assert case.text.startswith(heard.text), case.name
    else:
        assert heard.ended in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), f"{case.name}: {heard.ended}"
    assert heard.seconds < LONGEST, f"{case.name}: {heard.seconds:.1f} s"


async def test_random_streams_have_one_outcome_each_in_time_and_at_the_right_price(
    tmp_path: Path, signer: TokenSigner, size: Callable[[int], int]
) -> None:
    async with chat_with_model(tmp_path, signer) as (chat, provider):
        cases: dict[str, Case] = {}

        def script(request: Recorded) -> object:
            return cases[request.body["messages"][-1]["content"].split("case<")[1].split(">")[0]].reply

        provider.script = script  # type: ignore[assignment]
        charged, lateness = 0, Lateness()

        async def one(seed: int) -> None:
            nonlocal charged
            case, stream = random_case(seed), random.Random(seed).random() < 0.8
            cases[case.name] = case
            heard = await ask(chat, case, lateness, stream=stream)
            check(case, heard, stream=stream)
            charged += heard.is_charged
            del cases[case.name]

        seeds = iter(range(size(240)))

        async def one_after_the_other() -> None:
            for seed in seeds:
                await one(seed)

        await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
        lateness.stop()
        await until(lambda: (chat.quota.held, chat.quota.charged) == (0, charged))
        await until(lambda: provider.connections == 0 or not provider.open_requests)
        made: ModelAnswerer = chat.answerer
        assert made._admission.in_flight == 0
