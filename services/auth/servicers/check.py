"""Envoy's ext_authz: its messages to the check of keys, and the verdict to what Envoy does."""

from typing import Any

import grpc
from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.type.v3.http_status_pb2 import HttpStatus
from google.protobuf.struct_pb2 import Struct
from google.rpc.status_pb2 import Status

from services.auth.decision import Admission
from services.auth.key_check import Denial, KeyCheck
from services.trust.principal import Channel, Principal, Role
from services.trust.principal_tokens import TokenSigner

VOUCHED_ADDRESS_HEADER = "x-envoy-external-address"


class CheckServicer(external_auth_pb2_grpc.AuthorizationServicer):  # type: ignore[misc]  # comes without types
    """Check: a signed principal takes the place of a right key in `authorization`."""

    def __init__(self, key_check: KeyCheck, signer: TokenSigner) -> None:
        self._key_check = key_check
        self._signer = signer

    async def Check(self, request: external_auth_pb2.CheckRequest, context: Any) -> external_auth_pb2.CheckResponse:
        authorization = request.attributes.request.http.headers.get("authorization", "")
        verdict = await self._key_check.check(authorization, client_address(request))
        return _denied(verdict) if isinstance(verdict, Denial) else self._admitted(verdict)

    def _admitted(self, admission: Admission) -> external_auth_pb2.CheckResponse:
        grant = admission.grant
        token = self._signer.sign_for_a_call(
            Principal(
                role=Role.ROLE_API_KEY,
                account_id=grant.account_id,
                chatbot_id=grant.chatbot_id,
                key_id=grant.key_id,
                plan=grant.plan,
                channel=Channel.API,
            ),
            "chat",
        )
        metadata = Struct()
        metadata.update(
            {
                "key_id": grant.key_id,
                "chatbot_id": grant.chatbot_id,
                "account_id": grant.account_id,
                "plan": grant.plan,
                "requests_per_minute": admission.requests_per_minute,
            }
        )
        return external_auth_pb2.CheckResponse(
            status=Status(code=grpc.StatusCode.OK.value[0]),
            ok_response=external_auth_pb2.OkHttpResponse(headers=[_header("authorization", f"Bearer {token}")]),
            dynamic_metadata=metadata,
        )


def client_address(request: external_auth_pb2.CheckRequest) -> str:
    """The client's address as Envoy vouches for it: the peer's, or what trusted proxies say.

    The source attribute is always the peer, so behind a proxy it would be the proxy. Envoy removes any such header that
    a client sends and writes its own; no forwarding header of a client gets here.
    """
    attributes = request.attributes
    vouched = attributes.request.http.headers.get(VOUCHED_ADDRESS_HEADER)
    return str(vouched or attributes.source.address.socket_address.address)


def _denied(denial: Denial) -> external_auth_pb2.CheckResponse:
    reason, window = denial.refusal.reason, denial.window
    code = reason.status
    headers = {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset_at),
    }
    if code is grpc.StatusCode.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if reason.limit:
        headers["X-RateLimit-Reason"] = reason.limit
    if denial.refusal.retry_after is not None:
        headers["Retry-After"] = str(denial.refusal.retry_after)
    return external_auth_pb2.CheckResponse(
        # Native gRPC clients get this code; the HTTP status is for the others.
        status=Status(code=code.value[0], message=denial.refusal.text),
        denied_response=external_auth_pb2.DeniedHttpResponse(
            status=HttpStatus(code=reason.http_status),
            headers=[_header(name, value) for name, value in headers.items()],
            body=denial.refusal.text,
        ),
    )


def _header(name: str, value: str) -> HeaderValueOption:
    return HeaderValueOption(
        header=HeaderValue(key=name, value=value),
        append_action=HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    )
