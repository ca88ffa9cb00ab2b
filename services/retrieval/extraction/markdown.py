"""Markdown: CommonMark with tables, and front matter."""

import re
from collections.abc import Iterator

from lxml import etree, html
from lxml.html import HtmlElement
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from services.retrieval.extraction.document import Document, Outline, one_line, table_rows
from services.retrieval.extraction.html_blocks import Inline, read_blocks
from services.retrieval.extraction.html_clutter import Clutter
from services.retrieval.extraction.markdown_table import enable_tables

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TOML_FRONT_MATTER = re.compile(r"\A\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(.+?)[ \t]*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# What site generators read behind a heading and in front of a note, and people don't.
_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*\Z")
_NOTE = re.compile(r"\A\[!(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*", re.IGNORECASE)
_INDENT = "    "

_QUIET = {"hr", "html_inline", "footnote_anchor"}


def read_markdown(text: str) -> Document:
    """Sections under their headings. The title is the front matter's, else the first first-level heading.

    Links are their texts, images their descriptions; code keeps its lines, indented; tables become one line a row.
    """
    title, text = _front_matter(text)
    parser = MarkdownIt("commonmark").enable("strikethrough")
    enable_tables(parser)
    tree = SyntaxTreeNode(parser.parse(text))
    outline = Outline()
    for node in _top_level(tree):
        if node.type == "html_block":
            title = _read_html(node.content, outline, title)
            continue
        if node.type != "heading":
            outline.block("\n".join(_lines(node, 0)))
            continue
        heading = _ATTRIBUTES.sub("", _inline(node))
        if not title and node.tag == "h1":
            title, heading = heading, ""
        outline.heading(int(node.tag[1:]), "" if heading == title else heading)
    return Document(title, outline.sections())


def _front_matter(text: str) -> tuple[str, str]:
    match = _FRONT_MATTER.match(text) or _TOML_FRONT_MATTER.match(text)
    if match is None:
        return "", text
    title = _FRONT_TITLE.search(match[1])
    return (one_line(title[1].strip("\"'")) if title else ""), text[match.end() :]


def _read_html(source: str, outline: Outline, title: str) -> str:
    """Puts the content of an HTML block where it belongs; the title, which may stand in it."""
    root = _html(source)
    if root is None:
        return title
    clutter = Clutter(root)
    if not title:
        title = next((text for heading in root.iter("h1") if (text := Inline(clutter).text(heading))), "")
    read_blocks(root, outline, title, clutter)
    return title


def _top_level(tree: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for node in tree.children:
        if node.type == "blockquote":
            yield from _top_level(node)
        else:
            yield node


def _lines(node: SyntaxTreeNode, depth: int) -> Iterator[str]:
    if node.type in ("fence", "code_block"):
        yield from (_INDENT + line.expandtabs(4).rstrip() for line in node.content.strip("\n").split("\n"))
    elif node.type in ("bullet_list", "ordered_list"):
        yield from _list_lines(node, depth)
    elif node.type == "table":
        yield _table(node)
    elif node.type == "html_block":
        yield _html_text(node.content)
    elif node.type in ("paragraph", "heading"):
        yield _NOTE.sub("", _inline(node))
    elif node.type not in _QUIET:
        for child in node.children:
            yield from _lines(child, depth)


def _list_lines(node: SyntaxTreeNode, depth: int) -> Iterator[str]:
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for position, item in enumerate(node.children):
        mark = "-" if number is None else f"{number + position}."
        lines = [line for child in item.children for line in _lines(child, depth + 1)]
        for place, line in enumerate(lines):
            # Deeper than one step in, a line would look like code.
            yield ("  " if depth else "") + f"{mark} {line}" if place == 0 else line


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
    return table_rows(rows[0], rows[1:]) if len(rows) > 1 else "; ".join(filter(None, rows[0]))


def _inline(node: SyntaxTreeNode) -> str:
    return one_line("".join(_pieces(node)))


def _pieces(node: SyntaxTreeNode) -> Iterator[str]:
    for child in node.children:
        if child.type in ("text", "code_inline"):
            yield child.content
        elif child.type in ("softbreak", "hardbreak"):
            yield " "
        elif child.type == "html_inline":
            yield " " if child.content.lower().startswith("<br") else ""
        elif child.type not in _QUIET:
            yield from _pieces(child)


def _html_text(source: str) -> str:
    root = _html(source)
    return "" if root is None else Inline(Clutter(root)).text(root)


def _html(source: str) -> HtmlElement | None:
    """None for what holds no element and no text: a comment, a declaration, an instruction."""
    try:
        return html.fragment_fromstring(_COMMENT.sub("", source), create_parent=True)
    except (etree.ParserError, ValueError):
        return None
