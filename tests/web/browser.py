"""A browser without script: cookies, pages, forms. What it is shown must be valid HTML."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import grpc
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from envoy.service.auth.v3.external_auth_pb2 import DeniedHttpResponse
from multidict import CIMultiDict, CIMultiDictProxy

from services.web.dashboard.forms import FORM_TYPE, MULTIPART_TYPE
from tests.web.edge_part import let_in
from tests.web.html_check import Element, read

REQUEST_ID = "11111111-2222-4333-8444-555555555555"
ADDRESS = "198.51.100.7"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"


@dataclass(frozen=True)
class Part:
    """A field of a form with files; `filename` None: it is no file."""

    name: str
    content: bytes
    filename: str | None = None


def multipart(parts: Sequence[Part]) -> bytes:
    """A form with files, as browsers send it."""
    body = b""
    for part in parts:
        name = f'form-data; name="{part.name}"'
        if part.filename is not None:
            name += f'; filename="{part.filename}"\r\nContent-Type: application/octet-stream'
        body += f"--{BOUNDARY}\r\nContent-Disposition: {name}\r\n\r\n".encode() + part.content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


@dataclass
class Reply:
    """What the browser got."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @cached_property
    def page(self) -> Element:
        """The page, which is valid HTML."""
        return read(self.text)


@dataclass
class Browser:
    """One browser, before an edge that does what Envoy does. Redirects are not followed."""

    client: "TestClient[Any, Any]"
    auth: grpc.aio.Channel
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Reply:
        """The page at `path`. `hx_request="true"` is the header of that name."""
        return await self._send("GET", path, headers)

    async def post(self, path: str, fields: Mapping[str, str] | str = "", **headers: str) -> Reply:
        """The reply to a form, or to a body as it is."""
        body = fields if isinstance(fields, str) else urlencode(fields)
        return await self._send("POST", path, {"content_type": FORM_TYPE, **headers}, data=body)

    async def send(self, path: str, parts: Sequence[Part], *, cut: int = 0, **headers: str) -> Reply:
        """The reply to a form with files. `cut`: so many bytes are missing at its end."""
        body = multipart(parts)
        sent = {"content_type": f"{MULTIPART_TYPE}; boundary={BOUNDARY}", **headers}
        return await self._send("POST", path, sent, data=BytesIO(body[: len(body) - cut]))

    @asynccontextmanager
    async def opened(self, method: str, path: str, data: Any = None, **headers: str) -> AsyncIterator[ClientResponse]:
        """A reply that goes on, until the block ends: then the browser leaves."""
        sent, denied = await let_in(self.auth, method, path, self._headers(headers))
        assert denied is None
        async with self.client.request(method, path, headers=sent, data=data) as response:
            yield response
            response.close()

    async def _send(self, method: str, path: str, headers: Mapping[str, str], **body: Any) -> Reply:
        sent, denied = await let_in(self.auth, method, path, self._headers(headers))
        if denied is not None:
            return _denied(denied)
        async with self.client.request(method, path, headers=sent, allow_redirects=False, **body) as response:
            reply = Reply(response.status, response.headers, await response.text())
        self._keep(response.headers.getall("Set-Cookie", ()))
        if response.content_type == "text/html" and reply.text:
            assert reply.page
        return reply

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        sent = {"x-request-id": REQUEST_ID, "x-chatmount-client": ADDRESS, "user-agent": AGENT}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return sent | {name.replace("_", "-"): value for name, value in headers.items()}

    def _keep(self, lines: Any) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                assert name.startswith("__Host-")
                assert (morsel["secure"], morsel["httponly"], morsel["path"]) == (True, True, "/")
                assert (morsel["samesite"], morsel["domain"]) == ("Lax", "")
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def _denied(denied: DeniedHttpResponse) -> Reply:
    headers = CIMultiDict((option.header.key, option.header.value) for option in denied.headers)
    return Reply(denied.status.code, CIMultiDictProxy(headers), denied.body)
