"""The kinds of files that become sources: one table for all that tell them apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a kind is recognised. Of both, the first is its own, the others mean the same.

    `is_packed`: such a file is no text, and may be far larger or more dangerous inside than its size tells.
    """

    extensions: tuple[str, ...]
    media_types: tuple[str, ...]
    is_packed: bool = False


_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FILE_KINDS: Mapping[str, FileKind] = {
    "markdown": FileKind((".md", ".markdown", ".mdown"), ("text/markdown", "text/x-markdown")),
    "mdx": FileKind((".mdx",), ("text/mdx",)),
    "plain": FileKind((".txt", ".text"), ("text/plain",)),
    "html": FileKind((".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml")),
    "pdf": FileKind((".pdf",), ("application/pdf", "application/x-pdf"), is_packed=True),
    "docx": FileKind((".docx",), (_DOCX_TYPE,), is_packed=True),
    "csv": FileKind((".csv",), ("text/csv", "application/csv")),
    "tsv": FileKind((".tsv", ".tab"), ("text/tab-separated-values",)),
}

BULK = ".jsonl"
"""Files of many documents, which the command line takes apart: no kind of the service."""

MEDIA_TYPES = {extension: kind.media_types[0] for kind in FILE_KINDS.values() for extension in kind.extensions}
"""By extension, in lower case with its dot."""

EXTENSIONS = {media_type: kind.extensions[0] for kind in FILE_KINDS.values() for media_type in kind.media_types}
"""By media type, in lower case without parameters."""

READABLE = tuple(kind.extensions[0] for kind in FILE_KINDS.values())
"""The extensions to name when one tells which files can be read."""


def kind_of(name: str, media_type: str) -> str | None:
    """The kind of a file, by its media type if given, else by the extension of its name."""
    essence = essence_of(media_type)
    extension = EXTENSIONS.get(essence) if essence else extension_of(name)
    return next((label for label, kind in FILE_KINDS.items() if extension in kind.extensions), None)


def essence_of(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def extension_of(name: str) -> str:
    """The extension of a file or URL, in lower case with its dot; empty when it has none."""
    return PurePosixPath(name.partition("?")[0].partition("#")[0]).suffix.lower()
