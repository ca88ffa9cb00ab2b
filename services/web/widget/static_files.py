"""Style and script of the frame, in memory, under a path that changes with any of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from services.web.widget.joined_modules import join

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript"}
A_YEAR = "public, max-age=31536000, immutable"

STYLES = ("theme.css", "panel.css", "transcript.css")
MODULE = "frame.js"
VENDORED = "vendor/marked.esm.js"


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """All files by their name, and one hash of all: modules import each other by relative paths."""

    contents: dict[str, bytes]
    digest: str

    route = "/static/{digest:[0-9a-f]+}/{name:[0-9A-Za-z_./-]+}"

    @classmethod
    def read(cls, folder: Path = FOLDER) -> "StaticFiles":
        """One file of each kind, and what is vendored as it was released."""
        contents = {
            "frame.css": b"\n".join((folder / name).read_bytes() for name in STYLES),
            MODULE: join(folder / MODULE).encode(),
            VENDORED: (folder / VENDORED).read_bytes(),
        }
        whole = b"\0".join(part for name, content in contents.items() for part in (name.encode(), content))
        return cls(contents, hashlib.sha256(whole).hexdigest()[:16])

    def path(self, name: str) -> str:
        """Where the file of this name is, for a browser."""
        return f"/widget/static/{self.digest}/{name}"

    @property
    def modules(self) -> list[str]:
        """The paths of all scripts, for a browser that is to fetch them at once."""
        return [self.path(name) for name in self.contents if name.endswith(".js")]

    async def serve(self, request: web.Request) -> web.Response:
        """One file. A frame of an earlier version may ask for its own files: they are gone."""
        name = request.match_info["name"]
        if request.match_info["digest"] != self.digest or name not in self.contents:
            raise web.HTTPNotFound
        return web.Response(
            body=self.contents[name],
            content_type=TYPES[Path(name).suffix],
            charset="utf-8",
            headers={"Cache-Control": A_YEAR},
        )
