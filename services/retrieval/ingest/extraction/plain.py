"""Plain text: paragraphs, with headings told by their form."""

import re

from services.retrieval.ingest.extraction.document import Document, Outline, one_line

_LIST_ITEM = re.compile(r"^\s*(?:[-*•‣·–]|\d{1,3}[.)]|[a-zA-Z][.)])\s+\S")
_UNDERLINE = re.compile(r"^\s*(=|-|~|\*|_)\1{2,}\s*$")
_ENDS_A_SENTENCE = re.compile(r"""[.!,;:。！，；：…]["'”’)\]]*$""")
_CODE = re.compile(r"^(?: {4}|\t)\s*\S")

_HEADING_WORDS = 14
_HEADING_CHARACTERS = 110
_WRAPPED_LINE = 55


def read_plain(text: str) -> Document:
    """Sections under the lines that look like headings.

    Such a line is short, alone or first in its block, and has no full stop at the end.

    Hard-wrapped lines are joined. The document has no title of its own.
    """
    outline = Outline()
    blocks = [block.rstrip() for block in re.split(r"\n(?:[ \t]*\n)+", text) if block.strip()]
    level = 1
    for position, block in enumerate(blocks):
        lines = [line for line in block.split("\n") if line.strip()]
        title, rest = _heading(lines, has_next=position + 1 < len(blocks))
        if title:
            outline.heading(level, title)
        outline.block(_unwrap(rest))
        # A heading that stands alone is above the one that follows it at once; how deep others are, nothing tells.
        level = 2 if title and not rest else 1
    return Document("", outline.sections())


def _heading(lines: list[str], has_next: bool) -> tuple[str, list[str]]:
    first = lines[0]
    underlined = len(lines) > 1 and bool(_UNDERLINE.match(lines[1]))
    rest = lines[2:] if underlined else lines[1:]
    alone = not rest and not underlined
    if not _is_heading_like(first) or (alone and not has_next):
        return "", lines
    if rest and not underlined and not _is_body(first, rest):
        return "", lines
    return one_line(first), rest


def _is_heading_like(line: str) -> bool:
    text = line.strip()
    return (
        len(text) <= _HEADING_CHARACTERS
        and len(text.split()) <= _HEADING_WORDS
        and not _ENDS_A_SENTENCE.search(text)
        and not _CODE.match(line)
        and any(character.isalpha() for character in text)
        and not re.match(r"^\s*[-*•‣·–]\s", line)
    )


def _is_body(first: str, rest: list[str]) -> bool:
    """Whether `rest` is text under the heading `first`, and no list, address or poem."""
    if rest[0].lstrip()[0].islower():
        return False
    longest = max(len(line.strip()) for line in rest)
    return longest > len(first.strip()) and (
        longest >= _WRAPPED_LINE or any(_ENDS_A_SENTENCE.search(line.strip()) for line in rest)
    )


def _unwrap(lines: list[str]) -> str:
    joined: list[str] = []
    previous = ""
    for line in lines:
        if _CODE.match(line):
            joined.append("    " + line.expandtabs(4)[4:].rstrip())
        elif (
            joined
            and len(previous.rstrip()) >= _WRAPPED_LINE
            and not _LIST_ITEM.match(line)
            and not _CODE.match(previous)
            and _goes_on(previous, line)
        ):
            joined[-1] += " " + one_line(line)
        else:
            joined.append(one_line(line))
        previous = line
    return "\n".join(joined)


def _goes_on(line: str, following: str) -> bool:
    """Whether a long line was wrapped by width: what follows could not have fitted on it."""
    first_word = following.split()[0]
    return len(line.rstrip()) + 1 + len(first_word) > 70 or following.lstrip()[0].islower()
