"""`python -m services.web` as a process."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from services.trust.internal_certificates import ensure_internal_certificates
from services.web.__main__ import main
from services.web.server import runner_of
from tests.service_process import service_process
from tests.waiting import until

# Nobody is there: what is asked here needs no service.
ADDRESSES = {f"CHATMOUNT_{service}_ADDRESS": "127.0.0.1:9" for service in ("AUTH", "QUOTA", "RETRIEVAL", "CHAT")}


async def test_it_serves_turns_unhealthy_when_told_to_stop_and_lets_requests_end(tmp_path: Path) -> None:
    async with service_process("web", tmp_path, **ADDRESSES) as process, aiohttp.ClientSession() as browser:
        url = f"http://{process.address}"

        async def status(path: str) -> int:
            async with browser.get(url + path) as reply:
                return reply.status

        assert await status("/healthz") == 200
        assert await status("/dashboard/") == 401
        # A form that is still on its way.
        host, port = process.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            b"POST /dashboard/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n\r\na="
        )
        await writer.drain()
        stopped = asyncio.create_task(process.stop())
        await until(lambda: _is(status("/healthz"), 503), what="leaving")
        writer.write(b"b")
        assert await reader.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"  # there is no token file here
        writer.close()
        assert await stopped == 0, process.log
        assert "Traceback" not in process.log


async def test_with_internal_tls_only_who_has_a_certificate_is_answered(tmp_path: Path) -> None:
    tls = ensure_internal_certificates(tmp_path)
    async with (
        service_process("web", tmp_path, CHATMOUNT_INTERNAL_TLS="on", **ADDRESSES) as process,
        aiohttp.ClientSession() as browser,
    ):
        trusting = ssl.create_default_context(cafile=tls.ca)
        trusting.check_hostname = False
        with pytest.raises(aiohttp.ClientError):
            await browser.get(f"https://{process.address}/healthz", ssl=trusting)
        with pytest.raises(aiohttp.ClientError):
            await browser.get(f"http://{process.address}/healthz")
        trusting.load_cert_chain(tls.certificate, tls.key)
        async with browser.get(f"https://{process.address}/healthz", ssl=trusting) as reply:
            assert reply.status == 200


@asynccontextmanager
async def repeating() -> AsyncIterator[str]:
    """The URL of a server that sends back what it gets, with the limits of the web process."""

    async def repeat(request: web.Request) -> web.Response:
        return web.Response(body=await request.read())

    app = web.Application()
    app.router.add_post("/", repeat)
    runner = runner_of(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_what_comes_compressed_stays_so() -> None:
    body = gzip.compress(b"a" * 1000)
    async with (
        repeating() as url,
        aiohttp.ClientSession() as browser,
        browser.post(url, data=body, headers={"Content-Encoding": "gzip"}) as reply,
    ):
        assert await reply.read() == body


async def test_whatever_headers_the_edge_lets_in_are_read() -> None:
    long = "a" * 32 * 1024
    async with (
        repeating() as url,
        aiohttp.ClientSession() as browser,
        browser.post(f"{url}?{long}", data=b"read", headers={"Referer": long, long: "a"}) as reply,
    ):
        assert (reply.status, await reply.read()) == (200, b"read")


@pytest.mark.parametrize(
    ("name", "value"),
    [("CHATMOUNT_AUTH_ADDRESS", ""), ("CHATMOUNT_CHAT_ADDRESS", "chat"), ("CHATMOUNT_LISTEN", "nowhere")],
)
def test_a_wrong_setting_ends_it_with_one_clear_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setattr("services.web.server.make_private", lambda: None)
    for variable, text in {**ADDRESSES, name: value}.items():
        monkeypatch.setenv(variable, text)
    with pytest.raises(SystemExit) as ended:
        main()
    assert name in str(ended.value.code)
    assert "\n" not in str(ended.value.code)


async def _is(status: object, wanted: int) -> bool:
    return await status == wanted  # type: ignore[misc]
