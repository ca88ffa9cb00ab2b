"""A document to be added as a source: what it is called, and its bytes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from services.urls import FILE_SCHEME, canonical, identity, one_name

CHUNK_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """One document.

    `label` names it to people, `name` is its relative name with extension, `url` the public URL (empty: `file:` and
    `name`), `content` a file or the text itself, `origin` where it can be read again.
    """

    label: str
    name: str
    url: str
    title: str
    media_type: str
    content: Path | str
    origin: str = ""

    @property
    def identity(self) -> str:
        """The URL under which the source is kept; a second document with it replaces the first."""
        return identity(self.url or FILE_SCHEME + self.name)

    @property
    def size(self) -> int:
        """About how many bytes the content has; 0 where that can't be told."""
        if isinstance(self.content, str):
            return len(self.content)
        try:
            return self.content.stat().st_size
        except OSError:
            return 0

    def chunks(self) -> Iterator[bytes]:
        """The content in pieces that fit a message. OSError when the file can't be read."""
        if isinstance(self.content, str):
            data = self.content.encode()
            yield from (data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES))
            return
        with self.content.open("rb") as handle:
            while chunk := handle.read(CHUNK_BYTES):
                yield chunk


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was asked for and can't be added, and why in one line."""

    label: str
    reason: str


def checked_base_url(text: str) -> str:
    """A base URL, to put names of files behind. ValueError, whose text says why, for others."""
    if "?" in text or "#" in text:
        raise ValueError("it must not contain ? or #: the names of the files stand behind it.")
    if any(character.isspace() for character in text.strip()):
        raise ValueError("it is no URL.")
    return canonical(text)


def public_url(base_url: str, name: str) -> str:
    """The page of `name` under `base_url`; empty without a base."""
    return f"{base_url.rstrip('/')}/{quote(one_name(name))}" if base_url else ""
