"""Channels whose calls carry the token of a principal, for calls of all kinds."""

from typing import Any

import grpc

from services.config.addresses import grpc_target
from services.request_id import REQUEST_ID_HEADER, request_id
from services.rpc.access import service_of
from services.rpc.channels import BALANCED_OPTIONS, PrincipalSource, forward_caller, preparing
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls, open_secure_or_not


def open_channel(
    addresses: str, signer: TokenSigner, principal: PrincipalSource = forward_caller, tls: InternalTls | None = None
) -> grpc.aio.Channel:
    """A channel to all replicas of a service, as services open it to each other."""

    async def add_token(details: Any) -> Any:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        if metadata.get("authorization") is None:
            # The method is typed as text, and bytes in fact.
            method = details.method.decode() if isinstance(details.method, bytes) else details.method
            metadata.add("authorization", f"Bearer {signer.sign_for_a_call(principal(), service_of(method))}")
        metadata.add(REQUEST_ID_HEADER, request_id.get())
        return details._replace(metadata=metadata)

    return open_secure_or_not(grpc_target(addresses), tls, BALANCED_OPTIONS, preparing(add_token))
