"""Workbooks of spreadsheets: a section for each sheet, a line for each row."""

import re
from collections.abc import Iterator
from zipfile import ZipFile

from lxml import etree

from services.retrieval.ingest.extraction.document import MAXIMUM_CHARACTERS, Document, Outline, one_line, too_much_text
from services.retrieval.ingest.extraction.number_formats import BUILT_IN, shown
from services.retrieval.ingest.extraction.package import open_package, read_xml, title_of
from services.retrieval.ingest.extraction.pdf_titles import is_title
from services.retrieval.ingest.extraction.relations import targets
from services.retrieval.ingest.extraction.sheet import Cell, Sheet

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LAST_COLUMN = 16_384
_TRUE = ("1", "true", "on")


def read_xlsx(content: bytes) -> Document:
    """Sections of the sheets that are shown; hidden sheets, rows and columns are left out.

    Numbers and dates are those that are shown, formulas their last results. UNREADABLE_SOURCE for a file that is
    encrypted, broken, or no workbook.
    """
    with open_package(content, "Excel file", ".xlsx", ".xls") as archive:
        workbook = _Workbook(archive)
        title = title_of(archive)
        title = title if is_title(title) else ""
        outline = Outline()
        for name, part in workbook.sheets():
            outline.heading(1, name if is_title(name) and name != title else "")
            for block in workbook.sheet(part).blocks():
                outline.block(block)
        return Document(title, outline.sections())


class _Workbook:
    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._main = next(iter(targets(archive, "", "officeDocument").values()))
        self._root = read_xml(archive, self._main)
        properties = self._root.find("{*}workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in _TRUE
        self._left = MAXIMUM_CHARACTERS
        self._strings = [one_line(_rich_text(one)) for one in self._beside("sharedStrings").iterfind("{*}si")]
        styles = self._beside("styles")
        named = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iterfind("{*}numFmts/{*}numFmt")}
        self._formats = [
            named.get(key) or BUILT_IN.get(int(key) if key.isdecimal() else 0, "")
            for key in (one.get("numFmtId", "0") for one in styles.iterfind("{*}cellXfs/{*}xf"))
        ]

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Name and part of each sheet that is shown, in order."""
        parts = targets(self._archive, self._main, "worksheet")
        for sheet in self._root.iterfind("{*}sheets/{*}sheet"):
            key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
            if sheet.get("state", "visible") == "visible" and key in parts:
                yield one_line(sheet.get("name", "")), parts[key]

    def sheet(self, part: str) -> Sheet:
        """The cells of a sheet, wherever it says that it ends."""
        sheet = Sheet()
        hidden: set[int] = set()
        number = 0
        tags = ("{*}col", "{*}row", "{*}mergeCell")
        with self._archive.open(part) as file:
            for _, element in etree.iterparse(file, tag=tags, resolve_entities=False, no_network=True):
                tag = etree.QName(element).localname
                if tag == "col":
                    if element.get("hidden") in _TRUE:
                        hidden |= set(range(int(element.get("min")), min(int(element.get("max")), _LAST_COLUMN) + 1))
                elif tag == "mergeCell":
                    corners = [*map(_place, element.get("ref", "").split(":"))]
                    if len(corners) == 2:
                        sheet.merge(corners[0], corners[1])
                else:
                    number = int(element.get("r") or number + 1)
                    if element.get("hidden") not in _TRUE:
                        sheet.add(number, {at: cell for at, cell in self._cells(element) if at not in hidden})
                    element.clear()
        return sheet

    def _cells(self, row: etree._Element) -> Iterator[tuple[int, Cell]]:
        column = 0
        for element in row.iterfind("{*}c"):
            reference = element.get("r")
            column = _place(reference)[1] if reference else column + 1
            style = int(element.get("s") or 0)
            kind = element.get("t", "n")
            text = self._text(element, kind, self._formats[style] if style < len(self._formats) else "")
            self._left -= len(text)
            if self._left < 0:
                raise too_much_text()
            if text and column <= _LAST_COLUMN:
                yield column, Cell(text, style, is_number=kind in ("n", "d"))

    def _text(self, element: etree._Element, kind: str, code: str) -> str:
        if kind == "inlineStr":
            inline = element.find("{*}is")
            return one_line(_rich_text(inline)) if inline is not None else ""
        value = element.findtext("{*}v") or ""
        if kind == "s":
            return self._strings[int(value)] if value else ""
        if kind == "b":
            return "TRUE" if value in _TRUE else "FALSE" if value else ""
        if kind == "e" or not value:
            return ""
        return shown(float(value), code, from_1904=self._from_1904) if kind == "n" else one_line(value)

    def _beside(self, kind: str) -> etree._Element:
        part = next(iter(targets(self._archive, self._main, kind).values()), "")
        return read_xml(self._archive, part) if part in self._archive.namelist() else etree.Element("none")


def _place(reference: str) -> tuple[int, int]:
    """Row and column of a cell, such as B7."""
    match = _REFERENCE.fullmatch(reference.replace("$", ""))
    if match is None:
        raise ValueError("no cell")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _rich_text(element: etree._Element) -> str:
    """The text of runs, without the readings of Japanese words."""
    runs = element.iterfind("{*}r/{*}t")
    return "".join(one.text or "" for one in (*element.iterfind("{*}t"), *runs))
