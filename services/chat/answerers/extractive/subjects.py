"""Sentences whose subject stands in the heading above or the sentence before.

English, but for names in code.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.chat.answerers.answerer import Question
from services.chat.answerers.extractive.excerpt import Excerpt
from services.chat.answerers.extractive.layout import UnitKind
from services.chat.answerers.words import words_of
from services.chat.passages import Passage

_ASKS_FOR_A_NAME = re.compile(r"\b(?:which|what|who|whom|whose|where|name|called)\b", re.IGNORECASE)
# Stands at a sentence's beginning for something in the sentence before it.
_PRONOUN = re.compile(
    r"[\"'“‘(]?(?:it|its|he|him|his|she|her|hers|they|their|theirs|them|this|that|these|those|such|others?|another)\b",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"(?<!click )(?<!tap )(?<!press )(?<!start )(?<!look )(?<!go )(?<!up )(?<!see )\bhere\b"
    r"(?! (?:is|are|was|were|comes?|you are)\b)",
    re.IGNORECASE,
)
_BEGINS_HERE = re.compile(
    r"(?:here(?! (?:is|are|was|were|comes?)\b)|with (?:it|this|that|these|them)|in (?:it|this|that)|"
    r"there (?:you|we))\b",
    re.IGNORECASE,
)
# A verb in the third person and no word before it, as in tables of commands.
_BARE_VERB = re.compile(
    r"(?!(?:this|its|as|us|was|is|has|does|across|besides|towards|afterwards|unless|thus|always|perhaps|sometimes|"
    r"less|plus|versus|yes|his|hers|ours|yours|theirs|others|means|news)\b)[A-Za-z]{2,}[^s\W\d_]s (?:the|a|an|all|any|"
    r"every|each|your|what|whether|which)\b",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(r"(?:our|the|an?)\b(?!.*\b(?:is|are|was|were|called|named)\b)", re.IGNORECASE)
_HEADING_WORDS = 6
_IT = re.compile(r"(?:it|its|this|that)\b", re.IGNORECASE)
_NAME_IN_CODE = re.compile(r"\b[a-z]{2,}\w*[._][a-z]{2,}\w*")
_FILE_NAME = re.compile(r"\.\w{1,5}\Z")


def asks_for_a_name(question: str) -> bool:
    """Whether what is asked for may be the very thing that a sentence does not name."""
    return _ASKS_FOR_A_NAME.search(question) is not None


def refers_back(sentence: str) -> bool:
    """Whether a sentence says of what the one before it names."""
    return _PRONOUN.match(sentence) is not None or _BEGINS_HERE.match(sentence) is not None


def lacks_subject(sentence: str) -> bool:
    """Whether a sentence leaves it to what stands above what it speaks of."""
    return refers_back(sentence) or _HERE.search(sentence) is not None or _BARE_VERB.match(sentence) is not None


@dataclass(frozen=True, slots=True)
class ChosenSentence:
    """A part of an answer. `opens`: no sentence stands before it in its paragraph."""

    text: str
    part: Excerpt
    opens: bool


def with_subjects(said: Sequence[ChosenSentence], question: Question, *, is_name_asked: bool) -> list[str]:
    """The texts of sentences, with the heading in front where it alone names something.

    That is their subject, in answers to questions for a name, or what is called so in code.
    """
    shown: list[str] = []
    seen: set[int] = set()
    for one in said:
        name = ""
        if one.part.passage not in seen:
            passage = question.passages[one.part.passage - 1]
            texts = [other.text for other in said if other.part.passage == one.part.passage]
            if is_name_asked and one.part.kind is UnitKind.PROSE:
                name = _name(passage, one, texts)
            if not name or any(_is_named(name, text) for text in (question.text, *texts)):
                name = _name_in_code(passage, (question.text, *texts))
        seen.add(one.part.passage)
        shown.append(f"{name}: {one.text}" if name else one.text)
    return shown


def _name_in_code(passage: Passage, texts: Sequence[str]) -> str:
    """The heading, if it has the name of a file or function that no text has."""
    heading = passage.headings[-1].rstrip(":") if passage.headings else ""
    names = _NAME_IN_CODE.findall(heading)
    return heading if names and not any(name in text for name in names for text in texts) else ""


def _name(passage: Passage, first: ChosenSentence, texts: Sequence[str]) -> str:
    """The heading above sentences that leave out their subject.

    Empty where it is no name, or where nothing is left out.
    """
    is_sure = is_about_what_is_above(first.text)
    if not is_sure and first.opens and passage.headings:
        leaves_out = any(map(is_about_what_is_above, texts))
        is_sure = _IT.match(first.text) is not None or (leaves_out and _FRAGMENT.match(first.text) is not None)
    name = (passage.headings[-1] if passage.headings else passage.source.title).strip().rstrip(":")
    is_name = 0 < len(name.split()) <= _HEADING_WORDS and not name.endswith("?") and not _FILE_NAME.search(name)
    return name if is_sure and is_name else ""


def is_about_what_is_above(sentence: str) -> bool:
    return bool(_BEGINS_HERE.match(sentence) or _HERE.search(sentence) or _BARE_VERB.match(sentence))


def _is_named(name: str, text: str) -> bool:
    return frozenset(words_of(name)) <= frozenset(words_of(text))
