"""Names in a question that stand nowhere in what was found."""

import re
from collections.abc import Sequence

from services.chat.answerers.words import words_of
from services.chat.passages import Passage

_WORD = re.compile(r"[^\W_]+")
_BEGINS = re.compile(r"(?:\A|[.!?])[\s¿¡\"'“‘«„(]*\Z")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_ENDING = 2
"""Letters that a name may have more where it is inflected."""


def names_what_is_missing(question: str, passages: Sequence[Passage], language: str) -> bool:
    """Whether a question names something that no passage has, nor its title or headings."""
    names = {word for name in _names(question, language) for word in words_of(name)}
    if not names:
        return False
    found = {word for one in passages for word in words_of(" ".join((one.source.title, *one.headings, one.text)))}
    return any(not _stands_in(found, name) for name in names)


def _names(question: str, language: str) -> list[str]:
    """Names are told by their capitals; in Japanese, by letters that are not its own.

    In German every noun has a capital: names have two, or stand first in a word with a hyphen.
    """
    if language == "ja":
        return _LATIN_WORD.findall(question)
    if question.isupper():
        return []
    words = [(word[0], word.start(), word.end()) for word in _WORD.finditer(question) if len(word[0]) > 1]
    if language == "de":
        return [
            word
            for word, _, end in words
            if _has_capitals(word, 2) or (word.istitle() and question[end : end + 1] == "-")
        ]
    return [
        word
        for word, start, _ in words
        if _has_capitals(word, 2) or (_has_capitals(word, 1) and not _BEGINS.search(question[:start]))
    ]


def _has_capitals(word: str, least: int) -> bool:
    return sum(map(str.isupper, word)) >= least


def _stands_in(words: set[str], name: str) -> bool:
    if name in words or name.removesuffix("s") in words:
        return True
    return any(word.startswith(name) and len(word) <= len(name) + _ENDING for word in words)
