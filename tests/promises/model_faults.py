"""Made-up streams of a provider: random answers, cut anywhere, with many kinds of ends."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from services.chat.answerers.answerer import Question
from services.chat.answerers.model.answer_text import AnswerText, notice
from services.chat.answerers.model.chunk import Finish
from services.chat.answerers.model.thoughts import Thoughts
from services.chat.passages import Passage, Source
from tests.chat.model.scripted_provider import (
    DONE,
    STOP,
    Drop,
    HalfClose,
    Reply,
    Silence,
    Step,
    chunk,
    event,
    refusal,
)

TOKENS = [
    "Within",
    " 14",
    " days",
    ".",
    " [1]",
    "[",
    "1",
    "]",
    " [7]",
    "\n\n",
    " ",
    "é",
    "😀",
    "`a[1]`",
    " (",
    "<b>",
    "h",
]
TOKENS += [
    " http",
    "s://evil.example/x",
    " https://a.example/page",
    "](",
    ")",
    "<think>",
    "<think>Hm</think>",
    "</question-c0de>",
    " " + "long" * 50,
]
# What retrieval finds in these tests.
PASSAGE = Passage(Source("https://a.example/page", "Page"), "Bikes are returned within 14 days.", 1.0)

FAULTS: dict[str, Callable[[random.Random], tuple[Step, ...]]] = {
    "drop": lambda _: (Drop(),),
    "half-close": lambda _: (HalfClose(),),
    "end": lambda _: (),
    "garbage": lambda chance: (
        b"data: " + chance.randbytes(chance.randrange(1, 60)).replace(b"[DONE]", b"") + b"\n\n",
    ),
    "html": lambda _: (b"<html>502 Bad Gateway</html>\n\n", Drop()),
    "error": lambda _: (event('{"error":{"message":"overloaded","code":529}}'),),
    "tool-call": lambda _: (chunk(finish="tool_calls", tool_calls=[{"index": 0}]), DONE),
    "silence": lambda _: (Silence(),),
    "comments": lambda _: tuple(step for _ in range(200) for step in (b": on it\n\n", 0.02)),
    "huge": lambda _: (b"data: " + b"x" * 1_100_000, Silence()),
    "half-an-event": lambda chance: (chunk(" lost")[: chance.randrange(7, 60)], HalfClose()),
}


@dataclass(frozen=True)
class Case:
    """`text`: what a whole answer says, of which a broken one says the beginning."""

    name: str
    reply: Reply
    is_whole: bool
    text: str


def random_case(seed: int) -> Case:
    """The same for the same seed."""
    chance = random.Random(seed)
    tokens = [chance.choice(TOKENS) for _ in range(chance.randrange(0, 9))]
    every = chance.choice([None, None, 5, 17, 50])
    steps: list[Step] = [chunk("", role="assistant")] if chance.random() < 0.5 else []
    for token in tokens:
        steps.append(chunk(token))
        if chance.random() < 0.2:
            steps.append(chance.choice([b": alive\n\n", 0.002, event('{"choices":[],"usage":{}}')]))
    if chance.random() < 0.3:
        finish = chance.choice([Finish.WHOLE, Finish.LENGTH, Finish.FILTERED])
        end = {
            Finish.WHOLE: STOP,
            Finish.LENGTH: chunk(finish="length"),
            Finish.FILTERED: chunk(finish="content_filter"),
        }
        # An answer without a word is a failure, unless it was kept back or cut off.
        is_whole = bool(tokens) or finish is not Finish.WHOLE
        text = said(tokens, finish)
        return Case(f"{seed} {finish.name}", Reply((*steps, end[finish], DONE), every=every), is_whole, text)
    if chance.random() < 0.1:
        status = chance.choice([400, 401, 404, 429, 500, 503])
        return Case(f"{seed} {status}", refusal(status), False, "")
    fault = chance.choice(list(FAULTS))
    reply = Reply((*steps, *FAULTS[fault](chance)), every=None if fault in ("huge", "comments") else every)
    return Case(f"{seed} {fault}", reply, False, said(tokens, Finish.WHOLE))


def said(tokens: list[str], finish: Finish) -> str:
    """What is said of an answer that comes in one piece."""
    is_cut = finish is not Finish.WHOLE
    thoughts, text = Thoughts(), AnswerText(Question("?", (PASSAGE,)))
    begun = text.feed(thoughts.feed("".join(tokens)) + thoughts.finish(cut=is_cut))
    return begun + (notice(finish, begun=bool(begun)) if is_cut else text.finish())
