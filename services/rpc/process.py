"""A process of one service or of several, and a stop that ends no call."""

import asyncio
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from itertools import chain

import uvloop

from services.config.addresses import parse_addresses
from services.config.settings import DRAIN_SECONDS, LEAVE_SECONDS, Settings, SettingsError, load_settings
from services.observe.hang_watch import PATIENCE_SECONDS, ending_when_hung
from services.observe.metrics_endpoint import serving_metrics
from services.observe.spans import sending_traces
from services.observe.telemetry import configure_logging
from services.rpc.links import Neighbours
from services.rpc.memory import ServiceInMemory
from services.rpc.server import Registration, start_server
from services.trust.principal_tokens import TokenSigner
from services.trust.process_privacy import make_private
from services.trust.secret_file import SecretFile
from services.trust.transport import InternalTls, internal_tls

YOUNG_OBJECTS = 10_000
"""So many new ones are looked through for garbage. Python's own 700 come with three answers, and are hardly more than
what other answers still need: only gRPC leaves some, seven objects a call."""

Open = Callable[[TokenSigner, Neighbours], AbstractAsyncContextManager[Sequence[Registration]]]
"""Opens the parts of a service, yields what to serve, and closes them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A service as its process starts it.

    `prepare` checks the settings before anything is opened. `refusals`: what else ends the start with one line.
    """

    name: str
    prepare: Callable[[Settings], Open]
    refusals: tuple[type[Exception], ...] = ()


@dataclass(frozen=True, slots=True)
class Hosted:
    """A service of a process, and the address (`host:port`, port 0: any) that it is served at."""

    name: str
    address: str
    open: Open


def run_parts(parts: Sequence[Part]) -> None:
    """Run services until a signal, each after those that it calls.

    A setting that can't be used ends the process with one line.
    """
    refusals: tuple[type[Exception], ...] = (SettingsError, *chain.from_iterable(part.refusals for part in parts))
    try:
        make_private()
        settings = load_settings()
        configure_logging(settings.log_level)
        hosted = [Hosted(part.name, address_of(part, parts, settings), part.prepare(settings)) for part in parts]
        signer = TokenSigner(SecretFile(settings.secret_file))
        tls = internal_tls(settings)
        with serving_metrics(settings.metrics_listen), sending_traces(settings.traces, [part.name for part in parts]):
            neighbours = Neighbours(settings, signer, tls)
            run_services(hosted, signer, neighbours, tls, drain=settings.drain_seconds)
    except refusals as error:
        sys.exit(str(error))


def address_of(part: Part, parts: Sequence[Part], settings: Settings) -> str:
    """Services that share a process listen where the others look for them."""
    if len(parts) == 1:
        return settings.listen
    addresses = parse_addresses(str(getattr(settings, f"{part.name}_address")))
    if len(addresses) != 1:
        raise SettingsError(
            f"CHATMOUNT_{part.name.upper()}_ADDRESS must name the one address (host:port) on which {part.name} is "
            "served by this process."
        )
    return str(addresses[0])


def run_services(
    hosted: Sequence[Hosted],
    signer: TokenSigner,
    neighbours: Neighbours,
    tls: InternalTls | None = None,
    *,
    drain: float = DRAIN_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Run a process with these services; for `drain` and `patience` see `serve_until_signal`."""
    uvloop.run(serve_until_signal(hosted, signer, neighbours, tls, drain, patience))


async def serve_until_signal(
    hosted: Sequence[Hosted],
    signer: TokenSigner,
    neighbours: Neighbours,
    tls: InternalTls | None,
    drain: float,
    patience: float,
) -> None:
    """Serve until SIGTERM or SIGINT, then let calls finish for `drain` seconds.

    After SIGTERM clients are given time to see that it leaves; SIGINT, also one that follows, says that nobody calls.
    While it serves, an event loop that hangs for `patience` seconds ends the process.
    """
    stop, nobody_calls = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        nobody_calls.set()
        stop.set()

    async with AsyncExitStack() as parts:
        opened = []
        for each in hosted:
            registrations = await parts.enter_async_context(each.open(signer, neighbours))
            in_memory = ServiceInMemory(registrations, signer)
            parts.push_async_callback(in_memory.close)
            neighbours.are_joined_by(each.name, in_memory)
            # The last one stops first, wholly: until then it may call those before it.
            opened.append((each, registrations, await parts.enter_async_context(AsyncExitStack())))
        # In this order: until both are handled, SIGTERM ends the process without a traceback.
        loop.add_signal_handler(signal.SIGINT, interrupted)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        healths = []
        for each, registrations, serving in opened:
            server, port, health = await start_server(each.address, registrations, signer, tls)
            serving.push_async_callback(server.stop, drain)
            healths.append(health)
            logging.getLogger(f"chatmount.{each.name}").info("%s is serving on port %d", each.name, port)
        # What is there by now stays: looking through all of it for garbage, time and again, held up calls for 50 ms.
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        async with ending_when_hung(patience):
            await stop.wait()
        for each in reversed(hosted):
            logging.getLogger(f"chatmount.{each.name}").info("%s is stopping", each.name)
        for health in healths:
            await health.enter_graceful_shutdown()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(nobody_calls.wait(), LEAVE_SECONDS)
