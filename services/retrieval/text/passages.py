"""Passages of documents: small enough to mean one thing, large enough to be understood."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.retrieval.ingest.extraction.document import Document, Section
from services.retrieval.text.sentences import Span, split_sentences
from services.retrieval.text.token_estimate import TokenCount, estimate_tokens

MAXIMUM_TOKENS = 200
OVERLAP_TOKENS = 40
OVERLAP_SENTENCES = 2
TINY_TOKENS = 25
MAXIMUM_CHARACTERS = 2000
"""Of one sentence; reached only by data, markup and lists without line breaks."""


@dataclass(frozen=True, slots=True)
class PassageDraft:
    """A passage before it has an id.

    `text` is a slice of one section, without title and headings; `sentences` are spans in it.
    """

    headings: tuple[str, ...]
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. `title` is the document's own; empty when it has none."""

    title: str
    passages: tuple[PassageDraft, ...]


def heading_path(title: str, headings: Sequence[str]) -> str:
    """`title > heading > heading`: what every indexed text begins with."""
    path = [title] if title else []
    for heading in headings:
        if not path or heading.casefold() != path[-1].casefold():
            path.append(heading)
    return " > ".join(path)


def indexed_text(title: str, headings: Sequence[str], text: str) -> str:
    """What is indexed of a passage, for words and vectors alike: its path, then its text."""
    path = heading_path(title, headings)
    return f"{path}\n{text}" if path else text


def split_document(document: Document, count: TokenCount = estimate_tokens) -> list[PassageDraft]:
    """The passages of a document, in reading order.

    None is longer than MAXIMUM_TOKENS, none reaches over the end of a section; neighbours in a section share a sentence
    or two.
    Tiny sections that follow each other under one heading become one passage, each with its own heading in front.
    """
    return [passage for section in _merge_tiny(document.sections, count) for passage in split_section(section, count)]


def split_section(section: Section, count: TokenCount = estimate_tokens) -> list[PassageDraft]:
    """The passages of one section: of about even length, so that none is a mere rest."""
    spans = [piece for span in split_sentences(section.text) for piece in _fit(section.text, span, count)]
    if not spans:
        return []
    lengths = [count(section.text[start:end]) for start, end in spans]
    passages = []
    for first, last in _windows(lengths):
        start, end = spans[first][0], spans[last][1]
        sentences = tuple((a - start, b - start) for a, b in spans[first : last + 1])
        passages.append(PassageDraft(section.headings, section.text[start:end], sentences))
    return passages


def _windows(lengths: list[float]) -> Iterator[tuple[int, int]]:
    """First and last sentence of each passage."""
    total = sum(lengths)
    if total <= MAXIMUM_TOKENS:
        yield 0, len(lengths) - 1
        return
    fresh = MAXIMUM_TOKENS - OVERLAP_TOKENS
    target = total / math.ceil(total / fresh)
    first = 0
    while True:
        last, size = first, lengths[first]
        overlap = size
        begin = first
        # Sentences before `first` are the overlap with the passage before.
        for back in range(first - 1, max(-1, first - 1 - OVERLAP_SENTENCES), -1):
            if overlap - lengths[first] + lengths[back] > OVERLAP_TOKENS or overlap + lengths[back] > MAXIMUM_TOKENS:
                break
            overlap += lengths[back]
            begin = back
        shared = overlap - size
        while (
            last + 1 < len(lengths)
            and size + lengths[last + 1] / 2 <= target
            and shared + size + lengths[last + 1] <= MAXIMUM_TOKENS
        ):
            last += 1
            size += lengths[last]
        yield begin, last
        if last + 1 == len(lengths):
            return
        first = last + 1


def _fit(text: str, span: Span, count: TokenCount) -> Iterator[Span]:
    """The span, cut where it is too long for a passage: at a line end, a space, or anywhere."""
    start, end = span
    while end - start > MAXIMUM_CHARACTERS or count(text[start:end]) > MAXIMUM_TOKENS:
        cut = _longest_prefix(text, start, end, count)
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while start < end and text[start].isspace() and not text.startswith("    ", start):
            start += 1
    if start < end:
        yield start, end


def _longest_prefix(text: str, start: int, end: int, count: TokenCount) -> int:
    low, high = start + 1, min(end, start + MAXIMUM_CHARACTERS)
    while low < high:
        middle = (low + high + 1) // 2
        if count(text[start:middle]) <= MAXIMUM_TOKENS:
            low = middle
        else:
            high = middle - 1
    for separator in ("\n", " "):
        cut = text.rfind(separator, start + 1, low + 1)
        if cut > start and text[start:cut].strip():
            return cut
    return low


def _merge_tiny(sections: Sequence[Section], count: TokenCount) -> Iterator[Section]:
    def parent_of_tiny(section: Section) -> tuple[str, ...] | None:
        tiny = section.headings and count(section.text) + count(section.headings[-1]) < TINY_TOKENS
        return section.headings[:-1] if tiny else None

    for parent, group in groupby(sections, parent_of_tiny):
        members = list(group)
        if parent is None or len(members) == 1:
            yield from members
        else:
            yield Section(parent, "\n\n".join(map(_with_heading, members)))


def _with_heading(section: Section) -> str:
    heading = section.headings[-1]
    return f"{heading} {section.text}" if heading.endswith(("?", "？")) else f"{heading}: {section.text}"
