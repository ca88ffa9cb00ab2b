"""Paragraphs of Word files that are code: all of their text is set in a monospaced type."""

import re
from collections.abc import Iterator
from itertools import islice
from zipfile import ZipFile

from lxml import etree

from services.retrieval.ingest.extraction.package import read_xml
from services.retrieval.ingest.extraction.relations import targets

_MONOSPACED = re.compile(
    r"courier|consol|menlo|monaco|lucida (?:console|sans typewriter)|cascadia (?:code|mono)|fira code|source code|"
    r"typewriter|letter gothic|andale|\bhack\b|\bmono\b|monospace",
    re.IGNORECASE,
)
_CODE_STYLE = re.compile(r"(?:source )?code(?: ?block)?|listing|(?:html )?preformatted(?: text)?", re.IGNORECASE)
_TITLE_STYLE = re.compile(r"heading|title|subtitle|toc", re.IGNORECASE)
_CODE_SHARE = 0.5
"""Of all text: where more is monospaced, that tells no code."""

_LONGEST_CHAIN = 20


class DocxStyles:
    """What the styles of a file say of the type."""

    def __init__(self, archive: ZipFile, main: str) -> None:
        self._styles: dict[str, etree._Element] = {}
        self._defaults: etree._Element | None = None
        self._usual = ""
        for part in targets(archive, main, "styles").values():
            if part in archive.namelist():
                self._read(read_xml(archive, part))

    def code_paragraphs(self, root: etree._Element) -> list[etree._Element]:
        """The paragraphs that are code; none where most of the text is set like that.

        Headings, items of lists and cells of tables stay what they are.
        """
        whole = in_code = 0
        code: list[etree._Element] = []
        for paragraph in root.iter("{*}p"):
            texts = list(_texts(paragraph))
            length = sum(len(text) for _, text in texts)
            whole += length
            if texts and self._is_code(paragraph, texts):
                in_code += length
                code.append(paragraph)
        return [one for one in code if not _is_in_cells(one)] if in_code <= whole * _CODE_SHARE else []

    def _read(self, root: etree._Element) -> None:
        self._defaults = root.find("{*}docDefaults/{*}rPrDefault/{*}rPr")
        for style in root.iterfind("{*}style"):
            self._styles[_value(style, "styleId")] = style
            if _value(style, "type") == "paragraph" and _value(style, "default") in ("1", "true"):
                self._usual = _value(style, "styleId")

    def _is_code(self, paragraph: etree._Element, texts: list[tuple[etree._Element, str]]) -> bool:
        properties = paragraph.find("{*}pPr")
        style = _of(properties, "pStyle") or self._usual
        name = self._name(style)
        if _TITLE_STYLE.match(name) or (properties is not None and properties.find("{*}numPr") is not None):
            return False
        return _CODE_STYLE.fullmatch(name) is not None or all(self._is_monospaced(run, style) for run, _ in texts)

    def _is_monospaced(self, run: etree._Element, paragraph_style: str) -> bool:
        properties = run.find("{*}rPr")
        font = (
            _font(properties)
            or self._font_of(_of(properties, "rStyle"))
            or self._font_of(paragraph_style)
            or _font(self._defaults)
        )
        return _MONOSPACED.search(font) is not None

    def _name(self, style: str) -> str:
        found = self._styles.get(style)
        return _of(found, "name") or style

    def _font_of(self, style: str) -> str:
        for _ in range(_LONGEST_CHAIN):
            found = self._styles.get(style)
            if found is None:
                break
            if font := _font(found.find("{*}rPr")):
                return font
            style = _of(found, "basedOn")
        return ""


def _texts(paragraph: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The runs of a paragraph with their texts; those without any tell nothing."""
    for run in paragraph.iter("{*}r"):
        text = "".join(run.itertext("{*}t")).strip()
        if text:
            yield run, text


def _is_in_cells(paragraph: etree._Element) -> bool:
    """Whether a paragraph stands in a table of more than one cell, where a row is a line."""
    table = next(paragraph.iterancestors("{*}tbl"), None)
    return table is not None and len(list(islice(table.iter("{*}tc"), 2))) > 1


def _font(properties: etree._Element | None) -> str:
    fonts = properties.find("{*}rFonts") if properties is not None else None
    if fonts is None:
        return ""
    # A theme has no monospaced type.
    return "theme" if _value(fonts, "asciiTheme") else _value(fonts, "ascii") or _value(fonts, "hAnsi")


def _of(element: etree._Element | None, name: str) -> str:
    found = element.find(f"{{*}}{name}") if element is not None else None
    return _value(found, "val") if found is not None else ""


def _value(element: etree._Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")
