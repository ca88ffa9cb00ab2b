"""Which reader reads a file, and what may be refused before one does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.errors import unreadable
from services.file_kinds import FILE_KINDS, READABLE
from services.retrieval.ingest.extraction.csv import read_csv
from services.retrieval.ingest.extraction.decoding import decode
from services.retrieval.ingest.extraction.document import Document
from services.retrieval.ingest.extraction.html import declared_charset, read_html
from services.retrieval.ingest.extraction.markdown import read_markdown, read_mdx
from services.retrieval.ingest.extraction.plain import read_plain

RULES_VERSION = 3
"""Goes up with every change after which the same file gives other sections: unchanged files are then read anew."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how its bytes are read, given the encoding they were declared to have.

    `is_packed`: the file is no text, and may be far larger or more dangerous inside than its size tells.
    """

    read: Callable[[bytes, str], Document]
    is_packed: bool = False


def _of_text(
    read: Callable[[str], Document], charset: Callable[[bytes], str] = lambda _: ""
) -> Callable[[bytes, str], Document]:
    return lambda content, declared: read(decode(content, declared or charset(content)))


# Only the process that reads such a file loads the libraries for it.
def _pdf(content: bytes, _: str) -> Document:
    from services.retrieval.ingest.extraction.pdf import read_pdf

    return read_pdf(content)


def _docx(content: bytes, _: str) -> Document:
    from services.retrieval.ingest.extraction.docx import read_docx

    return read_docx(content)


KINDS: Mapping[str, Kind] = {
    "markdown": Kind(_of_text(read_markdown)),
    "mdx": Kind(_of_text(read_mdx)),
    "plain": Kind(_of_text(read_plain)),
    "html": Kind(_of_text(read_html, declared_charset)),
    "pdf": Kind(_pdf, is_packed=True),
    "docx": Kind(_docx, is_packed=True),
    "csv": Kind(_of_text(read_csv)),
    "tsv": Kind(_of_text(read_csv)),
}


def kind_of(name: str, media_type: str) -> str:
    """The kind of a file, by its media type when that is given, else by the extension of its name.

    UNREADABLE_SOURCE for an unknown one; the text says what can be read.
    """
    essence = media_type.partition(";")[0].strip().lower()
    suffix = PurePosixPath(name.partition("?")[0].partition("#")[0]).suffix.lower()
    for label, kind in FILE_KINDS.items():
        if essence in kind.media_types if essence else suffix in kind.extensions:
            return label
    what = f"media type {essence}" if essence else f"{suffix} files" if suffix else "a file without an extension"
    raise unreadable(f"Sources of this kind can't be read ({what}). Readable are {', '.join(READABLE)}.")


def extract(content: bytes, kind: str, media_type: str = "") -> Document:
    """The text of a file. UNREADABLE_SOURCE when it is empty, has no text, or is broken."""
    if not content.strip():
        raise unreadable("The file is empty.")
    _, _, charset = media_type.lower().partition("charset=")
    document = KINDS[kind].read(content, charset.strip("\"' ;"))
    if not document.sections:
        raise unreadable("The file has no text to answer from.")
    return document
