"""A real Retrieval process that is killed and restarted, and writers that go on meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from chatmount.retrieval.v1 import index_pb2, index_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.trust.principal_tokens import TokenSigner
from services.trust.secret_file import ensure_secret
from tests.retrieval.retrieval_harness import Retrieval, chunks, operator
from tests.service_process import ServiceProcess

BOT = "bot_a"


class Process(ServiceProcess):
    """Retrieval on the data in `home`, as often as it takes."""

    def __init__(self, home: Path) -> None:
        super().__init__("retrieval", home, CHATMOUNT_DATABASE_TIMEOUT_MS="20000")
        self._signer = TokenSigner(ensure_secret(home / "secrets" / "signing.key"))
        self.retrieval = Retrieval("", self._signer)
        self._before: list[Retrieval] = []
        self.acknowledged = asyncio.Event()

    async def start(self) -> None:
        """Returns when it serves."""
        await super().start()
        self._before.append(self.retrieval)
        self.retrieval = Retrieval(self.address, self._signer)

    async def close(self) -> None:
        """Kill it for good, when no call is under way: closing a channel cancels its calls."""
        await self.kill()
        for retrieval in (*self._before, self.retrieval):
            for channel in retrieval.channels.values():
                await channel.close()

    async def difference(self) -> tuple[int, list[index_pb2.IndexFault]]:
        """How many more passages the index has than the tables, and its other faults."""
        stub = index_pb2_grpc.IndexServiceStub(self.retrieval.channel(operator(BOT)))
        parts = [part async for part in stub.VerifyIndex(index_pb2.VerifyIndexRequest())]
        more = sum(part.indexed - part.stored for part in parts)
        return more, [fault for part in parts for fault in part.faults]

    async def sources(self) -> dict[str, pb.Source]:
        """All sources by their URLs."""
        listed = await self.retrieval.sources(BOT).ListSources(pb.ListSourcesRequest(page_size=1000))
        return {source.url: source for source in listed.sources}


@dataclass
class Writer:
    """A writer of documents. `may_be`: versions that each URL may now have.

    What was acknowledged is the only one; what was sent and not acknowledged may be there or not. "" is none at all.
    """

    name: str
    process: Process
    may_be: dict[str, set[str]] = field(default_factory=dict)
    acknowledged: int = 0
    sent: int = 0

    async def work(self, serving: asyncio.Event, documents: int) -> None:
        """Writes until it is cancelled; while nothing serves it waits."""
        while True:
            await serving.wait()
            step, self.sent = self.sent, self.sent + 1
            url = f"file:{self.name}-{step * 7 % documents}.md"
            try:
                await self._change(url, f"{url} {step}", step)
                self.acknowledged += 1
                self.process.acknowledged.set()
            except grpc.aio.AioRpcError as error:
                # Killed under it, or not there yet.
                if error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.05)

    async def _change(self, url: str, version: str, step: int) -> None:
        retrieval, before = self.process.retrieval, self.may_be.setdefault(url, {""})
        if step % 9 == 8 and before != {""}:
            before.add("")
            source = (await self.process.sources()).get(url)
            if source is not None:
                await retrieval.sources(BOT).RemoveSource(pb.RemoveSourceRequest(source_id=source.id))
            self.may_be[url] = {""}
            return
        before.add(version)
        header = pb.AddSourceHeader(name=url.removeprefix("file:"), title=version, no_wait=step % 2 == 0)
        await retrieval.send(BOT, [pb.AddSourceRequest(header=header), *chunks(_document(version, step).encode())])
        self.may_be[url] = {version}


def _document(version: str, step: int) -> str:
    # What is longer than a slab is written to the index in several steps, between which a kill leaves most behind.
    number = 40 if step % 9 == 1 else 4
    parts = (f"## Part {part}\n\n{f'Words of {version} in part {part}, and more. ' * 14}" for part in range(number))
    return "\n\n".join(parts) + f"\n\nThe secret number is {step}."


async def watched(process: Process) -> AsyncIterator[int]:
    """How many sources are still on their way, until there are none."""
    async for response in process.retrieval.sources(BOT).WatchIngest(pb.WatchIngestRequest()):
        yield response.left
