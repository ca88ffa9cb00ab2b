"""Single lines of the Markdown dialects of site generators, outside of code blocks."""

import re
from collections.abc import Collection
from dataclasses import dataclass

# Lines may be as long as the file, so none of these may try the same part of one twice: hence the possessive signs.
_NOTE = re.compile(r"[ \t]*+(?:!!!|\?\?\?\+?)[ \t]?([\w-]++(?:[ \t]++[\w-]++)*+)?[ \t]*+(\"(.*)\")?[ \t]*$")
_TAB = re.compile(r"[ \t]*===[!+]?[ \t]+([\"'])(.*)\1[ \t]*$")
_COLONS = re.compile(r"[ \t]*(:{3,})[ \t]*(\{[^{}]*\}|[\w.-]+)[ \t]*(.*)$")
_SLASHES = re.compile(r"[ \t]*(/{3,})[ \t]*([\w-]+)[ \t]*(?:\|[ \t]*(.*))?$")
_TAG = re.compile(
    r"[ \t]*+(?:\{%-?[ \t]*+(\w++(?:-++\w++)*+)(.*)%\}|"
    r"\{\{[<%][ \t]*+([/.-]*+\w++(?:[/.-]++\w++)*+)(.*)[>%]\}\})[ \t]*$"
)
_CALLOUT = re.compile(r"([ \t]*(?:>[ \t]?)+)\\?\[![A-Za-z]+\\?\][-+]?[ \t]*(.*)$")
_NAMED_TITLE = re.compile(r"\b(?:title|label|header|heading|summary|name)[ \t]*=[ \t]*(?:\"([^\"]*)\"|'([^']*)')")
_ATTRIBUTES_BEHIND = re.compile(r"\{[^{}]*\}[ \t]*$")

_INCLUDE = re.compile(
    r"[ \t]*(?:-+8<-+[ \t]+[\"'].*[\"']|\{!.*!\}|\{\*[ \t]*+(?=[\w./-]+\.\w).*\*\}|<<<[ \t]*[@./].*|"
    r"\{%-?[ \t]*(?:include|include-markdown|include_relative|embed|file|partial)\b.*%\}|"
    r"\[!(?:INCLUDE|include|code)[^\s\[]*+[ \t]*+\[[^(]*+\(.*\)\]?)[ \t]*$"
)
_LEFT_OUT = re.compile(
    r"[ \t]*(?:\[\[?_?(?:TOC|toc)_?\]\]?|\{:[^{}]*\}|\{[ \t]*[.#][^{}]*\}|\{\{[<%].*[>%]\}\})[ \t]*$"
)
_CODE_SPAN = re.compile(r"(`+[^`]*`+)")
_ATTRIBUTES = re.compile(r"(?<=[)\]`*_:])\{(?::|[ \t]*(?=[.#]|[\w-]{1,40}=))[^{}\n]{0,300}\}")
_ICON = re.compile(r":(?:material|fontawesome|octicons|simple)-[\w-]{1,80}:")

_TITLE_WORDS = 6
_LONGEST_TITLE = 500
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_EMPHASIS = re.compile(r"(\*\*|\*|`|__)(.+?)\1")
_PLACING = frozenset(("inline", "end", "annotate"))
_UNTITLED = frozenset(("tabs", "code-group", "raw", "v-pre", "html", "define"))


@dataclass(frozen=True, slots=True)
class Beginning:
    """A line at which a note or tab begins.

    `sign`: what its end has; empty for what has no end. `is_indented`: its content is, and ends where that ends.
    `is_certain`: prose does not look like it.
    """

    sign: str
    title: str = ""
    is_indented: bool = False
    is_certain: bool = True
    takes_indented: bool = False


def read_beginning(line: str, ended: Collection[str]) -> Beginning | None:
    """What begins at a line. `ended`: names of tags in braces that have an end somewhere."""
    start = line.lstrip()[:3]
    if start in ("!!!", "???") and (note := _NOTE.match(line)):
        words = [word for word in (note[1] or "").split()[1:] if word not in _PLACING]
        return Beginning("", note[3] if note[2] else " ".join(words), is_indented=True, is_certain=bool(note[2]))
    if start == "===" and (tab := _TAB.match(line)):
        return Beginning("", tab[2], is_indented=True)
    if start == ":::" and (colons := _COLONS.match(line)):
        name, rest = colons[2], colons[3]
        if "." in name.strip(".") and not name.startswith("{"):
            return Beginning("", takes_indented=True)
        return Beginning(colons[1], "" if name in _UNTITLED else _colon_title(name, rest))
    if start == "///" and (slashes := _SLASHES.match(line)):
        title = (slashes[3] or "").strip().strip("\"'")
        return Beginning(slashes[1], "" if slashes[2] in _UNTITLED else title)
    if start[:2] in ("{%", "{{") and (tag := _TAG.match(line)):
        name, rest = (tag[1], tag[2]) if tag[1] else (tag[3], tag[4])
        if name in ended:
            return Beginning(name, _tag_title(rest))
    return None


def read_callout(line: str) -> list[str]:
    """The first line of a quoted note, such as `> [!TIP] Title`, as lines; none for another."""
    callout = _CALLOUT.match(line)
    if callout is None:
        return []
    quote, title = callout.groups()
    is_title = 0 < len(title.split()) <= _TITLE_WORDS
    return [quote + title, quote] if is_title else [quote + title]


def plain_title(title: str) -> str:
    """A title without the signs of emphasis, code and links."""
    if len(title) > _LONGEST_TITLE:
        return title
    return _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", title)).strip()


def is_include(line: str) -> bool:
    """Whether a line only says which file belongs there."""
    return _INCLUDE.match(line) is not None


def is_left_out(line: str) -> bool:
    """Whether a line only tells the generator something.

    Such as where contents are listed, or which class a block has.
    """
    return _LEFT_OUT.match(line) is not None


def without_attributes(line: str) -> str:
    """The line without lists of attributes behind links, and without icons; code in it stays."""
    if "{" not in line and ":" not in line:
        return line
    parts = _CODE_SPAN.split(line)
    # Attributes may stand behind code, so the sign before them counts.
    for place in range(0, len(parts), 2):
        before = parts[place - 1][-1:] if place else ""
        parts[place] = _ICON.sub("", _ATTRIBUTES.sub("", before + parts[place])[len(before) :])
    return "".join(parts)


def _colon_title(name: str, rest: str) -> str:
    if named := _NAMED_TITLE.search(name) or _NAMED_TITLE.search(rest):
        return named[1] or named[2] or ""
    title = _ATTRIBUTES_BEHIND.sub("", rest).strip()
    return title[1:-1] if title.startswith("[") and title.endswith("]") else title.strip(":").strip()


def _tag_title(rest: str) -> str:
    if named := _NAMED_TITLE.search(rest):
        return named[1] or named[2] or ""
    # The last text in quotes, where nothing but the end of the tag is behind it.
    before, quote, last = rest.rstrip(" \t").removesuffix("/").rstrip(" \t").removesuffix('"').rpartition('"')
    is_quoted = quote and before.endswith((" ", "\t")) and rest.rstrip(" \t/").endswith('"')
    return last if is_quoted else ""
