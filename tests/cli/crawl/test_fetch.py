"""Fetching from a real server on loopback, which is allowed; all else stays closed."""

import asyncio
import gzip
import socket

import pytest
from aiohttp import web

from services.cli.crawl import fetch as fetch_module
from services.cli.crawl.fetch import CanNotFetch, Fetcher
from tests.cli.crawl.site import MAXIMUM, Site
from tests.each import for_each


async def refusal(fetcher: Fetcher, url: str, media_types: tuple[str, ...] = ()) -> str:
    with pytest.raises(CanNotFetch) as caught:
        await fetcher.fetch(url, media_types)
    return str(caught.value)


async def test_a_page_comes_with_its_address_and_type(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = web.Response(text="<p>Grüße</p>", content_type="text/html", charset="iso-8859-1")
    page = await fetcher.fetch(f"{site.url}/a#part", ("text/html",))
    assert (page.url, page.status, page.content) == (f"{site.url}/a", 200, "<p>Grüße</p>".encode("iso-8859-1"))
    assert page.media_type == "text/html; charset=iso-8859-1"
    assert "cookie" not in site.asked[0].headers
    assert site.asked[0].headers["user-agent"].startswith("Chatmount")


async def test_redirects_are_followed_to_the_end(site: Site, fetcher: Fetcher) -> None:
    site.redirect("/a", "/b", 301)
    site.redirect("/b", "c?x=1", 307)
    site.pages["/c"] = web.Response(text="here")
    assert (await fetcher.fetch(f"{site.url}/a")).url == f"{site.url}/c?x=1"


async def test_a_circle_of_redirects_ends(site: Site, fetcher: Fetcher) -> None:
    site.redirect("/a", "/b")
    site.redirect("/b", "/a#again")
    assert "redirects in a circle" in await refusal(fetcher, f"{site.url}/a")
    for number in range(20):
        site.redirect(f"/{number}", f"/{number + 1}")
    assert "redirects more than 10 times" in await refusal(fetcher, f"{site.url}/0")


@for_each(
    "host",
    ["127.0.0.2", "127.2", "0x7f.0.0.2", "2130706434", "0.0.0.0", "[::1]", "[::ffff:127.0.0.2]", "169.254.169.254"],  # noqa: S104
)
async def test_no_form_of_a_private_address_is_asked(site: Site, fetcher: Fetcher, host: str) -> None:
    port = site.url.rpartition(":")[2]
    site.pages["/secret"] = web.Response(text="secret")
    site.redirect("/way", f"http://{host}:{port}/secret")
    site.asked.clear()
    for url in (f"http://{host}:{port}/secret", f"{site.url}/way"):
        text = await refusal(fetcher, url)
        assert "is on a private network" in text or "is no host" in text
    assert [request.path for request in site.asked] == ["/way"]


@for_each("host", ["127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "127.1."])
async def test_no_short_form_of_an_address_is_asked(site: Site, fetcher: Fetcher, host: str) -> None:
    # Nor of one that is allowed: whether it is looked up or connected to is left to no library.
    port = site.url.rpartition(":")[2]
    site.redirect("/way", f"http://{host}:{port}/secret")
    site.asked.clear()
    for url in (f"http://{host}:{port}/secret", f"{site.url}/way"):
        assert f"{host} is no host; an IPv4 address is written as four" in await refusal(fetcher, url)
    assert [request.path for request in site.asked] == ["/way"]


async def test_a_name_that_leads_to_a_private_address_is_not_asked(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["127.0.0.2"], ["127.0.0.2", "10.0.0.1"], ["127.0.0.2", "127.0.0.1"]])

    async def look_up(_: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        return [
            {"hostname": host, "host": one, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for one in next(answers)
        ]

    monkeypatch.setattr("aiohttp.ThreadedResolver.resolve", look_up)
    port = site.url.rpartition(":")[2]
    site.pages["/"] = web.Response(text="open")
    assert "is on a private network" in await refusal(fetcher, f"http://one.example:{port}/")
    assert "is on a private network" in await refusal(fetcher, f"http://two.example:{port}/")
    assert site.asked == []
    # Of several addresses the open ones are used.
    assert (await fetcher.fetch(f"http://three.example:{port}/")).content == b"open"


@for_each(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1:70/_",
        "http://",
        "//x",
        "x",
        "http://[::1",
        "data:,x",
    ],
)
async def test_only_the_web_is_asked(fetcher: Fetcher, url: str) -> None:
    await refusal(fetcher, url)


async def test_a_redirect_does_not_lead_out_of_the_web(site: Site, fetcher: Fetcher) -> None:
    site.redirect("/a", "file:///etc/passwd")
    assert "must begin with https:// or http://" in await refusal(fetcher, f"{site.url}/a")


async def test_a_user_name_in_a_url_is_refused_and_not_repeated(fetcher: Fetcher) -> None:
    assert "hunter2" not in await refusal(fetcher, "http://me:hunter2@127.0.0.1/")


async def test_a_page_that_says_it_is_too_large_is_not_read(site: Site, fetcher: Fetcher) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        reply = web.StreamResponse(headers={"Content-Length": str(5 * 1024**3)} if "told" in request.query else {})
        await reply.prepare(request)
        while sent < 1000 * MAXIMUM:
            await reply.write(b"x" * 10_000)
            sent += 10_000
        return reply

    site.pages["/huge"] = endless
    for query in ("?told=1", ""):
        assert "too large" in await refusal(fetcher, f"{site.url}/huge{query}")
    assert sent < 500 * MAXIMUM


async def test_a_page_that_unpacks_to_too_much_is_given_up(site: Site, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"x" * 50 * MAXIMUM)
    assert len(packed) < MAXIMUM
    site.pages["/bomb"] = web.Response(body=packed, headers={"Content-Encoding": "gzip"})
    assert "too large" in await refusal(fetcher, f"{site.url}/bomb")


async def test_other_kinds_of_content_are_refused(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = web.Response(body=b"\0", content_type="image/png")
    assert "is image/png, which can't be read" in await refusal(fetcher, f"{site.url}/a", ("text/html",))


async def test_a_status_that_is_no_success_is_told(site: Site, fetcher: Fetcher) -> None:
    assert "answered with status 404" in await refusal(fetcher, f"{site.url}/nowhere")


async def test_what_has_not_changed_is_not_sent_again(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = web.Response(status=304, headers={"ETag": '"1"'})
    page = await fetcher.fetch(f"{site.url}/a", ("text/html",), {"If-None-Match": '"1"'})
    assert (page.status, page.content) == (304, b"")
    assert site.asked[0].headers["if-none-match"] == '"1"'


async def test_a_server_that_does_not_answer_is_given_up(
    site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "SECONDS", 0.2)

    async def slow(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        while True:
            await reply.write(b"x")
            await asyncio.sleep(0.05)

    site.pages["/slow"] = slow
    assert "did not answer within" in await refusal(fetcher, f"{site.url}/slow")


async def test_who_is_not_there_is_told_in_a_line(fetcher: Fetcher, unused_tcp_port: int) -> None:
    assert "(no connection)" in await refusal(fetcher, f"http://127.0.0.1:{unused_tcp_port}/")
    assert "(there is no such host)" in await refusal(fetcher, "http://nowhere.invalid/")
