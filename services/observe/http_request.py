"""Plain HTTP requests to parts of this installation.

An HTTP library would be a third of the launcher's memory and of its time to start.
"""

import asyncio
import io
import ssl
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

from services.config.addresses import Address


class Reply(NamedTuple):
    """The status and the text of a reply."""

    status: int
    text: str


class _Received:
    """Stands for a socket that has received all of a reply."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._data)


async def ask(
    place: Path | Address, method: str, path: str, tls: ssl.SSLContext | None = None, server_name: str | None = None
) -> Reply:
    """The reply of the server at a socket file or an address.

    ConnectionError when there is none. `server_name`: for whom its certificate must be, with `tls`.
    """
    writer: asyncio.StreamWriter | None = None
    try:
        if isinstance(place, Path):
            reader, writer = await asyncio.open_unix_connection(place)
        else:
            reader, writer = await asyncio.open_connection(*place, ssl=tls, server_hostname=server_name)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: chatmount\r\nConnection: close\r\n\r\n".encode("ascii"))
        received: Any = _Received(await reader.read())
        response = HTTPResponse(received, method=method)
        response.begin()
        return Reply(response.status, response.read().decode("utf-8", "replace"))
    except (OSError, HTTPException) as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
    finally:
        if writer is not None:
            writer.close()
