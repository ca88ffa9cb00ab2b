"""Bulk files: JSON Lines, one `{"url", "title", "text"}` a line.

Lines with the same URL, however it is spelled, are parts of one page, as exports of long pages have them: together
they are one source.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from services.cli.documents.document import Document, Unreadable, public_url
from services.urls import identity


class _Line(NamedTuple):
    number: int
    offset: int


class _Wrong(Exception):
    """A line that is no part of a page; the text says why."""


def count_documents(file: Path) -> int:
    """How many documents a file holds, right or wrong."""
    try:
        return len(_pages(file))
    except OSError:
        return 1


def read_documents(file: Path, base_url: str) -> Iterator[Document | Unreadable]:
    """The documents of a file, read as they are needed.

    A line that is wrong does not stop the others.
    """
    try:
        pages = _pages(file)
        with file.open("rb") as handle:
            for lines in pages:
                label = f"{file}:{lines[0].number}"
                try:
                    parts = [_fields(_read(handle, line.offset)) for line in lines]
                except _Wrong as error:
                    yield Unreadable(label, str(error))
                else:
                    yield _document(file, label, lines[0].number, parts, base_url)
    except OSError as error:
        yield Unreadable(str(file), error.strerror or "can't be read")


def _pages(file: Path) -> list[list[_Line]]:
    """The lines of each page, in the order of the pages' first lines.

    A wrong line stands alone.
    """
    pages: dict[str | int, list[_Line]] = {}
    offset = 0
    with file.open("rb") as handle:
        for number, content in enumerate(handle, 1):
            if content.strip():
                pages.setdefault(_url_of_part(content) or number, []).append(_Line(number, offset))
            offset += len(content)
    return list(pages.values())


def _url_of_part(content: bytes) -> str:
    try:
        return identity(_fields(content)["url"])
    except _Wrong:
        return ""


def _read(handle: IO[bytes], offset: int) -> bytes:
    handle.seek(offset)
    return handle.readline()


def _fields(content: bytes) -> dict[str, str]:
    """A line's url, title and text. _Wrong when it can't be read."""
    try:
        # Numbers stand in fields that are not read; Python has no room for long ones.
        value = json.loads(content.decode("utf-8-sig"), parse_int=float)
    except UnicodeDecodeError as error:
        # A byte order mark is taken off before the place is counted.
        place = len(content) - len(error.object) + error.start
        raise _Wrong(
            f"not UTF-8: byte {place + 1} of the line (0x{content[place]:02x}) stands for no character; "
            "save the file as UTF-8"
        ) from error
    except ValueError as error:
        raise _Wrong(f"not a line of JSON ({error})") from error
    except RecursionError as error:
        raise _Wrong("not a line of JSON that can be read: it is nested too deep") from error
    if not isinstance(value, dict):
        raise _Wrong('not a JSON object with "url", "title" and "text"')
    fields = {name: "" if value.get(name) is None else value[name] for name in ("url", "title", "text")}
    for name, text in fields.items():
        if not isinstance(text, str):
            raise _Wrong(f'"{name}" must be a string')
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _Wrong(f'"{name}" has half a character: an unpaired surrogate escape such as \\ud83d')
    if not fields["text"].strip():
        raise _Wrong('"text" is missing or empty')
    return fields


def _document(file: Path, label: str, number: int, parts: list[dict[str, str]], base_url: str) -> Document:
    first = parts[0]
    # A line without a URL is known by its number, as a file would be by its name.
    name = f"{file.stem}-{number}.txt"
    return Document(
        label=label,
        # A page without a title is called by its address, and not by a file that nobody has.
        name="" if first["url"] and not first["title"].strip() else name,
        url=first["url"] or public_url(base_url, name),
        title=first["title"],
        media_type="text/plain",
        content="\n\n".join(_text(part, first["title"]) for part in parts),
    )


def _text(part: dict[str, str], title: str) -> str:
    # A part that is called otherwise than its page says so where it begins.
    return part["text"] if part["title"] in {"", title} else f"{part['title']}\n\n{part['text']}"
