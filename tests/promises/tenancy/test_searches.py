"""No search finds passages of another chatbot, or of a source that is gone or disabled.

`--size` is the number of searches on the embedded index; the stand-in for a Qdrant server, which is
slow, gets one for 25.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chatmount.retrieval.v1 import index_pb2, index_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.trust.principal import Principal, Role
from services.trust.principal_tokens import TokenSigner
from tests.retrieval.qdrant_grpc_stand_in import both_halves
from tests.retrieval.retrieval_harness import Retrieval, serving
from tests.retrieval.word_embedder import WordEmbedder

BOTS = [f"bot_{letter}" for letter in "abcdefghijkl"]
PAGES = 6
AT_ONCE = 8
WORDS = [
    "parking",
    "refund",
    "bicycle",
    "invoice",
    "opening",
    "hours",
    "delivery",
    "password",
    "account",
    "winter",
    "discount",
    "returns",
]
QUESTION = "Where can I leave my bicycle?"
MARK = re.compile(r"bot_[a-z]#\d+")


@dataclass
class World:
    """What was told to the service, and since when each text must not be found any more."""

    retrieval: Retrieval
    dice: random.Random
    bots: list[str]
    change_every: int
    now: int = 0
    off_since: dict[str, int] = field(default_factory=dict)
    marks: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    is_off: set[tuple[str, str]] = field(default_factory=set)
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    found: int = 0

    def ban(self, mark: str) -> None:
        self.now += 1
        self.off_since[mark] = self.now

    async def add(self, bot: str, page: str) -> None:
        """Adds a page, or puts another in its place; one that is switched off stays so."""
        self.now += 1
        mark, before = f"{bot}#{self.now}", self.marks[bot].get(page)
        sentences = [" ".join(self.dice.choices(WORDS, k=6)) for _ in range(self.dice.randrange(1, 12))]
        if (bot, page) in self.is_off:
            self.ban(mark)
        text = "\n\n".join(f"# {self.dice.choice(WORDS)}\n\n{sentence}, says {mark}." for sentence in sentences)
        added = await self.retrieval.add(bot, text, page)
        self.marks[bot][page], self.ids[bot][page] = mark, added.source.id
        if before is not None:
            self.ban(before)

    async def switch(self, bot: str, page: str) -> None:
        """Off, or on again."""
        enable = (bot, page) in self.is_off
        mark = self.marks[bot][page]
        if enable:
            # From the moment on at which it is asked for, it may be found.
            self.off_since.pop(mark, None)
            self.is_off.discard((bot, page))
        request = pb.SetSourceEnabledRequest(source_id=self.ids[bot][page], enabled=enable)
        await self.retrieval.sources(bot).SetSourceEnabled(request)
        if not enable:
            self.is_off.add((bot, page))
            self.ban(mark)

    async def remove(self, bot: str, page: str) -> None:
        await self.retrieval.sources(bot).RemoveSource(pb.RemoveSourceRequest(source_id=self.ids[bot].pop(page)))
        self.is_off.discard((bot, page))
        self.ban(self.marks[bot].pop(page))

    async def change(self) -> None:
        """Something, of one chatbot at a time: else nobody could say what holds."""
        bot = self.dice.choice(self.bots)
        async with self.turns[bot]:
            page = f"{self.dice.randrange(PAGES)}.md"
            act = self.dice.choice((self.add, self.add, self.switch, self.switch, self.remove))
            await (self.add if page not in self.marks[bot] else act)(bot, page)

    async def search(self) -> None:
        bot, began = self.dice.choice(self.bots), self.now
        words = " ".join(self.dice.choices(WORDS, k=self.dice.randrange(1, 5)))
        query = f"{QUESTION} {self.dice.choice(('', '!'))}" if self.dice.random() < 0.1 else words
        answer = await self.retrieval.search(
            bot, query, limit=50, include_sentences=self.dice.random() < 0.3, previous_user_turns=[words]
        )
        for passage in answer.passages:
            texts = [passage.text, *(sentence.text for sentence in passage.sentences)]
            marks = {mark for text in texts for mark in MARK.findall(text)}
            assert {mark.partition("#")[0] for mark in marks} == {bot}, (bot, query, texts)
            late = [mark for mark in marks if self.off_since.get(mark, self.now + 1) <= began]
            assert late == [], (bot, query, texts)
            self.found += 1
        if answer.HasField("qa_match"):
            assert answer.qa_match.pair.answer == f"Says {bot}."


async def work(world: World, searches: int) -> None:
    for _ in range(searches):
        await world.search()
        if world.dice.randrange(world.change_every) == 0:
            await world.change()


@pytest.fixture(params=["embedded", "server"])
async def world(request: pytest.FixtureRequest, tmp_path: Path, signer: TokenSigner) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        environment = {}
        if request.param == "server":
            stand_in, grpc_port = await stack.enter_async_context(both_halves())
            environment = {"CHATMOUNT_QDRANT_URL": stand_in.url, "CHATMOUNT_QDRANT_GRPC_PORT": str(grpc_port)}
            environment["CHATMOUNT_QDRANT_TIMEOUT_MS"] = "60000"
        retrieval = await stack.enter_async_context(serving(tmp_path, signer, WordEmbedder(), **environment))
        made = World(retrieval, random.Random(19), BOTS, 12)
        if request.param == "server":
            made.bots, made.change_every = BOTS[:3], 2
        for bot in made.bots:
            made.marks[bot], made.ids[bot], made.turns[bot] = {}, {}, asyncio.Lock()
            pair = pb.AddQaPairRequest(question=QUESTION, answer=f"Says {bot}.")
            await retrieval.pairs(bot).AddQaPair(pair)
            for page in range(PAGES // 2):
                await made.add(bot, f"{page}.md")
        yield made


@pytest.mark.timeout(0)
async def test_no_search_finds_what_is_anothers_or_gone(
    world: World, request: pytest.FixtureRequest, size: Callable[[int], int]
) -> None:
    is_embedded = "embedded" in request.node.name
    searches = size(500) if is_embedded else size(500) // 25
    await asyncio.gather(*(work(world, searches // AT_ONCE) for _ in range(AT_ONCE)))
    assert world.found > searches, "the searches did find something"
    assert len(world.off_since) > searches / world.change_every / 5, "and something was there to be kept from them"
    stub = index_pb2_grpc.IndexServiceStub(world.retrieval.channel(Principal(Role.ROLE_OPERATOR)))
    parts = [part async for part in stub.VerifyIndex(index_pb2.VerifyIndexRequest())]
    assert [str(fault) for part in parts for fault in part.faults] == []
    assert {part.chatbot_id for part in parts} == set(world.bots)
