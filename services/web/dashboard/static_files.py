"""Style and scripts of the dashboard's pages."""

from pathlib import Path

from services.web.static_files import StaticFiles

FOLDER = Path(__file__).parent / "static"
PREFIX = "/dashboard/static"
# One file of each kind: a page is three requests. The preview of the widget's look has a script of its own.
PARTS = {
    "app.css": ("app.css", "chatbot.css", "usage.css", "widget.css"),
    "app.js": ("vendor/htmx.min.js", "vendor/hx-sse.min.js", "app.js", "upload.js", "ask.js"),
    "look.js": ("../../widget/static/accent.js", "../../widget/static/icons.js", "look.js"),
}


def dashboard_files() -> StaticFiles:
    """The files as they are on the disk."""
    contents = {name: b"\n".join((FOLDER / part).read_bytes() for part in parts) for name, parts in PARTS.items()}
    return StaticFiles.of(PREFIX, contents)
