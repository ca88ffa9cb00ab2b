"""Bulk files: JSON Lines, one `{"url", "title", "text"}` a line, each a source of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

from services.cli.documents.document import Document, Unreadable, public_url


def count_lines(file: Path) -> int:
    """How many documents a file holds, right or wrong."""
    try:
        with file.open("rb") as handle:
            return sum(1 for line in handle if line.strip())
    except OSError:
        return 1


def read_lines(file: Path, base_url: str) -> Iterator[Document | Unreadable]:
    """The documents of a file, read as they are needed. A line that is wrong does not stop the others."""
    try:
        with file.open("rb") as handle:
            for number, line in enumerate(handle, 1):
                if line.strip():
                    yield _document(file, number, line, base_url)
    except OSError as error:
        yield Unreadable(str(file), error.strerror or "can't be read")


def _document(file: Path, number: int, line: bytes, base_url: str) -> Document | Unreadable:
    label = f"{file}:{number}"
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except ValueError as error:
        return Unreadable(label, f"not a line of JSON in UTF-8 ({error})")
    if not isinstance(value, dict):
        return Unreadable(label, 'not a JSON object with "url", "title" and "text"')
    fields = {name: value.get(name) or "" for name in ("url", "title", "text")}
    for name, content in fields.items():
        if not isinstance(content, str):
            return Unreadable(label, f'"{name}" must be a string')
    if not fields["text"].strip():
        return Unreadable(label, '"text" is missing or empty')
    # A line without a URL is known by its number, as a file would be by its name.
    name = f"{file.stem}-{number}.txt"
    return Document(
        label=label,
        name=name,
        url=fields["url"] or public_url(base_url, name),
        title=fields["title"],
        media_type="text/plain",
        content=fields["text"],
    )
