"""The script that websites embed: one for each widget, with all that it needs for a click."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase
from typing import Any
from urllib.parse import quote

from chatmount.chat.v1 import visitor_pb2

from services.web.widget.colours import ink_on
from services.web.widget.json_in_markup import json_in_markup
from services.web.widget.marks import PATH_LETTERS, SITE_LETTERS, marks

LOADER, BRIDGE = (Path(__file__).with_name(name) for name in ("loader.js", "bridge.js"))

# In a square of 24, with holes where two shapes cover each other.
ICONS = {
    "chat": "M2 4h20v14H11l-5 4v-4H2zM6 10h2v2H6zM11 10h2v2h-2zM16 10h2v2h-2z",
    "question": "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z"
    "M8 9a4 4 0 1 1 5 3.9V15h-2v-3.8a2 2 0 1 0-1-2.2zM11 17h2v2h-2z",
    "spark": "M12 1l3 8 8 3-8 3-3 8-3-8-8-3 8-3z",
}
LONGEST_LABEL = 50
"""Characters of the launcher's name. The whole title stands in the frame."""

SHORT_NAMES = [*f"{ascii_uppercase}$_abdefghijklmnoprstuw", *(f"{letter}$" for letter in ascii_uppercase)]
"""Those that the script itself does not use; `$name` becomes one of them."""

_LONG_NAME = re.compile(r"\$[A-Za-z]+")
_SPACES = re.compile(r'("(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)|\s*([{}()\[\];,=<>+?:&|!*])\s*')
_LAST_MARKS = re.compile(r"[;,](?=[})])")
_HTTP = re.compile(r"http://[^:]*")


def shortened(source: Path) -> str:
    """A script with short names, without spaces around marks and comments on lines of their own."""
    lines = (line.strip() for line in source.read_text("utf-8").splitlines())
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    short = dict(zip(sorted(set(_LONG_NAME.findall(code))), SHORT_NAMES, strict=False))
    code = _LONG_NAME.sub(lambda match: short[match[0]], code)
    return _LAST_MARKS.sub("", _SPACES.sub(lambda match: match[1] or match[2], code))


@dataclass(frozen=True, slots=True)
class Loader:
    """The source of the script as it is sent, and where the bridge is.

    The bridge is what the script fetches at the first opening.
    """

    source: str
    bridge: str

    @classmethod
    def read(cls, bridge: str) -> "Loader":
        """From its file."""
        return cls(shortened(LOADER), bridge)

    def script(
        self, widget_id: str, origins: Sequence[str] | None, appearance: visitor_pb2.Appearance, error: str
    ) -> str:
        """The script of one widget. `error`: what visitors read when the bridge can't be loaded."""
        settings = loader_settings(widget_id, origins, appearance) | {"error": error, "bridge": self.bridge}
        return f"{self.source}({json_in_markup(settings)});\n"


def loader_settings(
    widget_id: str, origins: Sequence[str] | None, appearance: visitor_pb2.Appearance
) -> dict[str, Any]:
    """What the script is told of its widget, and everybody can read.

    What is empty or off goes without saying; without `sites`, any may have it.
    """
    told = {
        "id": widget_id,
        "label": (appearance.launcher_text or appearance.title)[:LONGEST_LABEL],
        "text": appearance.launcher_text,
        "icon": ICONS[appearance.launcher_icon],
        "accent": appearance.accent,
        "ink": ink_on(appearance.accent),
        "side": appearance.side,
        "x": appearance.offset_x,
        "y": appearance.offset_y,
        "z": appearance.z_index,
        "after": appearance.open_after_seconds,
        "hidden": marks(map(_path, appearance.hidden_paths), PATH_LETTERS),
        "history": appearance.history,
        "messages": appearance.message_events,
    }
    sites = {} if origins is None else {"sites": marks(map(_site, origins), SITE_LETTERS)}
    return sites | {name: value for name, value in told.items() if value}


def _site(origin: str) -> str:
    # As browsers read a policy: without a port, http covers https.
    return origin.removeprefix("http:") if _HTTP.fullmatch(origin) else origin


def _path(path: str) -> str:
    """As `location.pathname` has it: what is not ASCII, with percent signs."""
    return quote(path, safe="/%*!$&'()+,;=:@~-._")


def absence(widget_id: str, why: str) -> str:
    """A script that tells the console, and does nothing else."""
    return f"console.info({json_in_markup(f'Chatmount: {widget_id} {why}')});\n"


def tag_of(script: str) -> str:
    """Changes with the script."""
    return hashlib.sha256(script.encode()).hexdigest()[:16]
