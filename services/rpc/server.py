"""The server of every service: health, reflection, access, and a stop that ends no call."""

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import grpc
import uvloop
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.observe.hang_watch import PATIENCE_SECONDS, ending_when_hung
from services.rpc.interceptors import AccessInterceptor
from services.rpc.reflection import enable_reflection
from services.trust.principal_tokens import TokenSigner
from services.trust.process_privacy import make_private
from services.trust.transport import InternalTls

logger = logging.getLogger("chatmount.server")

DRAIN_SECONDS = 10.0
# How long a replica that is told to stop goes on serving after it has said so: Envoy asks every second (envoy.yaml),
# other services are told at once. Who has heard it calls another replica, so that nobody meets a closed door.
LEAVE_SECONDS = 2.0
MAXIMUM_MESSAGE_BYTES = 4 * 1024 * 1024

SERVER_OPTIONS = (
    # Two processes on one port would share its connections silently; a clear "address in use" is better.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAXIMUM_MESSAGE_BYTES),
    # Envoy and the other services ping every connection, also while a call is silent or there is none; by default that
    # counts as an attack, and the connection is closed with all calls on it.
    ("grpc.http2.max_ping_strikes", 0),
    # A client looks up who is there when a connection ends. Without an end, an added replica would have no work.
    ("grpc.max_connection_age_ms", 60_000),
)


Registration = tuple[Any, Callable[[Any, Any], None]]
"""A servicer, and the generated `add_…Servicer_to_server` that serves it."""


class _Names:
    """Stands for a server where only the names of the services are asked for."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.ServiceRpcHandler]) -> None:
        self.found += [str(handler.service_name()) for handler in handlers]

    def add_registered_method_handlers(self, service: str, handlers: object) -> None:
        pass


def names_of(registrations: Sequence[Registration]) -> list[str]:
    """The full names of the gRPC services, such as `chatmount.chat.v1.ChatService`."""
    names = _Names()
    for servicer, add in registrations:
        add(servicer, names)
    return names.found


class HealthServicer(health.aio.HealthServicer):
    """The library's servicer with List, whose messages it has and whose answer it leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self._names = {""}

    async def set(self, service: str, status: Any) -> None:
        """Set the status of a service."""
        self._names.add(service)
        await super().set(service, status)

    async def List(self, request: Any, context: Any) -> Any:
        """The status of every service."""
        messages: Any = health_pb2
        checks = {name: messages.HealthCheckRequest(service=name) for name in self._names}
        return messages.HealthListResponse(
            statuses={name: await self.Check(check, context) for name, check in checks.items()}
        )


async def start_server(
    address: str, registrations: Sequence[Registration], signer: TokenSigner, tls: InternalTls | None = None
) -> tuple[grpc.aio.Server, int, health.aio.HealthServicer]:
    """Serve at `address` (`host:port`, port 0: any); return the server, its port and its health.

    With `tls` only clients with a certificate are answered.
    RuntimeError when the address can't be bound.
    """
    server = grpc.aio.server(interceptors=[AccessInterceptor(signer)], options=SERVER_OPTIONS)
    for servicer, add in registrations:
        add(servicer, server)
    health_servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, server)
    names = names_of(registrations)
    enable_reflection(server, [*names, health.SERVICE_NAME])
    if tls is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, tls.server_credentials())
    await server.start()
    for name in ("", *names):
        await health_servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, port, health_servicer


async def serve_until_signal(
    name: str,
    address: str,
    registrations: Sequence[Registration],
    signer: TokenSigner,
    tls: InternalTls | None = None,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Serve until SIGTERM or SIGINT, then turn unhealthy and let the calls in flight finish.

    After SIGTERM clients are given time to see that it leaves; SIGINT, also one that follows, says that nobody calls.
    While it serves, an event loop that hangs for `patience` seconds ends the process.
    """
    stop, nobody_calls = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        nobody_calls.set()
        stop.set()

    # In this order: until both are handled, SIGTERM ends the process without a traceback.
    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server, port, health_servicer = await start_server(address, registrations, signer, tls)
    # What is there by now stays: looking through all of it for garbage, time and again, held up calls for 50 ms.
    gc.collect()
    gc.freeze()
    logger.info("%s is serving on port %d", name, port)
    async with ending_when_hung(patience):
        await stop.wait()
    logger.info("%s is stopping", name)
    await health_servicer.enter_graceful_shutdown()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(nobody_calls.wait(), LEAVE_SECONDS)
    await server.stop(grace=DRAIN_SECONDS)


def run_service(
    name: str,
    address: str,
    signer: TokenSigner,
    build: "Build",
    tls: InternalTls | None = None,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Run a service's process: `build` opens its parts, yields what to serve, and closes them.

    `patience`: see `serve_until_signal`.
    """

    async def main() -> None:
        async with build() as registrations:
            await serve_until_signal(name, address, registrations, signer, tls, patience)

    make_private()
    uvloop.run(main())


Build = Callable[[], AbstractAsyncContextManager[Sequence[Registration]]]
