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
from services.chat.answerers.model.providers import Persistence, Providers
from services.chat.answerers.model.reply import Silence
from services.chat.answerers.model.token_count import estimated_tokens
from services.chat.findings import Passage, Sentence, Source
from services.clock import Clock, system_clock
from services.config.model_settings import ModelEndpoint

# As in production, in less time.
QUICK = Silence(connect=0.5, first_token=0.5, between_tokens=0.5, total=5.0)
BRISK = Persistence(attempts=2, first_wait=0.01, longest_wait=0.3, total=5.0, rest=0.0)

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


def question(**changes: Any) -> Question:
    return replace(QUESTION, **changes)


@asynccontextmanager
async def answerer(
    *urls: str,
    silence: Silence = QUICK,
    persistence: Persistence = BRISK,
    writing: Writing | None = None,
    admission: Admission | None = None,
    budget: int = 8000,
    clock: Clock = system_clock,
) -> AsyncIterator[ModelAnswerer]:
    """An answerer that asks the providers at `urls`, in their order."""
    providers = [
        Provider(ModelEndpoint(url, f"model-{number}", f"sk-secret-{number}"), silence, clock=clock)
        for number, url in enumerate(urls, 1)
    ]
    prompt = Prompt(budget, estimated_tokens)
    made = ModelAnswerer(Providers(providers, persistence), prompt, admission or Admission(100), writing or Writing())
    try:
        yield made
    finally:
        await made.close()


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
