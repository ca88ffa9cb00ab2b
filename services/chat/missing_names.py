"""Names and rates in a question that stand nowhere in what was found."""

import re
from collections.abc import Sequence

from services.chat.answerers.words import words_of
from services.chat.passages import Passage

_WORD = re.compile(r"[^\W_]+")
_BEGINS = re.compile(r"(?:\A|[.!?])[\s¿¡\"'“‘«„(]*\Z")
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]+")
_ENDING = 2
"""Letters that a name may have more where it is inflected."""

# By language: what makes a rate of a unit of time in a question, how a text has the unit, and the units.
_RATES = [
    (language, re.compile(rate.format(unit), re.IGNORECASE), re.compile(text.format(unit), re.IGNORECASE))
    for language, rate, text, units in (
        (
            "de",
            r"\b(?:pro|je|jede[nrsm]?|[ai]m|in der) (?:\w+ und )?(?:{0})\w{{0,2}}\b(?! \d)|\b(?:{0})lich",
            "{0}",
            ("sekund", "minut", "stund|stünd", "tag|täg", "nacht|nächt", "woche|wöchent", "monat", "jahr|jähr"),
        ),
        (
            "es",
            r"\b(?:por|cada|al(?! d[ií]a)|a la) (?:\w+ y )?(?:{0})\w?\b(?! \d)",
            r"\b(?:{0})",
            ("segundo", "minuto", "hora", "d[ií]a", "noche|nocturn", "seman", r"mes(?:es)?\b|mensual", "año|anual"),
        ),
        (
            "fr",
            r"\b(?:par|chaque) (?:\w+ et par )?(?:{0})\w?\b(?! \d)",
            r"\b(?:{0})",
            ("seconde", "minute", "heure|horaire", "jour", "nuit", "semaine", "mois|mensuel", r"ans?\b|année|annuel"),
        ),
        ("ja", "毎(?:{0})|(?:{0})(?:額|間?(?:あたり|当たり|ごと))", "{0}", ("秒", "朝", "晩|夜", "週")),
        # These stand in many other words.
        (
            "ja",
            "毎{0}|{0}(?:額|間?(?:あたり|当たり|ごと))",
            r"[\d一二三毎]\s?{0}|{0}(?:[額間]|あたり|当たり|ごと)",
            ("分", "時", "日", "月", "年"),
        ),
    )
    for unit in units
]


def names_what_is_missing(question: str, passages: Sequence[Passage], language: str) -> bool:
    """Whether a question names something that no passage has, nor its title or headings."""
    names = {word for name in _names(question, language) for word in words_of(name)}
    if not names:
        return False
    found = set(words_of(_text(passages)))
    return any(not _stands_in(found, name) for name in names)


def has_missing_rate(question: str, passages: Sequence[Passage], language: str) -> bool:
    """Whether a question says how often, by a unit of time that no passage has.

    "How much is it a month?", "How do I run it every night?": pages of the same field are close to both.
    """
    asked = [unit for of, rate, unit in _RATES if of == language and rate.search(question)]
    text = _text(passages) if asked else ""
    return any(not unit.search(text) for unit in asked)


def _text(passages: Sequence[Passage]) -> str:
    return "\n".join(" ".join((one.source.title, *one.headings, one.text)) for one in passages)


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
