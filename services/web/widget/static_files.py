"""Style and script of the frame, and the bridge that its loader fetches."""

from pathlib import Path

from services.web.static_files import StaticFiles
from services.web.widget.joined_modules import join
from services.web.widget.loader import BRIDGE, shortened

FOLDER = Path(__file__).parent / "static"
PREFIX = "/widget/static"

STYLES = ("theme.css", "panel.css", "transcript.css")
MODULE = "frame.js"
VENDORED = "vendor/marked.esm.js"
AT_ONCE = (MODULE, VENDORED)
"""What a browser fetches at once, without waiting until it finds that one imports the other."""


def frame_files(folder: Path = FOLDER) -> StaticFiles:
    """One file of each kind, and what is vendored as it was released."""
    contents = {
        "frame.css": b"\n".join((folder / name).read_bytes() for name in STYLES),
        MODULE: join(folder / MODULE).encode(),
        VENDORED: (folder / VENDORED).read_bytes(),
        BRIDGE.name: shortened(BRIDGE).encode(),
    }
    return StaticFiles.of(PREFIX, contents)
