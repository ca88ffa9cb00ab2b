"""Which reader reads a file, and what may be refused before one does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.retrieval.extraction.csv import read_csv
from services.retrieval.extraction.decoding import decode
from services.retrieval.extraction.document import Document, unreadable
from services.retrieval.extraction.html import declared_charset, read_html
from services.retrieval.extraction.markdown import read_markdown
from services.retrieval.extraction.plain import read_plain

RULES_VERSION = 1
"""Goes up with every change after which the same file gives other sections: unchanged files are then read anew."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is read, and how it is recognised."""

    read: Callable[[str], Document]
    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    charset: Callable[[bytes], str] = lambda _: ""


KINDS: Mapping[str, Kind] = {
    "markdown": Kind(read_markdown, (".md", ".markdown", ".mdown"), ("text/markdown", "text/x-markdown")),
    "plain": Kind(read_plain, (".txt", ".text"), ("text/plain",)),
    "html": Kind(read_html, (".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml"), declared_charset),
    "csv": Kind(read_csv, (".csv", ".tsv"), ("text/csv", "text/tab-separated-values", "application/csv")),
}

READABLE = ", ".join(kind.extensions[0] for kind in KINDS.values())


def kind_of(name: str, media_type: str) -> str:
    """The kind of a file, by its media type when that is given, else by the extension of its name.

    UNREADABLE_SOURCE for an unknown one; the text says what can be read.
    """
    essence = media_type.partition(";")[0].strip().lower()
    suffix = PurePosixPath(name.partition("?")[0].partition("#")[0]).suffix.lower()
    for label, kind in KINDS.items():
        if essence in kind.media_types if essence else suffix in kind.extensions:
            return label
    what = f"media type {essence}" if essence else f"{suffix} files" if suffix else "a file without an extension"
    raise unreadable(f"Sources of this kind can't be read ({what}). Readable are {READABLE}.")


def extract(content: bytes, kind: str, media_type: str = "") -> Document:
    """The text of a file. UNREADABLE_SOURCE when it is empty, not text, or broken."""
    if not content.strip():
        raise unreadable("The file is empty.")
    reader = KINDS[kind]
    _, _, charset = media_type.lower().partition("charset=")
    document = reader.read(decode(content, charset.strip("\"' ;") or reader.charset(content)))
    if not document.sections:
        raise unreadable("The file has no text to answer from.")
    return document
