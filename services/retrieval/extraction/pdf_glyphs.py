"""The characters of a page of a PDF file: where they stand when it is looked at, and in which type."""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_SAMPLES = 7
_BOLD = 600
_BOLD_NAME = re.compile(rb"(?i)bold|black|heavy|demi")
_NAME_BYTES = 128
_TOLD_CONTROLS = frozenset("\t\n\r\x02")
"""The last one is PDFium's for a hyphen at the end of a line."""

_NOTE_MARKS = frozenset("0123456789*†‡§")
_NOTE_SIZE = 0.78
_RAISED_EMS = 0.3
_UNIT_LETTERS = 3
_LEAST_MARKED = 2
_ENDS_WORD = re.compile(r"[.,;:!?)\]]")


class Box(NamedTuple):
    """Where a character stands, in points from the left and the upper edge of the page as it is shown."""

    left: float
    right: float
    top: float


class Glyphs:
    """All characters of a page, spaces and line ends that PDFium has put between them included."""

    def __init__(self, page: pdfium.PdfPage, text: pdfium.PdfTextPage, count: int) -> None:
        self._text = text.raw
        self._rotation = int(page.get_rotation())
        self._width, self._height = (float(length) for length in page.get_size())
        self.characters = [chr(raw.FPDFText_GetUnicode(self._text, place)) for place in range(count)]
        self.have_names = self._have_names()

    def box(self, place: int) -> Box:
        """Where the character stands. Places in a file don't know of the page's rotation, those here do."""
        found = raw.FS_RECTF()
        raw.FPDFText_GetLooseCharBox(self._text, place, ctypes.byref(found))
        if self._rotation == 90:
            return Box(found.bottom, found.top, found.left)
        if self._rotation == 180:
            return Box(self._width - found.right, self._width - found.left, found.bottom)
        if self._rotation == 270:
            return Box(self._width - found.top, self._width - found.bottom, self._height - found.right)
        return Box(found.left, found.right, self._height - found.top)

    def without_note_marks(self, start: int, end: int, size: float) -> Iterator[tuple[int, int]]:
        """The word from `start` to `end`, cut before and behind a small raised number that marks a footnote.

        `size`: of the line's type. What is raised behind a unit, as in m², belongs to it.
        """
        if end - start < _LEAST_MARKED or not _NOTE_MARKS.intersection(self.characters[start:end]):
            yield start, end
            return
        raised = self._raised(range(start, end), size)
        begin, is_unit = start, False
        for place in range(start + 1, end):
            is_mark, was_mark = raised[place - start], raised[place - start - 1]
            if is_mark and not was_mark:
                is_unit = place - begin <= _UNIT_LETTERS and self.characters[place - 1].isalpha()
            is_end = was_mark and not is_mark and not _ENDS_WORD.match(self.characters[place])
            if not is_unit and (is_end or (is_mark and not was_mark)):
                yield begin, place
                begin = place
        yield begin, end

    def _raised(self, places: range, size: float) -> list[bool]:
        """Which characters are small and stand as high as those beside them."""
        small = [
            self.characters[place] in _NOTE_MARKS and self._type_at(place)[0] <= size * _NOTE_SIZE for place in places
        ]
        if all(small) or not any(small):
            return [False] * len(places)
        top = min(self.box(place).top for place, is_small in zip(places, small, strict=True) if not is_small)
        return [
            is_small and self.box(place).top <= top + _RAISED_EMS * size
            for place, is_small in zip(places, small, strict=True)
        ]

    def _have_names(self) -> bool:
        """Whether more characters can be told than those whose font says nothing but their shapes."""
        shapes = sum(1 for character in self.characters if character < " " and character not in _TOLD_CONTROLS)
        if not shapes:
            return True
        # Without a name PDFium gives a character's code, which now and then is that of a digit or letter.
        nameless = sum(raw.FPDFText_HasUnicodeMapError(self._text, place) for place in range(len(self.characters)))
        spaces = sum(map(str.isspace, self.characters))
        return bool(max(shapes, nameless) * 2 <= len(self.characters) - spaces)

    def type_of(self, places: list[int]) -> tuple[float, bool]:
        """Size, to half a point, and weight of most of the characters: whether it is bold."""
        step = max(1, len(places) // _SAMPLES)
        types = Counter(self._type_at(place) for place in places[::step])
        return types.most_common(1)[0][0]

    def _type_at(self, place: int) -> tuple[float, bool]:
        matrix = raw.FS_MATRIX()
        raw.FPDFText_GetMatrix(self._text, place, ctypes.byref(matrix))
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        size = round(raw.FPDFText_GetFontSize(self._text, place) * scale * 2) / 2
        return size, raw.FPDFText_GetFontWeight(self._text, place) >= _BOLD or self._is_named_bold(place)

    def _is_named_bold(self, place: int) -> bool:
        # Fonts that are not in the file, and many that are, have a weight in their name alone.
        name = ctypes.create_string_buffer(_NAME_BYTES)
        length = raw.FPDFText_GetFontInfo(self._text, place, name, _NAME_BYTES, None)
        return 0 < length <= _NAME_BYTES and _BOLD_NAME.search(name.value) is not None
