"""The fields of a document beside its content."""

import hashlib
import json
from dataclasses import asdict, dataclass

from services.retrieval.ingest.extraction.kinds import RULES_VERSION, kind_of
from services.retrieval.ingest.origin import clean_name, clean_origin, clean_title, clean_url


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
        kind = kind_of(name or public_url, media_type)
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
