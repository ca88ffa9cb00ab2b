"""Sentences that leave it to what stands above to name the thing asked for. English.

"Which program do we use to order a book?" has little in common with "Here you can mend a shelf, or order a book." but
all that counts.
"""

import re

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


def names_above(passage: Passage, question: str) -> bool:
    """Whether a sentence says all but the thing asked for, and what stands above it names that.

    All: every word of the question but those that ask, two at least.
    """
    if not asks_for_a_name(question):
        return False
    asked = question.casefold()
    thing = _ASKED_FOR.search(asked)
    kind = _stems(thing[1] or thing[2]) if thing else frozenset()
    rest = _stems(asked) - kind
    if len(rest) < _LEAST_WORDS or not kind <= _stems(
        " ".join((passage.source.title, *passage.headings, passage.text))
    ):
        return False
    return any(is_about_what_is_above(one.text) and rest <= _stems(one.text) for one in passage.sentences)


def _stems(text: str) -> frozenset[str]:
    """The words that say something, cut so that "collects" and "collecting" are one."""
    return frozenset(_ENDING.sub("", word) for word in words_of(text) if word not in _FRAME)
