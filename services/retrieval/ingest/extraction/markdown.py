"""Markdown: CommonMark with tables, and front matter."""

import re
from collections.abc import Iterator

from lxml import etree, html
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from services.retrieval.ingest.extraction.dialects import without_dialects
from services.retrieval.ingest.extraction.document import Document, Outline, one_line, table_rows
from services.retrieval.ingest.extraction.front_matter import split_front_matter
from services.retrieval.ingest.extraction.html_blocks import read_blocks
from services.retrieval.ingest.extraction.html_page import HtmlPage
from services.retrieval.ingest.extraction.markdown_table import enable_tables
from services.retrieval.ingest.extraction.marks import Marks, without_signs
from services.retrieval.ingest.extraction.mdx import says_mdx, without_mdx

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# What site generators read behind a heading, and people don't.
_ATTRIBUTES = re.compile(r"\s*\{:?\s*[#.][^{}]*\}\s*\Z")
_INDENT = "    "
# Those that Markdown does not know, as texts from word processors and from the web have them.
_MAYBE_BULLETS = "·–—"
_BULLET = re.compile(rf"(?:[•‣▪▫◦●○■□▸►➢➤⁃∙✓✔]\s*|[{_MAYBE_BULLETS}]\s+)(?=\S)")

_QUIET = {"hr", "html_inline", "footnote_anchor"}


def read_markdown(text: str) -> Document:
    """Sections under their headings.

    The title is the front matter's, else the first first-level heading.

    Links are their texts, images their descriptions; code keeps its lines, indented; tables become one line a row.
    Of what site generators put into Markdown, the texts stay and the signs go.
    """
    return _read(text, is_mdx=False)


def read_mdx(text: str) -> Document:
    """MDX by the name of its file: read_markdown without indented code, and braces hold code."""
    return _read(text, is_mdx=True)


def _read(text: str, *, is_mdx: bool) -> Document:
    front, text = split_front_matter(text)
    marks = Marks()
    is_mdx = is_mdx or says_mdx(text)
    text = without_dialects(without_mdx(text, marks, is_mdx=is_mdx), marks)
    parser = MarkdownIt("commonmark").enable("strikethrough").disable(["code"] if is_mdx else [])
    enable_tables(parser)
    title, description, outline = front.title, front.description, Outline()
    for node in _top_level(SyntaxTreeNode(parser.parse(text))):
        heading = _ATTRIBUTES.sub("", _inline(node)) if node.type == "heading" else ""
        is_title = node.type == "heading" and (heading == title or (not title and node.tag == "h1"))
        if not is_title:
            # Below the title, so that it is in one section with the text that follows.
            outline.block(description)
            description = ""
        if is_title:
            title = heading
        if node.type == "heading":
            put = outline.title if is_title else outline.heading
            put(int(node.tag[1:]), heading)
        elif node.type == "html_block":
            title = _read_html(node.content, outline, title)
        elif (mark := marks.of(node)) is not None:
            mark.put(outline)
        else:
            outline.block("\n".join(_lines(node, 0, marks)))
    outline.block(description)
    return Document(title, outline.sections())


def _read_html(source: str, outline: Outline, title: str) -> str:
    """Puts the content of an HTML block where it belongs; the title, which may stand in it."""
    page = _html(source)
    if page is None:
        return title
    if not title:
        title = next((text for heading in page.root.iter("h1") if (text := page.text(heading))), "")
    read_blocks(page, page.root, outline, {title})
    return title


def _top_level(tree: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for node in tree.children:
        if node.type == "blockquote":
            yield from _top_level(node)
        else:
            yield node


def _lines(node: SyntaxTreeNode, depth: int, marks: Marks) -> Iterator[str]:
    if (mark := marks.of(node)) is not None:
        # A list is one block: the title of a part in it is a line.
        yield from [mark.text] if mark.text else []
    elif node.type in ("fence", "code_block"):
        yield from (
            _INDENT + line.expandtabs(4).rstrip() for line in without_signs(node.content).strip("\n").split("\n")
        )
    elif node.type in ("bullet_list", "ordered_list"):
        yield from _list_lines(node, depth, marks)
    elif node.type == "table":
        yield _table(node)
    elif node.type == "html_block":
        page = _html(node.content)
        yield page.text(page.root) if page else ""
    elif node.type == "paragraph":
        yield from _items(node)
    elif node.type == "heading":
        yield _inline(node)
    elif node.type not in _QUIET:
        for child in node.children:
            yield from _lines(child, depth, marks)


def _list_lines(node: SyntaxTreeNode, depth: int, marks: Marks) -> Iterator[str]:
    number = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
    for position, item in enumerate(node.children):
        mark = "-" if number is None else f"{number + position}."
        lines = [line for child in item.children for line in _lines(child, depth + 1, marks)]
        for place, line in enumerate(lines):
            # Deeper than one step in, a line would look like code.
            yield ("  " if depth else "") + f"{mark} {line}" if place == 0 else line


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_inline(cell) for cell in row.children] for part in node.children for row in part.children]
    return table_rows(rows[0], rows[1:])


def _inline(node: SyntaxTreeNode) -> str:
    return one_line("".join(_pieces(node)))


def _items(paragraph: SyntaxTreeNode) -> Iterator[str]:
    """A paragraph as one line, or one for each bullet that Markdown does not know."""
    lines = list(filter(None, map(one_line, "".join(_pieces(paragraph, line_end="\n")).split("\n"))))
    marked = [_BULLET.match(line) for line in lines]
    is_list = any(marked) and (all(marked) or not any(bullet and bullet[0][0] in _MAYBE_BULLETS for bullet in marked))
    if not is_list or len(lines) == 1:
        yield " ".join(lines)
        return
    item: list[str] = []
    for line, bullet in zip(lines, marked, strict=True):
        if bullet and item:
            yield " ".join(item)
            item = []
        item.append(f"- {line[bullet.end() :]}" if bullet else line)
    yield " ".join(item)


def _pieces(node: SyntaxTreeNode, line_end: str = " ") -> Iterator[str]:
    for child in node.children:
        if child.type in ("text", "code_inline"):
            yield without_signs(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            yield line_end
        elif child.type == "html_inline":
            yield line_end if child.content.lower().startswith("<br") else ""
        elif child.type not in _QUIET:
            yield from _pieces(child, line_end)


def _html(source: str) -> HtmlPage | None:
    """None for what holds no element and no text: a comment, a declaration, an instruction."""
    try:
        return HtmlPage(html.fragment_fromstring(_COMMENT.sub("", source), create_parent=True))
    except (etree.ParserError, ValueError, AssertionError):
        # lxml asserts that there is one body; a head alone has none.
        return None
