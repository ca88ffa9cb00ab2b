"""All that changes what a chatbot's searches find."""

from collections.abc import Awaitable, Callable

from chatmount.retrieval.v1 import retrieval_pb2 as pb

from tests.retrieval.retrieval_harness import Retrieval
from tests.waiting import until

BOT, OTHER = "bot_a", "bot_b"
QUERY = "what does parking cost"


async def add(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.add(BOT, "Parking costs one euro.", "new.txt")


async def replace(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.add(BOT, "Parking costs four euros.", source.title, url=source.url)


async def rename(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.add(BOT, "Parking is free.", "page.md", url=source.url, title="Another title")


async def remove(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.remove(BOT, source.id)


async def disable(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.switch(BOT, source.id, False)


async def enable(retrieval: Retrieval, source: pb.Source) -> None:
    off = next(one for one in await retrieval.listed(BOT) if one.status == pb.SOURCE_STATUS_DISABLED)
    await retrieval.switch(BOT, off.id, True)


async def add_pair(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.pairs(BOT).AddQaPair(pb.AddQaPairRequest(question=QUERY, answer="Nothing."))


async def change_pair(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.pairs(BOT).AddQaPair(pb.AddQaPairRequest(question="Parking, what does it cost", answer="A lot."))


async def remove_pair(retrieval: Retrieval, source: pb.Source) -> None:
    pairs = (await retrieval.pairs(BOT).ListQaPairs(pb.ListQaPairsRequest())).qa_pairs
    await retrieval.pairs(BOT).RemoveQaPair(pb.RemoveQaPairRequest(qa_pair_id=pairs[0].id))


async def change_language(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.searcher(BOT).UpdateSettings(pb.UpdateSettingsRequest(language="de"))
    settings = retrieval.searcher(BOT).GetSettings

    async def has_followed() -> bool:
        return not (await settings(pb.GetSettingsRequest())).settings.next_language

    await until(has_followed)


async def remove_everything(retrieval: Retrieval, source: pb.Source) -> None:
    await retrieval.sources(BOT).RemoveAllSources(pb.RemoveAllSourcesRequest())


CHANGES: list[Callable[[Retrieval, pb.Source], Awaitable[None]]] = [
    add,
    replace,
    rename,
    remove,
    disable,
    enable,
    add_pair,
    change_pair,
    remove_pair,
    change_language,
    remove_everything,
]
