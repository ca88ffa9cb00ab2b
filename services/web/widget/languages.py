"""The texts of the widget, by language."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "languages"
DEFAULT = "en"
AUTO = "auto"

_CODE = re.compile(r"[A-Za-z]{2}(?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Languages:
    """All of them."""

    texts: Mapping[str, Mapping[str, Any]]
    """By code; a text that a language lacks is English."""

    @classmethod
    def read(cls, folder: Path = FOLDER) -> "Languages":
        """The files `de.json`, `en.json`, … as they are on the disk."""
        read = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
        return cls({code: {**read[DEFAULT], **texts} for code, texts in read.items()})

    def choose(self, owner: str, accepted: str) -> str:
        """The code of the language to speak.

        It is what the owner has set, else the first of Accept-Language that there is.
        """
        for tag in (owner,) if owner != AUTO else accepted.split(","):
            match = _CODE.match(tag.strip())
            if match and match[0].lower() in self.texts:
                return match[0].lower()
        return DEFAULT
