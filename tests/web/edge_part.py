"""The edge's part of a request to the dashboard: open pages, and the door of sessions."""

from collections.abc import Mapping

import grpc
from envoy.service.auth.v3 import attribute_context_pb2, external_auth_pb2, external_auth_pb2_grpc

OPEN_PATHS = ("/dashboard/sign-in", "/dashboard/link", "/dashboard/invitation", "/dashboard/static/", "/healthz")
SHOWN_TO_AUTH = ("cookie", "hx-request")


async def let_in(
    auth: grpc.aio.Channel, method: str, path: str, headers: Mapping[str, str]
) -> tuple[dict[str, str], external_auth_pb2.DeniedHttpResponse | None]:
    """The headers with which a request goes on to the web process, or the reply that it gets instead.

    What a browser says of itself in `authorization` never gets through.
    """
    sent = {name: value for name, value in headers.items() if name != "authorization"}
    if path.partition("?")[0].startswith(OPEN_PATHS):
        return sent, None
    shown = {name: sent[name] for name in SHOWN_TO_AUTH if name in sent}
    http = attribute_context_pb2.AttributeContext.HttpRequest(method=method, path=path, headers=shown)
    check = external_auth_pb2.CheckRequest(
        attributes=attribute_context_pb2.AttributeContext(
            request=attribute_context_pb2.AttributeContext.Request(http=http), context_extensions={"door": "session"}
        )
    )
    answer = await external_auth_pb2_grpc.AuthorizationStub(auth).Check(check)
    if answer.HasField("denied_response"):
        return sent, answer.denied_response
    for name in answer.ok_response.headers_to_remove:
        sent.pop(name, None)
    return sent | {option.header.key: option.header.value for option in answer.ok_response.headers}, None
