"""The fields of a document beside its content."""

import hashlib
import json
from dataclasses import asdict, dataclass

from services.errors import unreadable
from services.file_kinds import INSTEAD, READABLE, essence_of, extension_of, kind_of
from services.retrieval.ingest.extraction.document import RULES_VERSION
from services.retrieval.ingest.source_fields import clean_name, clean_origin, clean_title, clean_url


@dataclass(frozen=True, slots=True)
class SourceHeader:
    """Checked and cleaned fields of a document."""

    name: str
    url: str
    title: str
    media_type: str
    kind: str
    origin: str = ""

    @classmethod
    def checked(cls, name: str, url: str, title: str, media_type: str, origin: str = "") -> "SourceHeader":
        """INVALID_FIELD for a field that can't be used; UNREADABLE_SOURCE for an unknown kind."""
        name = clean_name(name)
        public_url = clean_url(url, name)
        kind = _known_kind(name or public_url, media_type)
        return cls(name, public_url, clean_title(title), media_type, kind, clean_origin(origin))

    @classmethod
    def from_text(cls, text: str) -> "SourceHeader":
        """The header that `to_text` wrote."""
        return cls(**json.loads(text))

    def to_text(self) -> str:
        """The header as it is kept with content that waits."""
        return json.dumps(asdict(self))

    def digest(self, content: bytes) -> str:
        """The identity of the passages' inputs and of the rules by which they are made."""
        inputs = json.dumps([RULES_VERSION, self.name, self.url, self.title, self.media_type, self.kind])
        return hashlib.sha256(inputs.encode() + b"\n" + content).hexdigest()


def _known_kind(name: str, media_type: str) -> str:
    kind = kind_of(name, media_type)
    if kind is None:
        essence, extension = essence_of(media_type), extension_of(name)
        what = (
            f"media type {essence}" if essence else f"{extension} files" if extension else "a file without an extension"
        )
        instead = INSTEAD.get(extension)
        if instead:
            raise unreadable(f"Sources of this kind can't be read ({what}): {instead}.")
        raise unreadable(f"Sources of this kind can't be read ({what}). Readable are {', '.join(READABLE)}.")
    return kind
