"""Pages of plain text as the extractive answerer gets them, and what it says of them."""

import re

from services.chat.answerers.answerer import Citations, Question
from services.chat.answerers.extractive.extractive import ExtractiveAnswerer
from services.chat.passages import Passage, Sentence, Source

KEYS_PAGE = """To rotate a key, run chatmount key rotate with its id. The old secret stops working at once.

    chatmount key list --bot BOT_ID
    chatmount key rotate KEY_ID

The key keeps its name."""


def sentences_of(text: str) -> list[str]:
    """Sentences as retrieval cuts them, near enough for texts as plain as these."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("    "):
            found.append(block)
            continue
        for line in block.split("\n"):
            mark = re.match(r"\s*(?:-|\d+\.)\s+", line)
            head = mark[0] if mark else ""
            parts = re.split(r"(?<=[.!?])\s+", line[len(head) :])
            found += [head + parts[0], *parts[1:]]
    return [sentence for sentence in found if sentence.strip()]


def passage(
    text: str,
    close: dict[str, float] | None = None,
    *,
    url: str = "https://a.example",
    fused: float = 1.0,
    vectors: bool = True,
) -> Passage:
    """A passage.

    `close` gives the closeness to the question of sentences that contain a text, others have 0.1.
    """

    def sentence(each: str) -> Sentence:
        value = next((value for part, value in (close or {}).items() if part in each), 0.1)
        return Sentence(each, value, value if vectors else None)

    found = tuple(map(sentence, sentences_of(text)))
    cosine = max((each.vector or 0.0 for each in found), default=0.0) if vectors else None
    return Passage(Source(url, "Title"), text, fused, cosine, found)


async def answer(question: str, *passages: Passage) -> tuple[str, tuple[int, ...]]:
    text = ""
    cited: tuple[int, ...] = ()
    async for part in ExtractiveAnswerer().answer(Question(question, passages)):
        if isinstance(part, Citations):
            assert not cited
            cited = part.numbers
        else:
            assert part.text
            text += part.text
    return text, cited
