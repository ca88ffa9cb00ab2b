"""Front matter: YAML between dashes, TOML between plus signs, or JSON in braces.

Read line by line: many pages hold invalid YAML, and no parser is needed for two texts.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from services.retrieval.ingest.extraction.document import one_line

_YAML = re.compile(r"\A---[ \t]*\n((?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_TOML = re.compile(r"\A\+\+\+[ \t]*\n((?:.*\n)*?)\+\+\+[ \t]*(?:\n|\Z)")
_JSON = re.compile(r"\A(\{[ \t]*\n(?:.*\n)*?\})[ \t]*(?:\n|\Z)")
_ENTRY = re.compile(r"""([ \t]*)["']?([A-Za-z][\w-]*)["']?[ \t]*:(?:[ \t]+(.*))?$""")
_COMMENT = re.compile(r"[ \t]#.*")
_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#.*)?$")
_ESCAPE = re.compile(r"""\\(["\\/ntr])""")
_TOML_CHARACTERS = 16_384
"""A parser may be slow with more, and nobody writes so much."""

_TITLES = ("title",)
_DESCRIPTIONS = ("description", "summary", "abstract", "excerpt", "intro", "subtitle", "tagline", "lead")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Both are empty where a page says nothing."""

    title: str = ""
    description: str = ""


def split_front_matter(text: str) -> tuple[FrontMatter, str]:
    """What stands in front, and the text below it."""
    for form, read in ((_YAML, _yaml), (_TOML, _toml), (_JSON, _json)):
        match = form.match(text)
        if match is not None:
            entries = read(match[1])
            if entries is None:
                continue
            title, description = (
                next((one for key in keys if (one := one_line(entries.get(key, "")))), "")
                for keys in (_TITLES, _DESCRIPTIONS)
            )
            return FrontMatter(title, description if description != title else ""), text[match.end() :]
    return FrontMatter(), text


def _toml(source: str) -> dict[str, str] | None:
    try:
        return _texts(tomllib.loads(source[:_TOML_CHARACTERS]))
    except (tomllib.TOMLDecodeError, RecursionError):
        return _texts(dict(re.findall(r"""(?m)^(\w+)[ \t]*=[ \t]*["'](.*)["'][ \t]*$""", source)))


def _json(source: str) -> dict[str, str] | None:
    try:
        entries = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return _texts(entries) if isinstance(entries, dict) else None


def _texts(entries: dict[str, object]) -> dict[str, str]:
    return {key.lower(): value for key, value in entries.items() if isinstance(value, str)}


def _yaml(source: str) -> dict[str, str] | None:
    """The texts by key; of one that stands there twice, the least indented or the first.

    None for what is text between two lines.
    """
    found: dict[str, tuple[int, str]] = {}
    lines = source.split("\n")
    if source.strip() and not any(map(_ENTRY.match, lines)):
        return None
    for place, line in enumerate(lines):
        entry = _ENTRY.match(line)
        if entry is None or entry[2].lower() not in {*_TITLES, *_DESCRIPTIONS}:
            continue
        key, depth = entry[2].lower(), len(entry[1].expandtabs())
        if key not in found or depth < found[key][0]:
            value = "\n".join([(entry[3] or "").strip(), *_further(lines, place + 1, depth)])
            found[key] = depth, _scalar(value)
    return {key: text for key, (depth, text) in found.items() if not depth or key not in _TITLES}


def _further(lines: list[str], first: int, depth: int) -> Iterator[str]:
    """The lines of a value behind its first one: those that are indented deeper than its key."""
    for line in lines[first:]:
        stripped = line.strip()
        if stripped and len(line.expandtabs()) - len(line.expandtabs().lstrip()) <= depth:
            return
        yield stripped


def _scalar(value: str) -> str:
    first = value.partition("\n")[0]
    if _BLOCK.match(first):
        return value.partition("\n")[2]
    if first[:1] == '"':
        return _ESCAPE.sub(lambda match: {"n": "\n", "t": " ", "r": " "}.get(match[1], match[1]), _quoted(value, '"'))
    if first[:1] == "'":
        return _quoted(value, "'").replace("''", "'")
    # A list or a mapping is no text.
    is_nested = first[:1] in ("[", "{", "&", "*", "!") or (not first and _ENTRY.match(value.strip("\n")))
    return "" if is_nested else "\n".join(_COMMENT.sub("", line) for line in value.split("\n"))


def _quoted(value: str, mark: str) -> str:
    end = value.rstrip().rfind(mark)
    return value[1:end] if end > 0 else value[1:]
