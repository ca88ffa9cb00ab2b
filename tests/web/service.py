"""One of the four services, which can be away for a while, and calls of it by their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, people_pb2, people_pb2_grpc, widget_pb2, widget_pb2_grpc
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc, replay_pb2, replay_pb2_grpc, visitor_pb2, visitor_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.rpc.channels import CHANNEL_OPTIONS
from services.rpc.server import Registration, start_server
from services.trust.principal_tokens import TokenSigner

MODULES: Mapping[str, Sequence[tuple[Any, Any]]] = {
    "auth": ((auth_pb2, auth_pb2_grpc), (people_pb2, people_pb2_grpc), (widget_pb2, widget_pb2_grpc)),
    "quota": ((quota_pb2, quota_pb2_grpc),),
    "retrieval": ((retrieval_pb2, retrieval_pb2_grpc),),
    "chat": ((chat_pb2, chat_pb2_grpc), (replay_pb2, replay_pb2_grpc), (visitor_pb2, visitor_pb2_grpc)),
}


@dataclass
class Service:
    """A running one."""

    signer: TokenSigner
    registrations: Sequence[Registration]
    address: str = "127.0.0.1:0"
    server: grpc.aio.Server = field(init=False)
    channel: grpc.aio.Channel = field(init=False)

    async def start(self) -> None:
        self.server, port, _ = await start_server(self.address, self.registrations, self.signer)
        self.address = f"127.0.0.1:{port}"
        self.channel = grpc.aio.insecure_channel(self.address, options=CHANNEL_OPTIONS)

    async def close(self) -> None:
        await self.channel.close()
        await self.server.stop(None)


async def call_by_name(
    channel: grpc.aio.Channel, service: str, method: str, token: str, fields: Mapping[str, Any]
) -> Any:
    """The reply of a unary method; a service has no two of one name."""
    for messages, stubs in MODULES[service]:
        for described in messages.DESCRIPTOR.services_by_name.values():
            if method in described.methods_by_name:
                stub = getattr(stubs, f"{described.name}Stub")(channel)
                request = getattr(messages, f"{method}Request")(**fields)
                return await getattr(stub, method)(request, metadata=(("authorization", f"Bearer {token}"),))
    raise KeyError(method)
