"""One page over HTTP, bounded in size and time.

Every address is checked after DNS and after each redirect.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

from services.cli.crawl.reachable_hosts import Network, may_be_reached
from services.file_kinds import essence_of
from services.urls import WebUrl

USER_AGENT = "Chatmount/0.1"
MAXIMUM_REDIRECTS = 10
SECONDS = 30.0
CONNECT_SECONDS = 5.0
_PART_BYTES = 64 * 1024
# What the library unpacks; it hands on all others as they are.
_PACKINGS = ("", "identity", "gzip", "deflate", "br", "zstd")

# What systems take for an IPv4 address, and libraries for a name: `127.1`, `2130706433`. No name of DNS ends so.
_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.ASCII)


class CanNotFetch(Exception):
    """A page can't be fetched; the text says why in one line, for the operator.

    `status`: that of the answer, where there was one.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it came. `url` is that after all redirects, `media_type` has its parameters.

    `status` is 200, or 304 with no content: unchanged since what the request's headers told.
    """

    url: str
    status: int
    media_type: str
    content: bytes
    headers: Mapping[str, str]


class _PublicResolver(aiohttp.ThreadedResolver):
    """DNS that knows only addresses which may be reached.

    What it gives back is what is connected to: there is no second look-up that could tell something else.
    """

    def __init__(self, allowed: Sequence[Network]) -> None:
        super().__init__()
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        open_ones = [one for one in found if may_be_reached(one["host"], self._allowed)]
        if not open_ones:
            raise _closed(host)
        return open_ones


class Fetcher:
    """Fetches pages. Made by `open_fetcher`."""

    def __init__(self, session: aiohttp.ClientSession, allowed: Sequence[Network], maximum_bytes: int) -> None:
        self._session = session
        self._allowed = allowed
        self._maximum_bytes = maximum_bytes

    async def fetch(
        self, url: str, media_types: Collection[str] = (), headers: Mapping[str, str] | None = None
    ) -> Fetched:
        """The page at `url`, redirects followed; `media_types`: what it may be (none: anything).

        CanNotFetch for an address that may not be reached, a status that is no success, another media type, a page that
        is too large, too slow, or redirects in a circle.
        """
        try:
            async with asyncio.timeout(SECONDS):
                return await self._follow(checked_url(url), media_types, headers or {})
        except TimeoutError as error:
            raise CanNotFetch(f"{url} did not answer within {SECONDS:g} s") from error
        except ValueError as error:
            # Among them aiohttp.InvalidURL, and what the system says of a host that DNS has no form for.
            raise CanNotFetch(f"{url} is no URL of a page") from error
        except aiohttp.ClientError as error:
            raise CanNotFetch(f"{url} can't be reached ({_describe(error)})") from error

    async def _follow(self, url: WebUrl, media_types: Collection[str], headers: Mapping[str, str]) -> Fetched:
        seen = {url}
        for _ in range(MAXIMUM_REDIRECTS + 1):
            host = url.host.strip("[]")
            if _is_address(host):
                if not may_be_reached(host, self._allowed):
                    raise _closed(host)
            elif _NUMBER.search(host):
                raise CanNotFetch(f"{host} is no host; an IPv4 address is written as four decimal numbers")
            # As it is: whatever the library would spell otherwise is another page to some server.
            address = URL(str(url), encoded=True)
            async with self._session.get(address, allow_redirects=False, headers=headers) as reply:
                location = reply.headers.get("Location", "")
                if reply.status not in (301, 302, 303, 307, 308) or not location:
                    return await self._read(str(url), reply, media_types)
            url = _redirected(url, location)
            if url in seen:
                raise CanNotFetch(f"{url} redirects in a circle")
            seen.add(url)
        raise CanNotFetch(f"{url} redirects more than {MAXIMUM_REDIRECTS} times")

    async def _read(self, url: str, reply: aiohttp.ClientResponse, media_types: Collection[str]) -> Fetched:
        if reply.status == 304:
            return Fetched(url, reply.status, "", b"", reply.headers)
        if reply.status != 200:
            raise CanNotFetch(f"{url} answered with status {reply.status}", reply.status)
        media_type = reply.headers.get("Content-Type", "").encode("ascii", "replace").decode()
        essence = essence_of(media_type)
        if media_types and essence not in media_types:
            raise CanNotFetch(f"{url} is {essence or 'of no media type'}, which can't be read")
        if reply.headers.get("Content-Encoding", "").strip().lower() not in _PACKINGS:
            raise CanNotFetch(f"{url} is packed in a way that can't be read")
        if (reply.content_length or 0) > self._maximum_bytes:
            raise self._too_large(url)
        content = bytearray()
        # Counted as unpacked: a compressed page can be of any size.
        async for part in reply.content.iter_chunked(_PART_BYTES):
            content += part
            if len(content) > self._maximum_bytes:
                raise self._too_large(url)
        return Fetched(url, reply.status, media_type, bytes(content), reply.headers)

    def _too_large(self, url: str) -> CanNotFetch:
        return CanNotFetch(f"{url} is too large: at most {self._maximum_bytes} bytes can be read")


@asynccontextmanager
async def open_fetcher(maximum_bytes: int, allowed: Sequence[Network] = ()) -> AsyncIterator[Fetcher]:
    """A fetcher for public addresses and those in `allowed`, without proxy and cookies."""
    connector = aiohttp.TCPConnector(resolver=_PublicResolver(allowed), limit_per_host=4)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
    options: dict[str, Any] = {"trust_env": False, "cookie_jar": aiohttp.DummyCookieJar(), "timeout": timeout}
    async with aiohttp.ClientSession(connector=connector, headers={"User-Agent": USER_AGENT}, **options) as session:
        yield Fetcher(session, allowed, maximum_bytes)


def checked_url(text: str) -> WebUrl:
    """The URL without its fragment. CanNotFetch when it is not http(s), or names a user."""
    try:
        return replace(WebUrl.parse(text), fragment=None)
    except ValueError as error:
        raise CanNotFetch(str(error).rstrip(".")) from error


def _redirected(url: WebUrl, location: str) -> WebUrl:
    # Bytes that are not UTF-8 come as lone surrogates.
    sent = location.encode("utf-8", "surrogateescape")
    ascii_only = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in sent)
    try:
        return replace(url.join(ascii_only), fragment=None)
    except ValueError as error:
        raise CanNotFetch(f"{url} redirects to something else than a page: {str(error).rstrip('.')}") from error


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _closed(host: str) -> CanNotFetch:
    return CanNotFetch(f"{host} is on a private network; CHATMOUNT_CRAWL_NETWORKS can allow it")


def _describe(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return "its certificate can't be trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "no connection"
    return "the connection broke off, or the answer is broken"
