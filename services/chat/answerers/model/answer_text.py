"""From what a model writes to what is said: whole characters, no marks, no made-up links."""

import re
from collections.abc import Iterable

from services.chat.answerers.answerer import Question
from services.chat.answerers.model.characters import Characters
from services.chat.answerers.model.chunk import Finish
from services.chat.answerers.model.links import LinkGuard, addresses
from services.chat.answerers.model.marks import Marks
from services.chat.own_words import CUT_OFF, STOPPED
from services.chat.passages import Passage
from services.languages import DEFAULT

NOTICES = {Finish.LENGTH: CUT_OFF, Finish.FILTERED: STOPPED}
# The share of an answer's longer words that a passage must have for the answer to be supported by it.
SUPPORT = 0.7
_LONGER_WORD = re.compile(r"\w{4,}")


class AnswerText:
    """One answer on its way out.

    However its text is cut, the joined results and the numbers are the same.
    """

    def __init__(self, question: Question) -> None:
        self._marks = Marks(len(question.passages))
        # Marks before links: without a mark in its middle a text may be an address.
        self._stages = (Characters(), self._marks, LinkGuard(lambda: _addresses_of(question)))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The passages marked so far, in order of their first mark."""
        return tuple(self._marks.numbers)

    def feed(self, text: str) -> str:
        """What can be said now."""
        for stage in self._stages:
            text = stage.feed(text)
        return text

    def finish(self) -> str:
        """What is left to say."""
        text = ""
        for stage in self._stages:
            text = stage.feed(text) + stage.finish()
        return text


def notice(finish: Finish, language: str, *, begun: bool) -> str:
    """The last words of an answer that is not whole; `begun`: some of it was said."""
    words = NOTICES[finish]
    text = f"[{words.get(language, words[DEFAULT])}]"
    return f"… {text}" if begun else text


def _addresses_of(question: Question) -> frozenset[str]:
    texts = [question.text, question.instructions, question.fallback]
    texts += [passage.text for passage in question.passages]
    texts += [text for turn in question.history for text in (turn.question, turn.answer)]
    return addresses((passage.source.url for passage in question.passages), texts)


def supporting(text: str, passages: Iterable[Passage]) -> int | None:
    """The number of the best passage, if it has most of the text's longer words.

    A text without longer words has none.
    """
    words = set(_LONGER_WORD.findall(text.casefold()))
    best = next(iter(passages), None)
    if not words or best is None:
        return None
    found = words & set(_LONGER_WORD.findall(f"{best.source.title} {best.text}".casefold()))
    return 1 if len(found) >= SUPPORT * len(words) else None
