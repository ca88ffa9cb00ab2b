"""The characters of a page of a PDF file: where they stand when it is looked at, and in which type."""

import ctypes
import math
import re
from collections import Counter
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_SAMPLES = 7
_BOLD = 600
_BOLD_NAME = re.compile(rb"(?i)bold|black|heavy|demi")
_NAME_BYTES = 128


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
