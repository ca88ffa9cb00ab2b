"""Rich text, .rtf: headings by their styles, lists, tables and notes."""

import re

from lxml.html import HtmlElement

from services.errors import unreadable
from services.retrieval.ingest.extraction.built import add, name_columns, new_body, read_body
from services.retrieval.ingest.extraction.document import Document, Outline, one_line
from services.retrieval.ingest.extraction.pdf_titles import is_title_of_all
from services.retrieval.ingest.extraction.rtf_text import BODY_LEVEL, Paragraph, RichText, Table
from services.retrieval.ingest.extraction.rtf_tokens import read_events

_START = b"{\\rtf"
_NUMBER = re.compile(r"^\W*(?:\d+|[a-zA-Z]|[ivxlc]+)[.)]")
_ENDS_A_SENTENCE = re.compile(r"""[.!?,;:…]["'”’)\]]*$""")
_HEADING_CHARACTERS = 90


def read_rtf(content: bytes) -> Document:
    """Sections under the headings; where no style tells them, short lines in bold are headings.

    Pictures, headers and footers are left out. The title is the paragraph in the style Title, else that of the file's
    properties. UNREADABLE_SOURCE for anything but rich text.
    """
    if not content.startswith(_START):
        raise unreadable("The file is no rich text, whatever its name says: save it as .rtf and add it again.")
    text = RichText()
    for event in read_events(content):
        text.take(event)
    text.end()
    paragraphs = [one for one in text.blocks if isinstance(one, Paragraph)]
    own = next((one.text for one in paragraphs if one.is_title), "") or _first_and_largest(paragraphs)
    named = one_line(text.named)
    title = own or (named if is_title_of_all(named) else "")
    outline = Outline()
    read_body(_body(text.blocks, any(one.level < BODY_LEVEL for one in paragraphs)), outline, {title})
    return Document(title, outline.sections())


def _body(blocks: list[Paragraph | Table], has_headings: bool) -> HtmlElement:
    body = new_body()
    sizes = sorted({one.size for one in blocks if isinstance(one, Paragraph) and _may_be_heading(one)}, reverse=True)
    for block in blocks:
        if isinstance(block, list):
            table = add(body, "table")
            for row in block:
                cells = add(table, "tr")
                for cell in row:
                    add(cells, "td", cell)
            if len(block) > 1 and len(block[0]) > 2:
                name_columns(table)
        elif block.is_title:
            add(body, "h1", block.text)
        elif block.level < BODY_LEVEL:
            add(body, f"h{min(block.level + 2, 6)}", block.text)
        elif block.marker:
            tag = "ol" if _NUMBER.match(block.marker) else "ul"
            points = body[-1] if len(body) and body[-1].tag == tag else add(body, tag)
            add(points, "li", block.text)
        elif not has_headings and _may_be_heading(block):
            add(body, f"h{min(sizes.index(block.size) + 2, 6)}", block.text)
        else:
            add(body, "p", block.text)
    return body


def _first_and_largest(paragraphs: list[Paragraph]) -> str:
    first = paragraphs[0] if len(paragraphs) > 1 else None
    if first is None or first.level < BODY_LEVEL or not _may_be_heading(first):
        return ""
    return first.text if all(one.size <= first.size for one in paragraphs) and first.size > paragraphs[1].size else ""


def _may_be_heading(one: Paragraph) -> bool:
    return (
        one.is_bold
        and not one.marker
        and len(one.text) <= _HEADING_CHARACTERS
        and not _ENDS_A_SENTENCE.search(one.text)
    )
