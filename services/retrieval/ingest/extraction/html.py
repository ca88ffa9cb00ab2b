"""Web pages: the content of the page, without what surrounds it."""

import re

from lxml import etree, html
from lxml.html import HtmlElement

from services.errors import unreadable
from services.retrieval.ingest.extraction.document import Document, Outline
from services.retrieval.ingest.extraction.html_article import article_parts
from services.retrieval.ingest.extraction.html_blocks import read_blocks
from services.retrieval.ingest.extraction.html_page import HtmlPage
from services.retrieval.ingest.extraction.html_title import page_title

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_META_WITHIN = 4096
_LANDMARKS = (".//main", ".//*[@role='main']", ".//article", ".//*[@id='content' or @id='main-content']")
_LANDMARK_SHARE = 0.25
_PARSER = {"encoding": "utf-8", "huge_tree": True, "remove_comments": True, "remove_pis": True}


def declared_charset(content: bytes) -> str:
    """The encoding that a page says it has; empty when it says none."""
    match = _META_CHARSET.search(content[:_META_WITHIN])
    return match[1].decode("ascii", "replace") if match else ""


def read_html(text: str) -> Document:
    """Sections under their headings, from the part of the page that holds its content.

    See `page_title` for the title. UNREADABLE_SOURCE for anything but HTML.
    """
    try:
        source = _DECLARATION.sub("", text).encode("utf-8", "replace")
        root = html.document_fromstring(source, parser=html.HTMLParser(**_PARSER))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise unreadable("The file is empty or broken: it can't be read as HTML.") from error
    document = _read(HtmlPage(root))
    # Where nothing is left, the names meant something else on this page.
    return document if document.sections else _read(HtmlPage(root, by_name=False))


def _read(page: HtmlPage) -> Document:
    content = _content(page)
    title, sites = page_title(page, content)
    parts = article_parts(page, content) if page.by_name else []
    # A page that has nothing but a title is one whose text was not understood, or comes by a script.
    outline = Outline(lone_headings=not parts, lone_title=False)
    for part in parts or [content]:
        read_blocks(page, part, outline, {title, *sites}, is_article=bool(parts))
    return Document(title, outline.sections())


def _content(page: HtmlPage) -> HtmlElement:
    """The landmark that holds the page's content, else the body."""
    body = page.root.find("body")
    if body is None:
        return page.root
    whole = len(page.text(body))
    for path in _LANDMARKS:
        found = body.xpath(path)
        if len(found) == 1 and len(page.text(found[0])) >= whole * _LANDMARK_SHARE:
            return found[0]
    return body
