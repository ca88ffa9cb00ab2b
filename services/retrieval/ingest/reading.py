"""From the bytes of a file to its passages."""

from dataclasses import dataclass

from services.errors import unreadable
from services.retrieval.ingest.extraction.document import one_line
from services.retrieval.ingest.extraction.kinds import extract
from services.retrieval.text.passages import PassageDraft, split_document


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says. `title` is the document's own; empty when it has none."""

    title: str
    passages: tuple[PassageDraft, ...]


def read(content: bytes, kind: str, media_type: str) -> Reading:
    """Read a file of a known kind. UNREADABLE_SOURCE when it is empty, not text, or broken."""
    try:
        document = extract(content, kind, media_type)
    except RecursionError as error:
        raise unreadable("The file is too intricate to be read: its parts are nested too deep.") from error
    return Reading(one_line(document.title), tuple(split_document(document)))
