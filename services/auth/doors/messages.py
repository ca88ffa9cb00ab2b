"""What Envoy asks at every door, and what it is answered."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3 import external_auth_pb2
from envoy.type.v3.http_status_pb2 import HttpStatus
from google.rpc.status_pb2 import Status
from grpc import StatusCode

from services.errors import ChatmountError
from services.observe.metrics import count_refusal

Door = Callable[[external_auth_pb2.CheckRequest], Awaitable[external_auth_pb2.CheckResponse]]

CHECK = "envoy.service.auth.v3.Authorization/Check"
VOUCHED_ADDRESS_HEADER = "x-envoy-external-address"


def request_header(request: Any, name: str) -> str:
    """A header of the request that waits at the door; "" when it has none."""
    return str(request.attributes.request.http.headers.get(name, ""))


def client_address(request: Any) -> str:
    """The client's address as Envoy vouches for it: the peer's, or what trusted proxies say.

    The source attribute is always the peer, so behind a proxy it would be the proxy. Envoy removes any such header that
    a client sends and writes its own; no forwarding header of a client gets here.
    """
    return request_header(request, VOUCHED_ADDRESS_HEADER) or str(
        request.attributes.source.address.socket_address.address
    )


def admitted(token: str, *, remove: Sequence[str] = (), metadata: Any = None) -> external_auth_pb2.CheckResponse:
    """The request goes on, with a token as its only credential.

    `metadata` is for Envoy's other filters.
    """
    return external_auth_pb2.CheckResponse(
        status=Status(code=StatusCode.OK.value[0]),
        ok_response=external_auth_pb2.OkHttpResponse(
            headers=[_header("authorization", f"Bearer {token}")], headers_to_remove=remove
        ),
        dynamic_metadata=metadata,
    )


def denied(
    refused: ChatmountError, headers: Mapping[str, str], http_status: int | None = None
) -> external_auth_pb2.CheckResponse:
    """The request ends here. Native gRPC clients get the code, and others the HTTP status."""
    count_refusal(CHECK, refused.reason)
    return external_auth_pb2.CheckResponse(
        status=Status(code=refused.status.value[0], message=refused.text),
        denied_response=external_auth_pb2.DeniedHttpResponse(
            status=HttpStatus(code=http_status or refused.reason.http_status),
            headers=[_header(name, value) for name, value in headers.items()],
            body=refused.text,
        ),
    )


def _header(name: str, value: str) -> HeaderValueOption:
    return replacing(HeaderValue(key=name, value=value))


def replacing(header: HeaderValue) -> HeaderValueOption:
    """A header in place of any that there is."""
    return HeaderValueOption(
        header=header,
        append_action=HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    )
