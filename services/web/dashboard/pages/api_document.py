"""`bot_x/keys/openapi.yaml`: the API for programs that read such descriptions."""

from pathlib import Path

from aiohttp import web

from services.web.dashboard.visit import Visit

FILE = Path(__file__).parents[4] / "docs" / "openapi.yaml"
DEFAULT_ADDRESS = "http://localhost:8080"
"""Where an installation is, as the file has it."""


async def download(visit: Visit) -> web.Response:
    """The document, with the address of this installation."""
    text = FILE.read_text("utf-8").replace(DEFAULT_ADDRESS, visit.link(""), 1)
    headers = {"Content-Disposition": 'attachment; filename="openapi.yaml"'}
    return web.Response(text=text, content_type="application/yaml", charset="utf-8", headers=headers)
