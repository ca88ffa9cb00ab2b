"""The gRPC servers of a scripted Quota and a scripted Retrieval."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import grpc
from chatmount.quota.v1 import quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2_grpc

from services.rpc.server import Registration, start_server
from services.trust.principal_tokens import TokenSigner

from .scripted_neighbours import ScriptedQuota, ScriptedRetrieval


class Served:
    """A scripted service that can be stopped and started again at the same address."""

    def __init__(self, registration: Registration, signer: TokenSigner) -> None:
        self._registration = registration
        self._signer = signer
        self._server: grpc.aio.Server | None = None
        self.address = "127.0.0.1:0"

    async def start(self) -> None:
        self._server, port, _ = await start_server(self.address, [self._registration], self._signer)
        self.address = f"127.0.0.1:{port}"

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop(grace=None)
            self._server = None


@dataclass
class Around:
    """Whom Chat works with."""

    quota: ScriptedQuota
    retrieval: ScriptedRetrieval
    quota_server: Served
    retrieval_server: Served


@asynccontextmanager
async def neighbours(signer: TokenSigner) -> AsyncIterator[Around]:
    """Both, until the block ends, also where it fails: a server that is left running keeps pytest from its end."""
    quota, retrieval = ScriptedQuota(), ScriptedRetrieval()
    quota_server = Served((quota, quota_pb2_grpc.add_QuotaServiceServicer_to_server), signer)
    retrieval_server = Served((retrieval, retrieval_pb2_grpc.add_RetrievalServiceServicer_to_server), signer)
    try:
        await quota_server.start()
        await retrieval_server.start()
        yield Around(quota, retrieval, quota_server, retrieval_server)
    finally:
        await quota_server.stop()
        await retrieval_server.stop()
