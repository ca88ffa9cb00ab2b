"""Plain HTTP requests, to a server that answers with what a test gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.config.addresses import Address
from services.observe.http_request import ask
from tests.each import for_each

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@asynccontextmanager
async def answering(place: Path, data: bytes, heard: list[bytes]) -> AsyncIterator[None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(data)
        writer.close()

    async with await asyncio.start_unix_server(answer, place):
        yield


@for_each(
    ("data", "reply"),
    [
        (WHOLE, (200, "hello")),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", (200, "to the end")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", (200, "hello")),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", (503, "")),
    ],
)
async def test_a_reply_is_read_however_it_is_framed(tmp_path: Path, data: bytes, reply: tuple[int, str]) -> None:
    heard: list[bytes] = []
    async with answering(tmp_path / "socket", data, heard):
        assert await ask(tmp_path / "socket", "POST", "/drain?x=1") == reply
    assert heard[0].startswith(b"POST /drain?x=1 HTTP/1.1\r\n")


@for_each(
    "data",
    [b"", b"garbage\r\n\r\n", WHOLE[:-1], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhe"],
)
async def test_what_is_no_whole_reply_is_an_error(tmp_path: Path, data: bytes) -> None:
    async with answering(tmp_path / "socket", data, []):
        with pytest.raises(ConnectionError):
            await ask(tmp_path / "socket", "GET", "/")


async def test_nobody_is_there(tmp_path: Path) -> None:
    for place in (tmp_path / "socket", Address("127.0.0.1", 1)):
        with pytest.raises(ConnectionError):
            await ask(place, "GET", "/")
