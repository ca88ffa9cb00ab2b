"""Pages that readers of other kinds build, so that their blocks are read as HTML is."""

import re
from collections.abc import Container

from lxml.html import Element, HtmlElement

from services.retrieval.ingest.extraction.document import Outline
from services.retrieval.ingest.extraction.html_blocks import read_blocks
from services.retrieval.ingest.extraction.html_page import HtmlPage

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that an element can't hold, and nobody sees."""


def new_body() -> HtmlElement:
    """What blocks are added to."""
    return add(Element("html"), "body")


def add(parent: HtmlElement, tag: str, text: str = "", **attributes: str) -> HtmlElement:
    """A new last child."""
    element = Element(tag, attributes)
    element.text = _UNFIT.sub("", text) or None
    parent.append(element)
    return element


def add_text(element: HtmlElement, text: str) -> None:
    """Adds to the end of what is in an element."""
    text = _UNFIT.sub("", text)
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def read_body(body: HtmlElement, outline: Outline, titles: Container[str] = ()) -> None:
    """Puts the blocks into `outline`; see `read_blocks`."""
    read_blocks(HtmlPage(body.getroottree().getroot(), by_name=False), body, outline, titles)


def name_columns(table: HtmlElement) -> None:
    """Makes the first row of a table its header."""
    row = table.find("tr")
    for cell in row if row is not None else ():
        cell.tag = "th"
