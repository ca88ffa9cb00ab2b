"""reStructuredText: as docutils reads it, with what Sphinx adds to it."""

import re

from lxml import html
from lxml.html import HtmlElement

from services.errors import unreadable
from services.retrieval.ingest.extraction.built import read_body
from services.retrieval.ingest.extraction.document import Document, Outline, one_line, too_much_text

_SETTINGS = {
    # Nothing outside of the text is read, run, or written.
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "embed_stylesheet": False,
    "stylesheet_path": "",
    "math_output": "LaTeX",
    "syntax_highlight": "none",
    "footnote_backlinks": False,
    "toc_backlinks": False,
    "initial_header_level": 2,
    # Texts with mistakes are read as far as they go, and say nothing of it.
    "report_level": 5,
    "halt_level": 5,
    "line_length_limit": 1_000_000,
}
# What Sphinx is told of a page.
_OF_A_PAGE = re.compile(
    r"\A\s*(?::(?:orphan|tocdepth|nocomments|nosearch|no-search|html_theme[\w.]*):[^\n]*(?:\n|\Z))+"
)
_NOTES = frozenset(("attention", "caution", "danger!", "error", "hint", "important", "note", "tip", "warning"))
_MARKS = "//a[@role='doc-noteref'] | //aside//span[@class='label'] | //span[@class='colon']"
_MAXIMUM_EXPANSIONS = 1000
# Of a link whose address stands in another file.
_NO_LINK = re.compile(r"`([^`<>]{1,200}?)(?: <[^`<>]*>)?`__?")


def read_rst(text: str) -> Document:
    """Sections under their headings.

    Comments, raw code, and files that are to be included are left out. The title is
    the only heading of the first level. UNREADABLE_SOURCE for what docutils gives up.
    """
    # Taken in with the first such file: no other one needs it.
    from docutils.core import publish_parts

    from services.retrieval.ingest.extraction.rst_names import expansions, know_names

    text = _OF_A_PAGE.sub("", text)
    if expansions(text) > _MAXIMUM_EXPANSIONS + len(text) // 4:
        raise too_much_text()
    know_names(text)
    try:
        source = publish_parts(text, writer="html5", settings_overrides=_SETTINGS)["html_body"]
    except (RecursionError, MemoryError):
        raise
    except Exception as error:
        # Markup at odds with itself leads the library to any kind of error.
        raise unreadable("The file is broken: it can't be read as reStructuredText.") from error
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True)
    root = html.document_fromstring(f"<body>{source}</body>".encode("utf-8", "replace"), parser=parser)
    _tidy(root)
    found = root.find(".//h1")
    title = one_line("".join(found.itertext())) if found is not None else ""
    outline = Outline()
    read_body(root.find("body"), outline, {title})
    return Document(title, outline.sections())


def _tidy(root: HtmlElement) -> None:
    for mark in root.xpath(_MARKS):
        mark.drop_tree()
    for element in root.iter("p", "li", "dd", "td"):
        for piece in element.iter():
            piece.text = _NO_LINK.sub(r"\1", piece.text) if piece.text else None
            piece.tail = _NO_LINK.sub(r"\1", piece.tail) if piece.tail else None
    for name in root.xpath("//p[@class='admonition-title']"):
        if (name.text or "").lower() in _NOTES:
            name.drop_tree()
    for element in root.iter("aside", "header", "footer"):
        element.tag = "div"
