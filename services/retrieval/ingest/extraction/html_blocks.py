"""HTML elements to blocks of text, in reading order."""

import re
from collections.abc import Container, Iterator

from lxml.html import HtmlElement

from services.retrieval.ingest.extraction.document import Outline, nameless_rows, one_line, table_rows
from services.retrieval.ingest.extraction.html_asides import is_aside
from services.retrieval.ingest.extraction.html_grid import read_grid
from services.retrieval.ingest.extraction.html_measures import HEADINGS, INLINE
from services.retrieval.ingest.extraction.html_page import MAXIMUM_DEPTH, HtmlPage
from services.retrieval.ingest.extraction.html_text import BREAK, plain

_INDENT = "    "
_TWO_BREAKS = re.compile(f"{BREAK}\\s*{BREAK}")


def read_blocks(
    page: HtmlPage, content: HtmlElement, outline: Outline, titles: Container[str], *, is_article: bool = False
) -> None:
    """Put the headings and blocks of `content` into `outline`.

    `titles`: headings that name the page or its site, which say nothing of the text below. `is_article`: what is
    nothing but a link leads to other articles.
    """
    _Blocks(page, outline, titles, is_article).read(content, 0)


class _Blocks:
    def __init__(self, page: HtmlPage, outline: Outline, titles: Container[str], is_article: bool) -> None:
        self._is_article = is_article
        self._page = page
        self._outline = outline
        self._titles = titles
        self._run: list[str] = []

    def read(self, element: HtmlElement, depth: int) -> None:
        """Reads the children of a block; text between blocks is a paragraph of its own."""
        self._run.append(element.text or "")
        for child in element:
            if self._page.is_shown(child):
                self._child(child, depth)
            self._run.append(child.tail or "")
        self._end_paragraph()

    def _child(self, child: HtmlElement, depth: int) -> None:
        inside = self._page.measures_of(child)
        if child.tag in INLINE and not inside.holds_blocks:
            self._run.extend(self._page.pieces(child, depth))
            return
        self._end_paragraph()
        if child.tag in HEADINGS and self._page.is_short(child):
            if (heading := self._page.text(child)) and not (self._is_article and is_aside(heading)):
                put = self._outline.title if heading in self._titles else self._outline.heading
                put(HEADINGS[child.tag], heading)
        elif child.tag == "pre":
            self._outline.block(_code(child))
        elif child.tag == "dl":
            self._outline.block("\n".join(self._definitions(child, 0)))
        elif child.tag == "table" and inside.holds_rows and not inside.nests_rows:
            self._outline.block(self._table(child))
        elif depth >= MAXIMUM_DEPTH:
            self._outline.block(one_line(" ".join(child.itertext())))
        elif self._page.is_link_list(child) or (self._is_article and self._page.leads_elsewhere(child)):
            return
        elif child.tag in ("ul", "ol") and (child.find("li") is not None or not (child.text or "").strip()):
            self._outline.block("\n".join(self._list_lines(child, 0)))
        else:
            self.read(child, depth + 1)

    def _end_paragraph(self) -> None:
        for paragraph in _TWO_BREAKS.split("".join(self._run)):
            text = plain(paragraph)
            if not (self._is_article and is_aside(text)):
                self._outline.block(text)
        self._run = []

    def _list_lines(self, element: HtmlElement, depth: int) -> Iterator[str]:
        start = element.get("start", "")
        number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
        for item in filter(self._page.is_shown, element):
            apart = {inner: True for inner in item if inner.tag in ("ul", "ol", "pre")} if item.tag == "li" else {}
            text = self._page.text(item, apart)
            if text:
                # Deeper than one step in, a line would look like code.
                yield ("  " if depth else "") + (f"{number}. " if element.tag == "ol" else "- ") + text
                number += 1
            for inner in apart if depth < MAXIMUM_DEPTH else ():
                yield from [_code(inner)] if inner.tag == "pre" else self._list_lines(inner, depth + 1)

    def _definitions(self, element: HtmlElement, depth: int) -> Iterator[str]:
        term = ""
        for child in self._terms(element, depth):
            inner = [one for one in child if one.tag == "dl"] if depth < MAXIMUM_DEPTH else []
            text = self._page.text(child, frozenset(inner))
            if child.tag == "dd" and text:
                yield (f"{term} {text}" if term.endswith("?") else f"{term}: {text}") if term else text
                term = ""
            elif child.tag == "dt":
                yield from [term] if term else []
                term = text
            if inner:
                yield from [term] if term else []
                term = ""
            for one in inner:
                yield from self._definitions(one, depth + 1)
        yield from [term] if term else []

    def _terms(self, element: HtmlElement, depth: int) -> Iterator[HtmlElement]:
        """Terms and what they mean, also those in blocks that group them."""
        for child in filter(self._page.is_shown, element):
            if child.tag in ("dt", "dd"):
                yield child
            elif depth < MAXIMUM_DEPTH:
                yield from self._terms(child, depth + 1)

    def _table(self, element: HtmlElement) -> str:
        rows = [(is_head, cells) for is_head, cells in read_grid(element, self._page.text) if any(cells)]
        if not rows:
            return ""
        caption = element.find("caption")
        title = self._page.text(caption) if caption is not None else ""
        cells = [row for _, row in rows]
        body = table_rows(cells[0], cells[1:]) if rows[0][0] and len(rows) > 1 else nameless_rows(cells)
        return "\n".join(filter(None, (title, body)))


def _code(element: HtmlElement) -> str:
    for line_break in element.iter("br"):
        line_break.text = "\n"
    lines = "".join(element.itertext()).expandtabs(4).strip("\n").split("\n")
    return "\n".join(_INDENT + line.rstrip() for line in lines)
