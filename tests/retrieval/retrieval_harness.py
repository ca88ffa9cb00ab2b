"""A real Retrieval server over real gRPC, and the ways in which tests call it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from chatmount.retrieval.v1 import index_pb2, index_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2 as pb
from chatmount.retrieval.v1 import retrieval_pb2_grpc as rpc

from services.clock import Clock, system_clock
from services.config.settings import load_settings
from services.errors import Reason, from_rpc_error
from services.retrieval.build import open_retrieval
from services.retrieval.embedders.embedder import Embedder
from services.retrieval.embedders.embedders import FurtherEmbedder
from services.retrieval.embedders.multilingual.preparing import Preparing
from services.rpc.server import start_server
from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.channels import open_channel
from tests.ready_tables import lay_tables

EVERYBODY = Principal(Role.ROLE_OPERATOR)
"""The operator of all chatbots."""


def operator(chatbot_id: str) -> Principal:
    return Principal(Role.ROLE_OPERATOR, account_id="acct_1", chatbot_id=chatbot_id)


def api_key(chatbot_id: str) -> Principal:
    return Principal(Role.ROLE_API_KEY, account_id="acct_1", chatbot_id=chatbot_id, key_id="key_1", plan="plus")


@dataclass
class Retrieval:
    """A running server. Every call names the chatbot whose token it carries."""

    address: str
    signer: TokenSigner
    channels: dict[Principal, grpc.aio.Channel] = field(default_factory=dict)

    def channel(self, principal: Principal) -> grpc.aio.Channel:
        if principal not in self.channels:
            self.channels[principal] = open_channel(self.address, self.signer, lambda: principal)
        return self.channels[principal]

    def sources(self, bot: str | Principal) -> Any:
        return rpc.SourceServiceStub(self.channel(_principal(bot)))

    def pairs(self, bot: str | Principal) -> Any:
        return rpc.QaPairServiceStub(self.channel(_principal(bot)))

    def searcher(self, bot: str | Principal) -> Any:
        return rpc.RetrievalServiceStub(self.channel(_principal(bot)))

    async def add(
        self, bot: str | Principal, content: str | bytes, name: str = "page.md", **header: Any
    ) -> pb.AddSourceResponse:
        data = content.encode() if isinstance(content, str) else content
        return await self.send(
            bot, [pb.AddSourceRequest(header=pb.AddSourceHeader(name=name, **header)), *chunks(data)]
        )

    async def send(self, bot: str | Principal, messages: Sequence[pb.AddSourceRequest]) -> pb.AddSourceResponse:
        async def stream() -> AsyncIterator[pb.AddSourceRequest]:
            for message in messages:
                yield message

        return await self.sources(bot).AddSource(stream())

    async def accept(
        self, bot: str | Principal, content: str | bytes, name: str = "fees.txt", **header: Any
    ) -> pb.Source:
        """Add without waiting for the index."""
        return (await self.add(bot, content, name, no_wait=True, **header)).source

    async def indexed(self, bot: str | Principal, *source_ids: str) -> list[pb.WatchIngestResponse]:
        """All messages until nothing is under way any more."""
        async with asyncio.timeout(240):
            call = self.sources(bot).WatchIngest(pb.WatchIngestRequest(source_ids=source_ids))
            return [response async for response in call]

    async def remove(self, bot: str | Principal, source_id: str) -> None:
        await self.sources(bot).RemoveSource(pb.RemoveSourceRequest(source_id=source_id))

    async def switch(self, bot: str | Principal, source_id: str, enabled: bool) -> pb.Source:
        request = pb.SetSourceEnabledRequest(source_id=source_id, enabled=enabled)
        return (await self.sources(bot).SetSourceEnabled(request)).source

    async def verify(
        self, who: str | Principal = EVERYBODY, *, repair: bool = False
    ) -> list[index_pb2.VerifyIndexResponse]:
        stub = index_pb2_grpc.IndexServiceStub(self.channel(_principal(who)))
        return [part async for part in stub.VerifyIndex(index_pb2.VerifyIndexRequest(repair=repair))]

    async def listed(self, bot: str | Principal) -> list[pb.Source]:
        return list((await self.sources(bot).ListSources(pb.ListSourcesRequest())).sources)

    async def search(self, bot: str | Principal, query: str, **fields: Any) -> pb.SearchResponse:
        return await self.searcher(bot).Search(pb.SearchRequest(query=query, **fields))

    async def texts(self, bot: str | Principal, query: str) -> list[str]:
        return [passage.text for passage in (await self.search(bot, query, limit=50)).passages]


def chunks(data: bytes, size: int = 100_000) -> list[pb.AddSourceRequest]:
    return [pb.AddSourceRequest(chunk=data[start : start + size]) for start in range(0, len(data), size)]


def _principal(bot: str | Principal) -> Principal:
    return operator(bot) if isinstance(bot, str) else bot


async def refused(call: Any, reason: Reason) -> str:
    """The text of the refusal that a call must end with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    refusal = from_rpc_error(caught.value)
    assert refusal is not None, caught.value
    assert refusal.reason == reason, refusal.text
    return refusal.text


@asynccontextmanager
async def serving(
    home: Path,
    signer: TokenSigner,
    embedder: Embedder | None,
    clock: Clock = system_clock,
    multilingual: FurtherEmbedder | None = None,
    preparing: Preparing | None = None,
    **environment: str,
) -> AsyncIterator[Retrieval]:
    """A server on the data in `home`."""
    settings = load_settings({"CHATMOUNT_HOME": str(home), "CHATMOUNT_DATABASE_TIMEOUT_MS": "20000", **environment})
    lay_tables(settings.service_database_url("retrieval"), "retrieval")
    async with open_retrieval(settings, embedder, clock, multilingual, preparing) as registrations:
        server, port, _ = await start_server("127.0.0.1:0", registrations, signer)
        running = Retrieval(f"127.0.0.1:{port}", signer)
        try:
            yield running
        finally:
            for channel in running.channels.values():
                await channel.close()
            await server.stop(grace=None)
