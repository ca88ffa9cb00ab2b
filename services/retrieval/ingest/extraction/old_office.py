"""Files with the names of old office programs: texts are read, the others can't be."""

from collections.abc import Callable

from services.errors import ChatmountError, unreadable
from services.file_kinds import FILE_KINDS, OLD_OFFICE
from services.retrieval.ingest.extraction.csv import read_csv
from services.retrieval.ingest.extraction.decoding import decode
from services.retrieval.ingest.extraction.document import Document
from services.retrieval.ingest.extraction.plain import read_plain


def read_doc(content: bytes) -> Document:
    """A text under the name of a document. UNREADABLE_SOURCE for a real one."""
    return _read_text(content, "doc", read_plain)


def read_xls(content: bytes) -> Document:
    """A table as text, which many programs export as `.xls`.

    UNREADABLE_SOURCE for a real workbook.
    """
    return _read_text(content, "xls", read_csv)


def read_ppt(content: bytes) -> Document:
    """UNREADABLE_SOURCE, which says what to do."""
    raise _refusal("ppt")


def _read_text(content: bytes, kind: str, read: Callable[[str], Document]) -> Document:
    if content.startswith(OLD_OFFICE):
        raise _refusal(kind)
    try:
        return read(decode(content))
    except ChatmountError as error:
        raise _refusal(kind) from error


def _refusal(kind: str) -> ChatmountError:
    return unreadable(
        f"The file is in the old .{kind} format: save it as {FILE_KINDS[kind].save_as} and add that file."
    )
