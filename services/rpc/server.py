"""The gRPC server of every service: health, reflection, access."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.rpc.interceptors import AccessInterceptor
from services.rpc.reflection import enable_reflection
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls

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
    methods: Any = AccessInterceptor(signer)
    for servicer, add in registrations:
        add(servicer, methods)
    health_servicer = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_servicer, methods)
    names = names_of(registrations)
    enable_reflection(methods, [*names, health.SERVICE_NAME])
    server = grpc.aio.server(options=SERVER_OPTIONS)
    server.add_generic_rpc_handlers((methods,))
    if tls is None:
        port = server.add_insecure_port(address)
    else:
        port = server.add_secure_port(address, tls.server_credentials())
    await server.start()
    for name in ("", *names):
        await health_servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, port, health_servicer
