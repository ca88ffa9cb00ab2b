"""The script that websites embed: one for each widget, with all that it needs for a click."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from urllib.parse import quote

from chatmount.chat.v1 import visitor_pb2

from services.web.widget.colours import ink_on
from services.web.widget.json_in_markup import json_in_markup

FILE = Path(__file__).with_name("loader.js")

# In a square of 24, with holes where two shapes cover each other.
ICONS = {
    "chat": "M2 4h20v14H11l-5 4v-4H2zM6 10h2v2H6zM11 10h2v2h-2zM16 10h2v2h-2z",
    "question": "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z"
    "M8 9a4 4 0 1 1 5 3.9V15h-2v-3.8a2 2 0 1 0-1-2.2zM11 17h2v2h-2z",
    "spark": "M12 1l3 8 8 3-8 3-3 8-3-8-8-3 8-3z",
}
NOWHERE = "(?!)"
"""A regular expression of JavaScript for nothing."""

SHORT_NAMES = [*f"{ascii_uppercase}$_abdefghijklmnoprstuw", *(f"{letter}$" for letter in ascii_uppercase)]
"""Those that the script itself does not use; `$name` becomes one of them."""

_LONG_NAME = re.compile(r"\$[A-Za-z]+")
_SPACES = re.compile(r'("(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)|\s*([{}()\[\];,=<>+?:&|!*])\s*')


@dataclass(frozen=True, slots=True)
class Loader:
    """The source of the script, as it is sent."""

    source: str

    @classmethod
    def read(cls) -> "Loader":
        """With short names, without spaces around marks and comments on lines of their own."""
        lines = (line.strip() for line in FILE.read_text("utf-8").splitlines())
        code = "\n".join(line for line in lines if line and not line.startswith("//"))
        short = dict(zip(sorted(set(_LONG_NAME.findall(code))), SHORT_NAMES, strict=False))
        code = _LONG_NAME.sub(lambda match: short[match[0]], code)
        return cls(_SPACES.sub(lambda match: match[1] or match[2], code))

    def script(self, settings: Mapping[str, Any]) -> str:
        """The script of one widget."""
        return f"{self.source}({json_in_markup(settings)});\n"


def loader_settings(
    widget_id: str, origins: Sequence[str] | None, appearance: visitor_pb2.Appearance
) -> dict[str, Any]:
    """What the script is told of its widget, and everybody can read.

    What is empty or off goes without saying.
    """
    told = {
        "id": widget_id,
        "sites": "" if origins is None else sites_pattern(origins),
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
    return {name: value for name, value in told.items() if value}


def sites_pattern(origins: Iterable[str]) -> str:
    """A regular expression, of JavaScript and of Python, for the origins of these sites."""
    return _any_of(map(_site, origins)) or NOWHERE


def _any_of(patterns: Iterable[str]) -> str:
    """A regular expression of JavaScript for the whole of a text; "" for none."""
    joined = "|".join(patterns)
    return f"^(?:{joined})$" if joined else ""


def _site(origin: str) -> str:
    pattern = re.escape(origin).replace("\\*", ".+")
    # As browsers read a policy: without a port, http covers https.
    is_bare = re.fullmatch(r"http://[^:]*", origin)
    return pattern.replace("http", "https?", 1) if is_bare else pattern


def _path(path: str) -> str:
    """Of `location.pathname`, in which browsers write what is not ASCII with percent signs."""
    written = quote(path, safe="/%*!$&'()+,;=:@~-._")
    return re.escape(written.removesuffix("*")) + (".*" if written.endswith("*") else "")


def absence(widget_id: str, why: str) -> str:
    """A script that tells the console, and does nothing else."""
    return f"console.info({json_in_markup(f'Chatmount: {widget_id} {why}')});\n"


def tag_of(script: str) -> str:
    """Changes with the script."""
    return hashlib.sha256(script.encode()).hexdigest()[:16]
