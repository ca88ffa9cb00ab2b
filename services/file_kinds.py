"""The kinds of files that become sources, by their names and media types: said once, for all who must tell them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileKind:
    """How a kind is recognised. Of both, the first is its own, the others mean the same."""

    extensions: tuple[str, ...]
    media_types: tuple[str, ...]


_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

FILE_KINDS: Mapping[str, FileKind] = {
    "markdown": FileKind((".md", ".markdown", ".mdown"), ("text/markdown", "text/x-markdown")),
    "mdx": FileKind((".mdx",), ("text/mdx",)),
    "plain": FileKind((".txt", ".text"), ("text/plain",)),
    "html": FileKind((".html", ".htm", ".xhtml"), ("text/html", "application/xhtml+xml")),
    "pdf": FileKind((".pdf",), ("application/pdf", "application/x-pdf")),
    "docx": FileKind((".docx",), (_DOCX_TYPE,)),
    "csv": FileKind((".csv",), ("text/csv", "application/csv")),
    "tsv": FileKind((".tsv", ".tab"), ("text/tab-separated-values",)),
}

MEDIA_TYPES: Mapping[str, str] = {
    extension: kind.media_types[0] for kind in FILE_KINDS.values() for extension in kind.extensions
}
"""By extension, in lower case with its dot."""

READABLE = tuple(kind.extensions[0] for kind in FILE_KINDS.values())
"""The extensions to name when one tells which files can be read."""
