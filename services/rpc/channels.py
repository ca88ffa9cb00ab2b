"""Calls between services: options of their channels, and what every call carries."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import grpc

from services.observe.spans import current_span
from services.request_id import REQUEST_ID_HEADER, request_id
from services.rpc.access import service_of
from services.trust.principal import Principal, Role, current_principal

if TYPE_CHECKING:  # the dashboard signs nothing, and does without PyJWT and cryptography
    from services.trust.principal_tokens import TokenSigner

Metadata = Sequence[tuple[str, str]]
PrincipalSource = Callable[[], Principal]
Prepare = Callable[[Any], Awaitable[Any]]
"""Returns the details of a call, which are a named tuple, as they should be."""

SERVICE_PRINCIPAL = Principal(role=Role.ROLE_SERVICE)

CHANNEL_OPTIONS = (
    # A service that was restarted is found again within a second, not after gRPC's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    # So long may a connection take. On a busy machine the other end needs seconds for its part of a handshake.
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.enable_http_proxy", 0),
    # Otherwise channels of one process share connections by address, and with them a wait before the next attempt: one
    # that is closed too late would keep a new one from a server that has come up on a port that was somebody else's.
    ("grpc.use_local_subchannel_pool", 1),
)

BALANCED_OPTIONS = (
    *CHANNEL_OPTIONS,
    # Calls take turns over all replicas that say they are well; one that is about to stop says so before it does.
    (
        "grpc.service_config",
        '{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}',
    ),
    # A name is looked up again when a replica has left, not only half a minute after the last time.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
)


forward_caller: PrincipalSource = current_principal
"""The principal of the call being served: the callee sees the same tenant."""


def act_as_service() -> Principal:
    """The service itself, for calls that belong to no tenant."""
    return SERVICE_PRINCIPAL


class _Preparing:
    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare

    async def intercept(self, continuation: Any, details: Any, request: Any) -> Any:
        return await continuation(await self._prepare(details), request)


_intercept: Any = _Preparing.intercept


# grpc.aio takes an interceptor for one kind of call alone, whatever else it may be.
class _UnaryUnary(_Preparing, grpc.aio.UnaryUnaryClientInterceptor):
    intercept_unary_unary = _intercept


class _UnaryStream(_Preparing, grpc.aio.UnaryStreamClientInterceptor):
    intercept_unary_stream = _intercept


class _StreamUnary(_Preparing, grpc.aio.StreamUnaryClientInterceptor):
    intercept_stream_unary = _intercept


def preparing(prepare: Prepare) -> list[grpc.aio.ClientInterceptor]:
    """Interceptors that let `prepare` change every call before it is sent."""
    return [_UnaryUnary(prepare), _UnaryStream(prepare), _StreamUnary(prepare)]


def call_metadata(
    method: str, signer: "TokenSigner", principal: PrincipalSource, given: Metadata = ()
) -> tuple[tuple[str, str], ...]:
    """What a call of `/package.Service/Method` carries, beside what is given."""
    ours = (*given, (REQUEST_ID_HEADER, request_id.get()), *current_span().metadata)
    if any(name == "authorization" for name, _ in given):
        return ours
    # A fresh one, so that work may outlive its caller's token.
    return (*ours, ("authorization", f"Bearer {signer.sign_for_a_call(principal(), service_of(method))}"))
