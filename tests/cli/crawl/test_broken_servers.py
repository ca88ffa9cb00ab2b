"""Servers that answer what no server should: each answer costs its own page alone."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from functools import cache

import pytest

from services.cli.crawl.crawl import Crawl
from services.cli.crawl.fetch import Fetcher
from services.cli.crawl.limits import CrawlLimits
from services.cli.crawl.results import CrawledPage, SkippedPage
from services.file_kinds import FILE_KINDS
from tests.each import for_each

HTML = FILE_KINDS["html"].media_types


def reply(*headers: bytes, status: bytes = b"200 OK", body: bytes = b"<p>x</p>") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Connection: close", b"Content-Type: text/html", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def redirect(location: bytes) -> bytes:
    return reply(b"Location: " + location, status=b"302 CrawlResult")


# Content-Type is said twice in some of these; the first counts.
BROKEN = {
    "port": redirect(b"http://x:abc/"),
    "bracket": redirect(b"http://[::1/"),
    "bytes": redirect(b"\xff\xfe"),
    "bytes-in-host": redirect(b"http://\xff\xfe/"),
    "empty-label": redirect(b"http://a..b/"),
    "long-label": redirect(b"http://" + b"a" * 70 + b".example/"),
    "user": redirect(b"http://me:secret@127.0.0.1/"),
    "script": redirect(b"javascript:alert(1)"),
    "nul": redirect(b"/\x00"),
    "long": redirect(b"/" + b"x" * 100_000),
    "circle": redirect(b"/circle"),
    "inside": redirect(b"http://169.254.169.254/latest/meta-data/"),
    "huge": reply(body=b"x" * 300_000),
    "port-0": redirect(b"http://127.0.0.1:0/"),
    "status-999": reply(status=b"999 What"),
    "status-000": reply(status=b"000 What"),
    "status-text": reply(status=b"fine"),
    "status-101": reply(status=b"101 Switching Protocols"),
    "no-http": b"SSH-2.0-OpenSSH\r\n",
    "nothing": b"",
    "huge-header": reply(b"X: " + b"x" * 1_000_000),
    "many-headers": reply(*(b"X%d: x" % number for number in range(50_000))),
    "no-colon": reply(b"what is this"),
    "length": reply(b"Content-Length: 1_0"),
    "negative-length": reply(b"Content-Length: -1"),
    "short": reply(b"Content-Length: 1000"),
    "chunks": reply(b"Transfer-Encoding: chunked", body=b"zz\r\n"),
    "gzip": reply(b"Content-Encoding: gzip", body=b"no gzip"),
    "encoding": reply(b"Content-Encoding: \xff"),
    "image": reply(b"Content-Type: image/png").replace(b"Content-Type: text/html\r\n", b""),
}
READ_ALL_THE_SAME = {
    "charset": reply(b"Content-Type: text/html; charset=\xff\xfe").replace(b"Content-Type: text/html\r\n", b""),
    "etag": reply(b"ETag: \xff\xfe", body=b"<p>etag</p>"),
}
BOMB_SIZE = 100 * 1024 * 1024


@cache
def broken() -> dict[str, bytes]:
    """All of them, with bombs, which take too long to be packed at import."""
    zeros = bytes(BOMB_SIZE)
    return BROKEN | {
        "bomb": reply(b"Content-Encoding: gzip", body=gzip.compress(zeros, 1)),
        "deflate-bomb": reply(b"Content-Encoding: deflate", body=zlib.compress(zeros, 1)),
    }


@pytest.fixture
async def site() -> AsyncIterator[str]:
    links = "".join(f'<a href="/{name}">x</a>' for name in (*broken(), *READ_ALL_THE_SAME, "last"))
    answers = broken() | READ_ALL_THE_SAME
    answers |= {"": reply(body=links.encode()), "last": reply(body=b"<p>the last</p>")}
    answers["robots.txt"] = reply(body=b"Sitemap: http://x:abc/\nSitemap: http://[::1/\nSitemap: \xff\n\xff\x00:\n")
    answers["sitemap.xml"] = reply(body=b"<urlset><url><loc>http://[::1/</loc></url><url><loc/></url>\xff</urlset>")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode().removeprefix("/")
        writer.write(answers.get(path, reply(status=b"404 Not CrawlResult")))
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def test_a_broken_answer_costs_its_own_page_alone(site: str, fetcher: Fetcher) -> None:
    crawl = Crawl(fetcher, HTML, CrawlLimits(1, 100, pause=0))
    results = [one async for one in crawl.pages(site)]
    kept = [one for one in results if isinstance(one, CrawledPage)]
    assert [one.url.removeprefix(site) for one in kept] == ["", *READ_ALL_THE_SAME, "last"]
    # All of it goes to the service, and to the site when it is read again.
    assert all((one.media_type + one.state.etag).isascii() for one in kept)
    skipped = {one.url.removeprefix(site): one.reason for one in results if isinstance(one, SkippedPage)}
    assert set(skipped) == set(broken())
    assert not any(one.is_start for one in results if isinstance(one, SkippedPage))
    assert not [reason for reason in skipped.values() if "\n" in reason or "Error" in reason or "secret" in reason]


@for_each("start", ["http://x:abc/", "http://[::1/", "http://a..b/", "http://\udcff/", "http://"])
async def test_a_start_that_is_no_url_is_told_in_a_line(start: str, fetcher: Fetcher) -> None:
    (result,) = [one async for one in Crawl(fetcher, HTML, CrawlLimits()).pages(start)]
    assert isinstance(result, SkippedPage)
    assert "URL" in result.reason
