"""Style and script, in memory, under a path that changes with their content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
# One file of each kind: a page is three requests. The preview of the widget's look has a script of its own.
PARTS = {
    "app.css": ("app.css", "chatbot.css", "usage.css", "widget.css"),
    "app.js": ("vendor/htmx.min.js", "vendor/hx-sse.min.js", "app.js", "upload.js", "ask.js"),
    "look.js": ("../../widget/static/accent.js", "../../widget/static/icons.js", "look.js"),
}
TYPES = {".css": "text/css", ".js": "text/javascript"}
A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All files by name, and the hash of their content."""

    contents: dict[str, bytes]
    digest: str

    route = "/dashboard/static/{digest}/{name}"

    @classmethod
    def read(cls) -> "StaticFiles":
        """The files as they are on the disk."""
        return cls.of(
            {name: b"\n".join((FOLDER / part).read_bytes() for part in parts) for name, parts in PARTS.items()}
        )

    @classmethod
    def of(cls, contents: dict[str, bytes]) -> "StaticFiles":
        """These files."""
        return cls(contents, hashlib.sha256(b"\0".join(contents.values())).hexdigest()[:16])

    def path(self, name: str) -> str:
        """Where the file of this name is. KeyError when there is none."""
        return f"/dashboard/static/{self.digest}/{name}" if self.contents[name] else ""

    async def serve(self, request: web.Request) -> web.Response:
        """One file. A page of an earlier version may ask for its own files: they are gone."""
        name = request.match_info["name"]
        if request.match_info["digest"] != self.digest or name not in self.contents:
            raise web.HTTPNotFound
        return web.Response(
            body=self.contents[name],
            content_type=TYPES[Path(name).suffix],
            charset="utf-8",
            headers={"Cache-Control": A_YEAR},
        )
