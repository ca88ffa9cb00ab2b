"""Lists of sources by state and text, and counts: the same states as sources are shown in."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from chatmount.retrieval.v1 import retrieval_pb2 as pb

from services.errors import Reason
from services.retrieval.ingest import sources as sources_module
from services.retrieval.records import ListedSource, Standing, StandingSum
from services.retrieval.store.stores import Stores
from tests.each import for_each
from tests.retrieval.retrieval_harness import Retrieval, refused
from tests.retrieval.stored_sources import passages, source
from tests.retrieval.word_embedder import WordEmbedder

READY, FAILED, DISABLED = pb.SOURCE_STATUS_READY, pb.SOURCE_STATUS_FAILED, pb.SOURCE_STATUS_DISABLED
WAITING, INDEXING = pb.SOURCE_STATUS_WAITING, pb.SOURCE_STATUS_INDEXING


async def titles(retrieval: Retrieval, size: int = 100, **fields: Any) -> list[str]:
    """Titles of all pages."""
    found: list[str] = []
    token = ""
    while True:
        request = pb.ListSourcesRequest(page_size=size, page_token=token, **fields)
        page = await retrieval.sources("bot_a").ListSources(request)
        assert len(page.sources) <= size
        found += [one.title for one in page.sources]
        token = page.next_page_token
        if not token:
            return found


async def counts(retrieval: Retrieval, bot: str = "bot_a") -> tuple[dict[int, int], pb.GetSourceCountsResponse]:
    reply = await retrieval.sources(bot).GetSourceCounts(pb.GetSourceCountsRequest())
    return {one.status: one.sources for one in reply.counts}, reply


async def test_every_state_is_counted_and_chosen_as_it_is_shown(retrieval: Retrieval, embedder: WordEmbedder) -> None:
    for name in ("one", "two", "off"):
        added = (await retrieval.add("bot_a", f"Text {name}.", f"{name}.txt")).source
    await retrieval.switch("bot_a", added.id, False)
    await retrieval.pairs("bot_a").AddQaPair(pb.AddQaPairRequest(question="Why?", answer="Because."))
    await retrieval.accept("bot_a", bytes(range(256)), "broken.txt")
    await retrieval.indexed("bot_a")
    await retrieval.add("bot_b", "Other.", "other.txt")
    embedder.hold = asyncio.Event()
    for number in range(20):
        await retrieval.accept("bot_a", f"Late {number}.", f"late {number}.txt")
    await embedder.waiting.wait()
    by_status, whole = await counts(retrieval)
    shown = await retrieval.listed("bot_a")
    assert by_status == Counter(one.status for one in shown)
    assert by_status.keys() == {READY, FAILED, DISABLED, WAITING, INDEXING}
    assert (whole.passages, whole.qa_pairs) == (3, 1)
    assert whole.size_bytes == sum(one.size_bytes for one in shown)
    for status in by_status:
        assert await titles(retrieval, statuses=[status]) == [one.title for one in shown if one.status == status]
    assert await titles(retrieval, 1, statuses=[DISABLED, READY]) == ["one.txt", "two.txt", "off.txt"]
    embedder.hold.set()
    await retrieval.indexed("bot_a")
    assert (await counts(retrieval))[0] == {READY: 22, FAILED: 1, DISABLED: 1}
    assert (await counts(retrieval, "bot_nobody"))[1] == pb.GetSourceCountsResponse()


async def test_a_text_is_found_in_title_and_url_whatever_its_case_and_signs(
    retrieval: Retrieval, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources_module, "LISTED_AT_ONCE", 2)
    for title, url in {
        "Räder 100%": "https://example.com/wheels",
        "ДОСТАВКА": "https://example.com/delivery",
        "100 Wheels": "https://example.com/a_b",
        "Other": "https://example.com/axb",
        "Last": "https://example.com/end",
    }.items():
        await retrieval.add("bot_a", "Text.", url=url, title=title)
    await retrieval.add("bot_b", "Text.", title="wheels of others")
    assert await titles(retrieval, 1, text="wHEELs") == ["Räder 100%", "100 Wheels"]
    assert await titles(retrieval, text="RÄD") == ["Räder 100%"]
    assert await titles(retrieval, text="RA\u0308D") == ["Räder 100%"]
    assert await titles(retrieval, text="доставка") == ["ДОСТАВКА"]
    assert await titles(retrieval, text="0%") == ["Räder 100%"]
    assert await titles(retrieval, text="%") == ["Räder 100%"]
    assert await titles(retrieval, text="a_b") == ["100 Wheels"]
    assert await titles(retrieval, text="\\") == []
    assert await titles(retrieval, 2, text=" example.com/ ") == await titles(retrieval)
    assert await titles(retrieval, text="wheels", statuses=[FAILED]) == []
    # A text that begins in the title does not go on in the URL.
    assert await titles(retrieval, text="lasthttps") == []


@for_each("fields", [{"text": "x" * 201}, {"text": "a\nb"}, {"statuses": [0]}, {"statuses": [99]}])
async def test_a_filter_that_can_not_be_is_refused(retrieval: Retrieval, fields: dict[str, Any]) -> None:
    await refused(retrieval.sources("bot_a").ListSources(pb.ListSourcesRequest(**fields)), Reason.INVALID_FIELD)


async def test_standings_are_those_of_the_chatbots_sources(stores: Stores) -> None:
    first, _ = await stores.sources.put(source("file:1"), passages(), 1)
    second, _ = await stores.sources.put(source("file:2"), passages(), 1)
    await stores.sources.put(source("file:3", bot="bot_b"), passages(), 1)
    await stores.sources.set_enabled("bot_a", second.id, False, 2)
    on, off = Standing(first.version, True, True, False, None), Standing(second.version, False, True, False, None)
    lists = stores.source_lists
    for by_version in (True, False):
        assert await lists.listed("bot_a", 0, 9, by_version=by_version) == [
            ListedSource(one.position, one.title, one.url, standing if by_version else standing._replace(version=""))
            for one, standing in ((first, on), (second, off))
        ]
    (last,) = await lists.listed("bot_a", first.position, 9, by_version=True)
    assert last.position == second.position
    assert {one.standing.version for one in await stores.source_lists.sums("bot_a", by_version=True)} == {
        first.version,
        second.version,
    }
    sums = await stores.source_lists.sums("bot_a", by_version=False)
    assert sorted(sums, key=lambda one: one.standing.enabled) == [
        StandingSum(Standing("", enabled, True, False, None), 1, 2, 2**33) for enabled in (False, True)
    ]
    assert [one.url for one in await stores.source_lists.at("bot_a", [second.position, first.position])] == [
        "file:1",
        "file:2",
    ]
    assert await stores.source_lists.at("bot_b", [first.position]) == []
