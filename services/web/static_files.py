"""Styles and scripts, in memory, under a path that changes with any of them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

TYPES = {".css": "text/css", ".js": "text/javascript"}
A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """Files by their name, and one hash of all: modules import each other by relative paths.

    `prefix`: of their paths, such as `/dashboard/static`.
    """

    prefix: str
    contents: dict[str, bytes]
    digest: str

    route = "/static/{digest:[0-9a-f]+}/{name:[0-9A-Za-z_./-]+}"
    """Below the prefix of the application that serves them."""

    @classmethod
    def of(cls, prefix: str, contents: dict[str, bytes]) -> "StaticFiles":
        """These files."""
        whole = b"\0".join(part for name, content in contents.items() for part in (name.encode(), content))
        return cls(prefix, contents, hashlib.sha256(whole).hexdigest()[:16])

    def path(self, name: str) -> str:
        """Where the file of this name is, for a browser. KeyError when there is none."""
        return f"{self.prefix}/{self.digest}/{name}" if self.contents[name] else ""

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
