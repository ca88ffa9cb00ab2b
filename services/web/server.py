"""The HTTP server of the web process: health, limits, and a stop that ends no request."""

import asyncio
import contextlib
import gc
import logging
import signal
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import uvloop
from aiohttp import web

from services.config.addresses import Address
from services.config.settings import DRAIN_SECONDS, LEAVE_SECONDS, SettingsError
from services.observe.hang_watch import PATIENCE_SECONDS, ending_when_hung
from services.trust.process_privacy import make_private
from services.trust.transport import InternalTls

logger = logging.getLogger("chatmount.web")

# The edge lets in no more. Uploads are read as they come, and don't count.
MAXIMUM_BODY_BYTES = 64 * 1024
# The edge lets in 32 KiB of headers. So it says no, and not aiohttp, whose text names the inside.
MAXIMUM_LINE_BYTES = 64 * 1024
# Longer than the edge keeps a connection for its next request: the edge is to close it, never this end.
KEEP_ALIVE_SECONDS = 3600.0

STOPPING = web.AppKey("stopping", asyncio.Event)

Build = Callable[[], AbstractAsyncContextManager[web.Application]]


async def serve_health(request: web.Request) -> web.Response:
    """Whether new requests are welcome: no more once the process is told to stop."""
    stopping = request.app.get(STOPPING)
    if stopping is not None and stopping.is_set():
        return web.Response(status=503, text="stopping\n")
    return web.Response(text="ok\n")


def run_web(
    listen: str,
    build: Build,
    tls: InternalTls | None,
    *,
    drain: float = DRAIN_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Run the process: `build` yields the application.

    SettingsError when `listen` (`host:port`, port 0: any) can't be bound.
    """

    async def main() -> None:
        async with build() as app:
            await serve_until_signal(app, listen, tls, drain, patience)

    make_private()
    uvloop.run(main())


async def serve_until_signal(
    app: web.Application, listen: str, tls: InternalTls | None, drain: float, patience: float
) -> None:
    """Serve until SIGTERM or SIGINT, then let requests finish for `drain` seconds.

    As services/rpc/server.py does for gRPC.
    """
    stop, nobody_calls = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        nobody_calls.set()
        stop.set()

    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    app[STOPPING] = stop
    runner = runner_of(app, drain)
    await runner.setup()
    try:
        port = await _listen(runner, listen, tls)
        gc.collect()
        gc.freeze()
        logger.info("web is serving on port %d", port)
        async with ending_when_hung(patience):
            await stop.wait()
        logger.info("web is stopping")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(nobody_calls.wait(), LEAVE_SECONDS)
    finally:
        await runner.cleanup()


def runner_of(app: web.Application, drain: float = DRAIN_SECONDS) -> web.AppRunner:
    """What serves the application, with the limits of this process."""
    return web.AppRunner(
        app,
        handle_signals=False,
        access_log=None,
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        shutdown_timeout=drain,
        max_line_size=MAXIMUM_LINE_BYTES,
        max_field_size=MAXIMUM_LINE_BYTES,
        # No browser sends a form that is compressed, and two megabytes can become two gigabytes.
        auto_decompress=False,
    )


async def _listen(runner: web.AppRunner, listen: str, tls: InternalTls | None) -> int:
    host, _, port = listen.rpartition(":")
    try:
        address = Address(host.removeprefix("[").removesuffix("]"), int(port))
        site = web.TCPSite(runner, *address, ssl_context=tls_context(tls) if tls else None)
        await site.start()
    except (OSError, ValueError) as error:
        raise SettingsError(f"CHATMOUNT_LISTEN={listen} can't be listened on ({error}).") from error
    return int(runner.addresses[0][1])


def tls_context(tls: InternalTls) -> ssl.SSLContext:
    """A server's side of mutual TLS: only clients with a certificate are answered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(tls.certificate, tls.key)
    context.load_verify_locations(tls.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
