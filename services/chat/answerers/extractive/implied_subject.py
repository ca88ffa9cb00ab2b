"""Sentences that leave it to what stands above to name the thing asked for. English.

"Which program do we use to order a book?" has little in common with "Here you can mend a shelf, or order a book." but
all that counts.
"""

import re
from dataclasses import dataclass

from services.chat.answerers.extractive.subjects import asks_for_a_name, is_about_what_is_above
from services.chat.answerers.words import words_of
from services.chat.passages import Passage

_AUXILIARY = "do|does|did|is|are|was|were|can|could|may|might|must|should|shall|will|would|has|have"
_ASKED_FOR = re.compile(
    rf"\b(?:which|what)\s+((?:[\w'’-]+\s+){{1,3}}?)(?={_AUXILIARY}\b)|\b(?:which|what)\s+(?!(?:{_AUXILIARY})\b)([\w-]+)"
)
_FRAME = frozenset(
    f"which what where who whom whose {_AUXILIARY.replace('|', ' ')} i we you he she it they one me us my our your the "
    "a an this that these those to for of in on at by with from into and or when if be been being there here use used "
    "uses using need go find open call called name place one's someone something want".split()
)
_ENDING = re.compile(r"(?<=..)(?:ies|es|s|ed|ing|e|y)\Z")
_LEAST_WORDS = 2


@dataclass(frozen=True, slots=True)
class AskedFor:
    """The stems of the thing that a question asks for, and of all else that it says."""

    thing: set[str]
    rest: set[str]


def asked_for(question: str) -> AskedFor | None:
    """None where no name is asked for, or too little is said of it.

    All words count but those that ask; two at least must be left beside the thing.
    """
    if not asks_for_a_name(question):
        return None
    asked = question.casefold()
    named = _ASKED_FOR.search(asked)
    thing = _stems(named[1] or named[2]) if named else set()
    rest = _stems(asked) - thing
    return AskedFor(thing, rest) if len(rest) >= _LEAST_WORDS else None


def names_above(passage: Passage, asked: AskedFor) -> bool:
    """Whether a sentence says all but the thing asked for, and what stands above it names that."""
    candidates = [one.text for one in passage.sentences if is_about_what_is_above(one.text)]
    if not candidates or not asked.thing <= _stems(" ".join((passage.source.title, *passage.headings, passage.text))):
        return False
    return any(asked.rest <= _stems(text) for text in candidates)


def _stems(text: str) -> set[str]:
    """The words that say something, cut so that "collects" and "collecting" are one."""
    return {_ENDING.sub("", word) for word in words_of(text) if word not in _FRAME}
