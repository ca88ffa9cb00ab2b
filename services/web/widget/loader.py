"""The script that websites embed: one for each widget, with all that it needs for a click."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chatmount.chat.v1 import visitor_pb2

from services.web.widget.colours import ink_on
from services.web.widget.embedding import embedded

FILE = Path(__file__).with_name("loader.js")

# Lines of 2 in a square of 24.
ICONS = {
    "chat": "M4 5h16v11H10l-6 4z",
    "question": "M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.1.6-1.7 1.3-1.7 2.5M12 19v.01",
    "spark": "M12 3l2 7 7 2-7 2-2 7-2-7-7-2 7-2z",
}
NEVER = "(?!)"

_SPACES = re.compile(r'("(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)|\s*([{}()\[\];,=<>+?:&|!*])\s*')


@dataclass(frozen=True, slots=True)
class Loader:
    """The source of the script, as it is sent."""

    source: str

    @classmethod
    def read(cls) -> "Loader":
        """Without comments, which have lines of their own, and without spaces around marks."""
        lines = (line.strip() for line in FILE.read_text("utf-8").splitlines())
        code = "\n".join(line for line in lines if line and not line.startswith("//"))
        return cls(_SPACES.sub(lambda match: match[1] or match[2], code))

    def script(self, settings: Mapping[str, Any]) -> str:
        """The script of one widget."""
        return f"{self.source}({embedded(settings)});\n"


def loader_settings(
    widget_id: str, origins: Sequence[str] | None, appearance: visitor_pb2.Appearance
) -> dict[str, Any]:
    """What the script is told of its widget: everybody can read it."""
    return {
        "id": widget_id,
        "sites": "" if origins is None else _any_of(map(_site, origins)),
        "title": appearance.title,
        "text": appearance.launcher_text,
        "icon": ICONS[appearance.launcher_icon],
        "accent": appearance.accent,
        "ink": ink_on(appearance.accent),
        "side": appearance.side,
        "x": appearance.offset_x,
        "y": appearance.offset_y,
        "z": appearance.z_index,
        "after": appearance.open_after_seconds,
        "hidden": _any_of(map(_path, appearance.hidden_paths)),
        "history": appearance.history,
        "messages": appearance.message_events,
    }


def _any_of(patterns: Iterable[str]) -> str:
    """A regular expression of JavaScript for the whole of a text."""
    joined = "|".join(patterns)
    return f"^(?:{joined})$" if joined else NEVER


def _site(origin: str) -> str:
    return re.escape(origin).replace("\\*", ".+")


def _path(path: str) -> str:
    """Of `location.pathname`, in which browsers write what is not ASCII with percent signs."""
    written = quote(path, safe="/%*!$&'()+,;=:@~-._")
    return re.escape(written.removesuffix("*")) + (".*" if written.endswith("*") else "")


def absence(widget_id: str, why: str) -> str:
    """A script that tells the console, and does nothing else."""
    return f"console.info({embedded(f'Chatmount ({widget_id}): {why}')});\n"


def tag_of(script: str) -> str:
    """Changes with the script."""
    return hashlib.sha256(script.encode()).hexdigest()[:16]
