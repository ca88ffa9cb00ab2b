"""A client of the public endpoint, as any user of the API would write one."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from services.cli.failures import CommandFailed
from services.contract import UNARY_SECONDS

CHAT_PATH = "/v1/chat"
# The longest silence is that of a unary answer.
SILENCE_SECONDS = UNARY_SECONDS + 10
CONNECT_SECONDS = 5.0


def chat_url(url: str) -> str:
    """The address of the endpoint, from a server's or from its own."""
    address = url.rstrip("/")
    return address if address.endswith(CHAT_PATH) else address + CHAT_PATH


class PublicEndpoint:
    """POST /v1/chat at `url`, with one API key."""

    def __init__(self, url: str, key: str, *, insecure: bool = False) -> None:
        self._url = chat_url(url)
        self._headers = {"authorization": f"Bearer {key}"}
        self._tls: ssl.SSLContext | bool = not insecure

    async def ask(self, body: dict[str, object]) -> Any:
        """The reply to a question. CommandFailed for a refusal."""
        async with self._post(body) as reply:
            return self._understood(await reply.read(), "message")

    async def stream(self, body: dict[str, object]) -> AsyncIterator[dict[str, Any]]:
        """The events of a streamed answer, up to `done`. CommandFailed when refused or broken off."""
        async with self._post(body | {"stream": True}) as reply:
            async for line in reply.content:
                if not line.startswith(b"data:"):
                    continue
                event = self._understood(line.removeprefix(b"data:"), "type")
                if event.get("type") == "error":
                    raise CommandFailed(f"The answer broke off: {event.get('error')}")
                yield event
                if event.get("type") == "done":
                    return
        raise CommandFailed("The answer broke off: the server closed the connection.")

    @asynccontextmanager
    async def _post(self, body: dict[str, object]) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        try:
            async with (
                # A line of the stream is one event; an answer can be longer than the default buffer.
                aiohttp.ClientSession(headers=self._headers, timeout=timeout, read_bufsize=2**20) as session,
                session.post(self._url, json=body, ssl=self._tls) as reply,
            ):
                await _check(reply)
                yield reply
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._lost(error) from error

    def _understood(self, text: bytes, field: str) -> dict[str, Any]:
        """A JSON object with a text in `field`. CommandFailed for anything else."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or not isinstance(value.get(field), str):
            raise CommandFailed(f"What {self._url} answers is no answer of Chatmount; is the address right?")
        return value

    def _lost(self, error: Exception) -> CommandFailed:
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
            return CommandFailed(
                f"The certificate of {self._url} is not trusted; --insecure accepts a development certificate."
            )
        if isinstance(error, aiohttp.InvalidURL):
            return CommandFailed(f"Not a URL: {self._url}")
        if isinstance(error, aiohttp.ClientConnectorError):
            return CommandFailed(f"Nothing answers at {self._url}; is Chatmount running (`chatmount up`)?")
        return CommandFailed(f"The connection to {self._url} was lost ({type(error).__name__}).")


async def _check(reply: aiohttp.ClientResponse) -> None:
    if reply.status == 200:
        return
    text = await reply.text()
    try:
        text = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        text = text[:200] or reply.reason or "no text"
    hint = f" (X-Request-Id {reply.headers.get('x-request-id')})" if reply.status >= 500 else ""
    raise CommandFailed(f"{reply.status}: {text}{hint}")
