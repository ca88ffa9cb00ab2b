"""Client channels between services: every call carries a fresh token and the id of the request that caused it."""

from collections.abc import Callable
from typing import Any

import grpc
from grpc.aio import ClientCallDetails

from services.config.addresses import grpc_target
from services.observe.telemetry import REQUEST_ID_HEADER, request_id
from services.rpc.access import service_of
from services.trust.principal import Principal, Role, current_principal
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls, open_secure_or_not

PrincipalSource = Callable[[], Principal]

SERVICE_PRINCIPAL = Principal(role=Role.ROLE_SERVICE)

CHANNEL_OPTIONS = (
    # A service that was restarted is found again within a second, not after gRPC's default of up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.min_reconnect_backoff_ms", 500),
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


def forward_caller() -> Principal:
    """The principal of the call being served: the callee sees the same tenant."""
    return current_principal()


def act_as_service() -> Principal:
    """The service itself, for calls that belong to no tenant."""
    return SERVICE_PRINCIPAL


class _Credentials:
    """Adds the token to a call. It is signed anew each time, so work that outlives the caller's token can go on."""

    def __init__(self, signer: TokenSigner, principal: PrincipalSource) -> None:
        self._signer = signer
        self._principal = principal

    def _dress(self, details: ClientCallDetails) -> ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if metadata.get("authorization") is None:
            token = self._signer.sign_for_a_call(self._principal(), service_of(_name(details.method)))
            metadata.add("authorization", f"Bearer {token}")
        metadata.add(REQUEST_ID_HEADER, request_id.get())
        return ClientCallDetails(details.method, details.timeout, metadata, details.credentials, details.wait_for_ready)


def _name(method: str | bytes) -> str:
    # Typed as text, and bytes in fact.
    return method.decode() if isinstance(method, bytes) else method


class _UnaryUnary(_Credentials, grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._dress(client_call_details), request)


class _UnaryStream(_Credentials, grpc.aio.UnaryStreamClientInterceptor):
    async def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return await continuation(self._dress(client_call_details), request)


class _StreamUnary(_Credentials, grpc.aio.StreamUnaryClientInterceptor):
    async def intercept_stream_unary(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        return await continuation(self._dress(client_call_details), request_iterator)


def open_channel(
    addresses: str, signer: TokenSigner, principal: PrincipalSource = forward_caller, tls: InternalTls | None = None
) -> grpc.aio.Channel:
    """A lazily connecting channel to all replicas of a service, see services/config/addresses.py."""
    interceptors = [kind(signer, principal) for kind in (_UnaryUnary, _UnaryStream, _StreamUnary)]
    return open_secure_or_not(grpc_target(addresses), tls, BALANCED_OPTIONS, interceptors)
