"""Headers, footers, headings and columns of a PDF file, as its type tells them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise

from services.retrieval.ingest.extraction.document import one_line
from services.retrieval.ingest.extraction.pdf_lines import Line
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all

ENDS_A_SENTENCE = re.compile(r"""[.!?:;。！？]["'”’)\]]*$""")
_BULLET = re.compile(r"^[•‣·–▪●○◦∙*]\s*")
_COUNTED = re.compile(r"(?:[^\W\d_]+ )?(\d{1,2})\b(?![.,]\d)[.):]?(?=\s|\Z)")
"""A heading with its number, as in "2 Cleaning" and "Chapter 2"."""

_SECTION_NUMBER = re.compile(r"[\dA-Z]+(?:\.\d+)*\.?")
_PAGE_NUMBER = re.compile(
    r"(?i)(?:page |seite |página |p\. ?)?[-–— ]*(?:\d{1,4}|[ivxlc]{1,6})[-–— ]*(?:(?:of|/|von|de|sur) ?\d{1,4})?"
)

Lines = Sequence[Line]

_EDGE_LINES = 3
_SAME_PLACE = 1.5
_LEAST_PAGES = 3
_SHARE_OF_PAGES = 0.4
"""Left and right pages have headers of their own, and the first page of a chapter often has none."""

_LARGER = 1.12
_HEADING_WORDS = 16
_SENTENCE_WORDS = 6
_LEVELS = 5
_INDENT = 72.0
_NORMAL_LEADING = 1.2


def without_furniture(pages: Sequence[Lines]) -> list[list[Line]]:
    """The pages without the headers and footers that repeat, and without page numbers.

    As they are when nothing else stands on them.
    """
    tops = _furniture(pages)
    kept = []
    for lines in pages:
        ordered = sorted(lines, key=lambda line: line.top)
        edges = {id(line) for line in _edges(ordered)}
        outermost = {id(line) for line in (*ordered[:1], *ordered[-1:])}
        kept.append(
            [
                line
                for line in lines
                if not (id(line) in outermost and _PAGE_NUMBER.fullmatch(line.text))
                and not (id(line) in edges and any(abs(line.top - top) <= _SAME_PLACE for top in tops))
            ]
        )
    return kept if any(kept) else [list(lines) for lines in pages]


def _furniture(pages: Sequence[Lines]) -> list[float]:
    """The places of headers and footers: edges where most of the text repeats on other pages."""
    texts_at: dict[int, Counter[str]] = defaultdict(Counter)
    for lines in pages:
        ordered = sorted(lines, key=lambda line: line.top)
        for key, top in {(_key(line), round(line.top)) for line in _edges(ordered)}:
            texts_at[top][key] += 1
    tops = []
    for top, keys in texts_at.items():
        repeated = sum(count for count in keys.values() if count > 1)
        if repeated >= max(_LEAST_PAGES, _SHARE_OF_PAGES * len(pages), keys.total() / 2):
            tops.append(float(top))
    return tops


def _edges(ordered: Lines) -> Iterable[Line]:
    # On a page of few lines not all of them are at an edge.
    count = max(1, min(_EDGE_LINES, len(ordered) // 3))
    return (*ordered[:count], *ordered[-count:])


def _key(line: Line) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line.text.lower())


class Typography:
    """The type of a document: the size of its body, and the levels of its headings."""

    def __init__(self, pages: Sequence[Lines]) -> None:
        lines = list(chain.from_iterable(pages))
        self.body = _body_size(lines)
        self._levels = self._find_levels(lines)
        self._leading = self._find_leading(pages)
        self._counted: dict[tuple[float, bool], set[str]] = defaultdict(set)
        for line in lines:
            if number := _COUNTED.match(line.text):
                self._counted[line.size, line.bold].add(number[1])

    def level(self, line: Line) -> int:
        """1 for the largest type; 0 for a line that is no heading."""
        return self._levels.get((line.size, line.bold), 0) if self._may_be_heading(line) else 0

    def follows(self, before: Line, line: Line) -> bool:
        """Whether a line stands right below another, as lines of one paragraph do."""
        return 0 < line.top - before.last_top <= self._leading * max(line.size, before.size)

    def title(self, first_page: Lines) -> str:
        """The lines of the largest type on the first page.

        Empty when they are many, like the body, or no title of it all.
        """
        size = max((line.size for line in first_page), default=0.0)
        if size < self.body * _LARGER:
            return ""
        sizes = [line.size for line in first_page]
        begin = sizes.index(size)
        end = next((place for place in range(begin, len(sizes)) if sizes[place] != size), len(sizes))
        title = one_line(" ".join(line.text for line in first_page[begin:end]))
        return title if is_title_of_all(title) and not self._is_first_of_many(title, first_page[begin]) else ""

    def _is_first_of_many(self, title: str, line: Line) -> bool:
        """Whether it is a numbered heading, and the next one follows."""
        number = _COUNTED.match(title)
        type_and_weight = (line.size, line.bold)
        return number is not None and str(int(number[1]) + 1) in self._counted[type_and_weight]

    def _may_be_heading(self, line: Line) -> bool:
        text = line.text
        if len(line.cells) > 1 and not _SECTION_NUMBER.fullmatch(line.cells[0]):
            return False
        if len(text.split()) > _HEADING_WORDS or not any(character.isalpha() for character in text):
            return False
        if line.size >= self.body * _LARGER:
            # Where most of the type is small, what is larger may well be text.
            is_sentence = text.endswith(".") and len(text.split()) >= _SENTENCE_WORDS
            return line.bold or not is_sentence
        like_body = line.bold and line.size >= self.body * 0.95
        return like_body and not ENDS_A_SENTENCE.search(text) and not _BULLET.match(text)

    def _find_levels(self, lines: Lines) -> Mapping[tuple[float, bool], int]:
        weights = Counter[bool]()
        for line in lines:
            if line.size == self.body:
                weights[line.bold] += len(line.text)
        types = {(line.size, line.bold) for line in lines if self._may_be_heading(line)}
        # Where all text is bold, that tells no heading.
        types = {one for one in types if one[0] >= self.body * _LARGER or weights[False] > weights[True]}
        return {one: min(level, _LEVELS) for level, one in enumerate(sorted(types, reverse=True), 1)}

    def _find_leading(self, pages: Sequence[Lines]) -> float:
        """The largest line distance in a paragraph, in heights of the type; drafts have two."""
        found = Counter[float]()
        for lines in pages:
            for before, line in pairwise(lines):
                if before.size == line.size == self.body and 0 < line.top - before.last_top <= 3 * line.size:
                    found[round((line.top - before.last_top) / line.size, 1)] += 1
        usual = found.most_common(1)[0][0] if found else _NORMAL_LEADING
        return max(usual, _NORMAL_LEADING) * 1.35


class Columns:
    """How far to the right the lines of each column of a page go."""

    def __init__(self, lines: Lines) -> None:
        self._rights: dict[tuple[float, int], float] = {}
        for line in lines:
            place = (line.size, int(line.left / _INDENT))
            self._rights[place] = max(line.right, self._rights.get(place, 0.0))

    def right_of(self, line: Line) -> float:
        """The right edge of the column in which a line stands, in points."""
        column = int(line.left / _INDENT)
        return max(self._rights.get((line.size, near), 0.0) for near in (column - 1, column, column + 1))


def _body_size(lines: Lines) -> float:
    sizes = Counter[float]()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0
