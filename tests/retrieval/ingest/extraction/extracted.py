"""What the readers make of the texts and files of these tests."""

from pathlib import Path

from services.retrieval.ingest.extraction.by_kind import extract
from services.retrieval.ingest.extraction.document import Document, Section


def page(name: str) -> str:
    """A file of the folder `pages`."""
    return (Path(__file__).parent / "pages" / name).read_text("utf-8")


def document(content: str | bytes, kind: str, media_type: str = "") -> Document:
    return extract(content.encode() if isinstance(content, str) else content, kind, media_type)


def sections(content: str | bytes, kind: str = "markdown") -> tuple[Section, ...]:
    return document(content, kind).sections


def text_of(content: str | bytes, kind: str = "markdown", media_type: str = "") -> str:
    """All text without headings."""
    return "\n\n".join(section.text for section in document(content, kind, media_type).sections)
