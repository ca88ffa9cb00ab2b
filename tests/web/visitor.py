"""The widget of a dashboard's chatbot, as websites and visitors see it: without cookies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.field_mask_pb2 import FieldMask

from tests.web.browser import REQUEST_ID, Reply
from tests.web.dashboard import Dashboard

SITE = "https://www.example.com"


@dataclass
class WidgetOf:
    """The widget of the chatbot of this dashboard."""

    dashboard: Dashboard
    id: str

    @classmethod
    async def find(cls, dashboard: Dashboard, *sites: str) -> "WidgetOf":
        """It is listed on these sites."""
        found = await dashboard.call("auth", "GetWidget")
        widget = cls(dashboard, found.widget.id)
        await widget.change(add_origins=sites)
        return widget

    async def change(self, **fields: Any) -> None:
        """UpdateWidget."""
        await self.dashboard.call("auth", "UpdateWidget", **fields)

    async def look(self, **fields: Any) -> None:
        """UpdateAppearance."""
        await self.dashboard.call(
            "chat", "UpdateAppearance", appearance=fields, update_mask=FieldMask(paths=list(fields))
        )

    async def script(self, **headers: str) -> Reply:
        """What a website embeds."""
        return await self.send("GET", f"/widget/{self.id}.js", headers)

    async def frame(self, site: str = "", **headers: str) -> Reply:
        """The page in the frame. `site`: as the loader says where it is."""
        return await self.send("GET", f"/widget/frame/{self.id}{'?' if site else ''}{site}", headers)

    async def ticket(self, body: object = None, **headers: str) -> Reply:
        """`body`: text as it is, anything else as JSON."""
        text = body if isinstance(body, (str, bytes)) else json.dumps({} if body is None else body)
        told = {"origin": SITE, "content-type": "text/plain;charset=UTF-8", **headers}
        return await self.send("POST", f"/widget/v1/ticket/{self.id}", told, data=text)

    async def send(self, method: str, path: str, headers: Mapping[str, str], **body: Any) -> Reply:
        """A request as the edge lets it through. An empty header is left out."""
        sent = {name.replace("_", "-"): value for name, value in headers.items() if value}
        sent = {"x-request-id": REQUEST_ID, "x-forwarded-proto": "https", "host": "chat.example.com", **sent}
        async with self.dashboard.client.request(method, path, headers=sent, allow_redirects=False, **body) as response:
            assert "Set-Cookie" not in response.headers
            return Reply(response.status, response.headers, await response.text())


def settings_of(script: str) -> dict[str, Any]:
    """With what a loader is called."""
    assert script.endswith(");\n")
    told: dict[str, Any] = json.loads(script[script.rindex("})({") + 3 : -3])
    return told
