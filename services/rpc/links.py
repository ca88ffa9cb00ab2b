"""The ways from one service to another: generated stubs work on a link as on a channel.

Its calls raise the product's own errors, so that nobody who calls knows which way they go. A method that replies with a
stream returns a generator, and closing that ends the call.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import grpc

from services.config.addresses import grpc_target
from services.config.settings import Settings
from services.rpc.channels import BALANCED_OPTIONS, Metadata, PrincipalSource, call_metadata, forward_caller
from services.rpc.failures import failure_of
from services.rpc.memory import MemoryLink, ServiceInMemory
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls, open_secure_or_not

GRACE_SECONDS = 2.0
"""How much longer a call lives on the wire whose caller has left: what one takes at most, also on a bad day."""

Unary = Callable[..., Awaitable[Any]]
"""Takes a request, and by name `timeout` in seconds and `metadata`."""
Stream = Callable[..., AsyncGenerator[Any, None]]


class Link(Protocol):
    """What a generated stub asks of a channel, for methods that take one message."""

    def unary_unary(self, method: str, *codecs: Any, **options: Any) -> Unary:
        """A method that replies with one message."""
        ...

    def unary_stream(self, method: str, *codecs: Any, **options: Any) -> Stream:
        """A method that replies with a stream."""
        ...


def stub_on(link: Link, stub: Callable[[Any], Any]) -> Any:
    """A generated stub whose calls go over the link."""
    return stub(link)


class WireLink:
    """A link over a gRPC channel."""

    def __init__(self, channel: grpc.aio.Channel, signer: TokenSigner, principal: PrincipalSource) -> None:
        self._channel = channel
        self._signer = signer
        self._principal = principal

    def unary_unary(self, method: str, *codecs: Any, **options: Any) -> Unary:
        """See `Link`."""
        send: Any = self._channel.unary_unary(method, *codecs, **options)

        async def call(request: Any, *, timeout: float | None = None, metadata: Metadata = ()) -> Any:
            # Not by interceptors, which cost each call about as much as its checks.
            sent = send(request, timeout=timeout, metadata=self._metadata(method, metadata))
            replying = asyncio.ensure_future(sent)
            try:
                return await asyncio.shield(replying)
            except grpc.aio.AioRpcError as error:
                raise failure_of(error) from error
            except asyncio.CancelledError:
                # A call that is cancelled while its reply arrives never gives back the memory of either: gRPC's fault,
                # and a hundred thousand visitors who leave too early would be felt.
                asyncio.get_running_loop().call_later(GRACE_SECONDS, sent.cancel)
                # Marks its exception as seen: nobody waits for it any more.
                replying.add_done_callback(lambda done: done.cancelled() or done.exception())
                raise

        return call

    def unary_stream(self, method: str, *codecs: Any, **options: Any) -> Stream:
        """See `Link`."""
        send: Any = self._channel.unary_stream(method, *codecs, **options)

        async def call(
            request: Any, *, timeout: float | None = None, metadata: Metadata = ()
        ) -> AsyncGenerator[Any, None]:
            messages = send(request, timeout=timeout, metadata=self._metadata(method, metadata))
            try:
                async for message in messages:
                    yield message
            except grpc.aio.AioRpcError as error:
                raise failure_of(error) from error
            finally:
                messages.cancel()

        return call

    def _metadata(self, method: str, given: Metadata) -> Metadata:
        return call_metadata(method, self._signer, self._principal, given)


class Neighbours:
    """Where the other services are: in this process, or where the settings say."""

    def __init__(self, settings: Settings, signer: TokenSigner, tls: InternalTls | None) -> None:
        self._settings = settings
        self._signer = signer
        self._tls = tls
        self._here: dict[str, ServiceInMemory] = {}

    def are_joined_by(self, name: str, service: ServiceInMemory) -> None:
        """Those that are opened from now on reach this service in memory."""
        self._here[name] = service

    @asynccontextmanager
    async def link(self, service: str, principal: PrincipalSource = forward_caller) -> AsyncIterator[Link]:
        """A link to one of SERVICES, for calls in the name of `principal`."""
        if service in self._here:
            yield MemoryLink(self._here[service], self._signer, principal)
            return
        addresses = str(getattr(self._settings, f"{service}_address"))
        async with open_secure_or_not(grpc_target(addresses), self._tls, BALANCED_OPTIONS) as channel:
            yield WireLink(channel, self._signer, principal)
