"""Answers of the real model answerer, asked in the way Chat asks."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from services.chat.answerers.answerer import Citations, Piece, Question
from services.chat.answerers.model.admission import Admission
from services.chat.answerers.model.model_answerer import ModelAnswerer, Writing
from services.chat.answerers.model.prompt import Prompt
from services.chat.answerers.model.provider import Provider
from services.chat.answerers.model.providers import Providers, RetryPolicy
from services.chat.answerers.model.reply import Timeouts
from services.chat.answerers.model.token_count import estimated_tokens
from services.chat.passages import Passage, Sentence, Source
from services.clock import Clock, system_clock
from services.config.model_settings import ModelEndpoint
from services.errors import ChatmountError

from .scripted_provider import ScriptedProvider
from .scripted_replies import Reply, Script

# As in production, in less time.
QUICK = Timeouts(connect=0.5, first_token=1.5, between_tokens=0.5, total=5.0)
BRISK = RetryPolicy(attempts=2, first_wait=0.01, longest_wait=0.3, total=5.0, rest=0.0)

PASSAGES = (
    Passage(
        Source("https://shop.example/returns", "Returns"),
        "Bikes are returned within 14 days.",
        1.0,
        0.9,
        (Sentence("Bikes are returned within 14 days.", 0.9, 0.9),),
    ),
    Passage(Source("https://shop.example/hours", "Hours"), "Open from 9 to 18.", 0.8, 0.7),
    Passage(Source("https://shop.example/returns", "Returns"), "Return them unused.", 0.7, 0.6),
)
QUESTION = Question("How long may I return a bike?", PASSAGES, chatbot_id="bot_1")


@dataclass
class Outcome:
    """What came of a question. `error` None: a whole answer."""

    pieces: list[str]
    numbers: tuple[int, ...] | None = None
    error: Exception | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def refusal(self) -> ChatmountError:
        """What the user may know of the failure."""
        assert isinstance(self.error, ChatmountError)
        return self.error


def question(**changes: Any) -> Question:
    return replace(QUESTION, **changes)


@asynccontextmanager
async def answerer(
    *urls: str,
    timeouts: Timeouts = QUICK,
    policy: RetryPolicy = BRISK,
    writing: Writing | None = None,
    admission: Admission | None = None,
    budget: int = 8000,
    clock: Clock = system_clock,
) -> AsyncIterator[ModelAnswerer]:
    """An answerer that asks the providers at `urls`, in their order."""
    providers = [
        Provider(ModelEndpoint(url, f"model-{number}", f"sk-secret-{number}"), timeouts, clock=clock)
        for number, url in enumerate(urls, 1)
    ]
    prompt = Prompt(budget, estimated_tokens)
    asked = Providers(providers, policy)
    try:
        yield ModelAnswerer(asked, prompt, admission or Admission(100), writing or Writing())
    finally:
        await asked.close()


async def outcome(made: ModelAnswerer, asked: Question = QUESTION) -> Outcome:
    """The whole answer, or what came of it before the failure."""
    result = Outcome([])
    try:
        async with aclosing(made.answer(asked)) as parts:
            async for part in parts:
                assert result.numbers is None, "something came after the citations"
                if isinstance(part, Piece):
                    assert part.text
                    result.pieces.append(part.text)
                else:
                    assert isinstance(part, Citations)
                    result.numbers = part.numbers
    except Exception as error:
        result.error = error
    return result


async def answered(
    provider: ScriptedProvider,
    script: Script | Reply | list[Reply] | None = None,
    asked: Question = QUESTION,
    **more: Any,
) -> Outcome:
    """The outcome where one provider is asked.

    By `script`, in place of its own; a list: one reply each time.
    """
    if isinstance(script, list):
        provider.in_turn(script)
    elif script is not None:
        provider.script = script
    async with answerer(provider.url, **more) as made:
        return await outcome(made, asked)
