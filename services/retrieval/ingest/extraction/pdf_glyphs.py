"""The characters of a page of a PDF file: their places as shown, and their type."""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_SAMPLES = 7
_BOLD = 600
_BOLD_NAME = re.compile(rb"(?i)bold|black|heavy|demi")
_NAME_BYTES = 128
_KNOWN_CONTROLS = frozenset("\t\n\r\x02")
"""The last one is PDFium's for a hyphen at the end of a line."""

_NOTE_MARKS = frozenset("0123456789*†‡§")
_NOTE_SIZE = 0.78
_RAISED_EMS = 0.3
_MARK_GAP_EMS = 0.6
_LOOK_BACK = 20  # characters; a bound, as the next one, so that a word of megabytes costs no more than its length
_MOST_JOINED = 200
_ENDS_WORD = re.compile(r"[.,;:!?)\]]")
_UNIT = re.compile(r"(?:^|[^A-Za-zµμ])(?:[µμckdn]?m|mm|in|ft|yd|mi|sin|cos|tan|log|[b-zB-HJ-Z])\Z")
"""Of a length or time, or a variable."""
_CHARGE = re.compile(r"[+−–-]")
_TAKES_NOTE = re.compile(r"(?:[^\W\d_]|[.,;:!?”’\"']|\d,\d{3})\Z")
_NOTHING = "\0"
"""In place of a character that is not shown."""

_ON_A_LAM = re.compile("[\u0621-\u0643\u0645-\u064a\u0671]\u0644")
_TURNED = re.compile("[^\u0644]+\u0644+\u0627?")
"""An Arabic ligature from its end: it begins with a lam, or is the name of God."""
_FROM_RIGHT = re.compile("[\u0590-\u08ff]")
_LETTER = re.compile(r"[^\W\d_]")


class Box(NamedTuple):
    """The place of a character as shown, in points from the left and the upper edge."""

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
        shown = "".join(self.characters)
        self.is_from_right = len(_FROM_RIGHT.findall(shown)) * 2 > len(_LETTER.findall(shown))
        self._turn_ligatures(shown)

    def box(self, place: int) -> Box:
        """The place of a character; on a page that is read from the right, counted from there."""
        box = self._box(place)
        return Box(self._width - box.right, self._width - box.left, box.top) if self.is_from_right else box

    def _box(self, place: int) -> Box:
        # Places in the file don't know of the page's rotation.
        found = raw.FS_RECTF()
        raw.FPDFText_GetLooseCharBox(self._text, place, ctypes.byref(found))
        if self._rotation == 90:
            return Box(found.bottom, found.top, found.left)
        if self._rotation == 180:
            return Box(self._width - found.right, self._width - found.left, found.bottom)
        if self._rotation == 270:
            return Box(self._width - found.top, self._width - found.bottom, self._height - found.right)
        return Box(found.left, found.right, self._height - found.top)

    def without_note_marks(self, words: Iterable[tuple[int, int]], size: float) -> list[tuple[int, int]]:
        """The words of a line, by begin and end, without raised numbers that mark footnotes.

        `size`: of the line's type. What is raised behind a unit, as in m², belongs to it, and a number behind another
        one is a word of its own: it may be a power. What marks the note itself stands first in its line, and stays.
        """
        shown: list[tuple[int, int]] = []
        for start, end in words:
            if not _NOTE_MARKS.intersection(self.characters[start:end]):
                shown.append((start, end))
            elif shown and end - shown[-1][0] <= _MOST_JOINED and self._stands_at(shown[-1], start, size):
                self._read_marks(shown, shown.pop()[0], (start, end), size)
            else:
                self._read_marks(shown, start, (start, end), size)
        return shown

    def _stands_at(self, last: tuple[int, int], place: int, size: float) -> bool:
        """Whether a raised character stands right behind a word, but apart from it in the file."""
        if self._is_small(place, size) and not self._is_small(last[1] - 1, size):
            before, here = self.box(last[1] - 1), self.box(place)
            return here.top <= before.top + _RAISED_EMS * size and abs(here.left - before.right) <= _MARK_GAP_EMS * size
        return False

    def _read_marks(self, shown: list[tuple[int, int]], begin: int, word: tuple[int, int], size: float) -> None:
        """Add what is shown from `begin` to the end of the word.

        Marks that are not shown become characters without a sign.
        """
        end = word[1]
        for place in range(begin, word[0]):
            if self.characters[place].isspace():
                self.characters[place] = _NOTHING
        raised = self._raised(range(begin, end), size)
        place = begin
        while (place := next((one for one in range(place, end) if one in raised), end)) < end:
            last = next((one for one in range(place, end) if one not in raised), end)
            before = "".join(self.characters[max(begin, place - _LOOK_BACK) : place]).replace(_NOTHING, "")
            after = "".join(self.characters[last : min(end, last + 1)])
            is_open = bool(after) and not _ENDS_WORD.match(after)
            if before and not _UNIT.search(before) and not _CHARGE.match(after):
                if _TAKES_NOTE.search(before):
                    self.characters[place:last] = _NOTHING * (last - place)
                else:
                    shown.append((begin, place))
                    begin = place
            if is_open and not _CHARGE.match(after) and not _UNIT.search(before):
                shown.append((begin, last))
                begin = last
            place = last
        shown.append((begin, end))

    def _raised(self, places: range, size: float) -> set[int]:
        """Characters that are small and stand as high as those beside them."""
        small = {place for place in places if self._is_small(place, size)}
        others = [place for place in places if place not in small and self.characters[place] != _NOTHING]
        if not others or not small:
            return set()
        top = min(self.box(place).top for place in others) + _RAISED_EMS * size
        return {place for place in small if self.box(place).top <= top}

    def _is_small(self, place: int, size: float) -> bool:
        return self.characters[place] in _NOTE_MARKS and self._type_at(place)[0] <= size * _NOTE_SIZE

    def _turn_ligatures(self, shown: str) -> None:
        """Put the letters of Arabic ligatures in order: PDFium turns them over with their line."""
        done = 0
        for match in _ON_A_LAM.finditer(shown):
            first, last = match.span()
            box = self._box(first)
            if first < done or self._box(last - 1) != box:
                continue
            # What stands in one place was drawn as one.
            while first > done and self._box(first - 1) == box:
                first -= 1
            while last < len(shown) and self._box(last) == box:
                last += 1
            done = last
            if _TURNED.fullmatch(shown, first, last):
                self.characters[first:last] = reversed(shown[first:last])

    def _have_names(self) -> bool:
        """Whether more characters can be told than those whose font says nothing but their shapes."""
        shapes = sum(1 for character in self.characters if character < " " and character not in _KNOWN_CONTROLS)
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
