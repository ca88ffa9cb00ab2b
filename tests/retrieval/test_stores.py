"""The relational store on SQLite and on Postgres."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from services.ids import new_id
from services.retrieval.records import FoundPassage, LiveVersion, Passage
from services.retrieval.store.stores import Stores
from tests.retrieval.stored_sources import passages, source
from tests.retrieval.test_pair_store import pair


async def first(stores: Stores, texts: Sequence[Passage], chatbot_id: str = "bot_a") -> list[FoundPassage]:
    """All of these passages that can be found."""
    return await stores.sources.first(chatbot_id, in_this_order(texts), len(texts) + 1, per_source=len(texts) + 1)


def in_this_order(texts: Sequence[Passage]) -> dict[str, float]:
    return {text.id: -float(place) for place, text in enumerate(texts)}


async def test_a_source_comes_back_as_it_went_in(stores: Stores) -> None:
    one, texts = source(), passages()
    stored, replaced = await stores.sources.put(one, texts, 1)
    assert replaced == ""
    assert stored == replace(one, position=stored.position)
    assert await stores.sources.get("bot_a", one.id) == stored
    assert await stores.sources.by_url("bot_a", one.url) == stored
    assert await stores.sources.get("bot_b", one.id) is None
    assert await stores.sources.by_url("bot_b", one.url) is None
    found = await first(stores, texts)
    assert [one.passage for one in found] == texts
    assert {(one.url, one.title, one.source_id) for one in found} == {(one.url, one.title, one.id)}
    assert await first(stores, texts, "bot_b") == []
    assert await first(stores, []) == []


async def test_the_first_passages_are_found_in_order_and_few_of_one_source_where_there_are_others(
    stores: Stores,
) -> None:
    long, short = passages(40), passages()
    await stores.sources.put(source(passages=40), long, 1)
    await stores.sources.put(source("https://shop.example/two"), short, 1)
    wanted = [*reversed(long), Passage(new_id("psg"), 0, (), "Gone.", ()), *short]
    found = await stores.sources.first("bot_a", in_this_order(wanted), 4, per_source=3)
    assert [one.passage for one in found] == [*wanted[:3], short[0]]
    found = await stores.sources.first("bot_a", in_this_order(wanted), 9, per_source=3)
    assert [one.passage for one in found] == [*wanted[: 9 - len(short)], *short]


async def test_equally_good_passages_stand_in_the_order_of_their_urls_and_places(stores: Stores) -> None:
    pages = {f"https://example.com/{number:02}": passages() for number in range(20)}
    for url, texts in reversed(pages.items()):
        await stores.sources.put(source(url), texts, 1)
    # Passages are found by ids, which are by chance: so are these. More than are read at once are equally good.
    best = Passage(new_id("psg"), 0, (), "Best.", ())
    await stores.sources.put(source("https://example.com/best", passages=1), [best], 1)
    equal = dict.fromkeys(sorted(text.id for texts in pages.values() for text in texts), 1.0)
    in_order = [best, *(text for texts in pages.values() for text in texts)]
    found = await stores.sources.first("bot_a", {best.id: 2.0, **equal}, 8, per_source=3)
    assert [one.passage for one in found] == in_order[:8]


async def test_a_replacement_keeps_id_state_and_creation(stores: Stores) -> None:
    old_texts, new_texts = passages(), passages(3)
    first, _ = await stores.sources.put(source(), old_texts, 1)
    await stores.sources.set_enabled("bot_a", first.id, False, 2)
    assert await stores.unsettled.settle({first.version: LiveVersion(first.version, "bot_a", 2, False)}) == []
    second = replace(source(passages=3), title="New", updated_ms=5)
    await stores.unsettled.note(second.version, 3)
    stored, replaced = await stores.sources.put(second, new_texts, 4)
    assert replaced == first.version
    assert (stored.id, stored.created_ms, stored.enabled) == (first.id, first.created_ms, False)
    assert (stored.version, stored.title, stored.passages, stored.updated_ms) == (second.version, "New", 3, 5)
    assert await stores.sources.of_version(first.version, -1, 10) == []
    assert [one.passage for one in await stores.sources.of_version(second.version, 0, 10)] == new_texts[1:]
    # The old one has to leave the index, the new one has to be switched off in it.
    assert set(await stores.unsettled.unsettled()) == {first.version, second.version}


async def test_an_enabled_source_is_settled_by_its_commit(stores: Stores) -> None:
    one = source()
    await stores.unsettled.note(one.version, 1)
    assert await stores.unsettled.unsettled() == [one.version]
    assert await stores.unsettled.unsettled(1) == []
    assert await stores.unsettled.unsettled(2) == [one.version]
    await stores.sources.put(one, passages(), 2)
    assert await stores.unsettled.unsettled() == []
    assert await stores.unsettled.live() == {one.version: LiveVersion(one.version, "bot_a", 2, True)}


async def test_a_disabled_source_gives_no_passages(stores: Stores) -> None:
    texts = passages()
    stored, _ = await stores.sources.put(source(), texts, 1)
    switched = await stores.sources.set_enabled("bot_a", stored.id, False, 9)
    assert switched is not None
    assert (switched.enabled, switched.updated_ms) == (False, 9)
    assert await first(stores, texts) == []
    assert len(await stores.sources.of_version(stored.version, -1, 10)) == 2
    assert await stores.sources.set_enabled("bot_b", stored.id, True, 10) is None


async def test_removal_takes_the_passages_along(stores: Stores) -> None:
    texts = passages()
    stored, _ = await stores.sources.put(source(), texts, 1)
    assert await stores.sources.remove("bot_b", stored.id, 2) is None
    assert await stores.sources.remove("bot_a", stored.id, 2) == stored
    assert await stores.sources.remove("bot_a", stored.id, 2) is None
    assert await first(stores, texts) == []
    assert await stores.unsettled.unsettled() == [stored.version]
    assert await stores.unsettled.live([stored.version]) == {}


async def test_pages_follow_the_order_of_creation(stores: Stores) -> None:
    stored = [(await stores.sources.put(source(f"file:{number}"), passages(), 1))[0] for number in range(3)]
    await stores.sources.put(source("file:0", version="ver_new"), passages(), 2)
    page = await stores.sources.page("bot_a", 0, 2)
    assert [one.url for one in page] == ["file:0", "file:1"]
    assert [one.url for one in await stores.sources.page("bot_a", page[-1].position, 2)] == ["file:2"]
    assert stored[0].position == page[0].position


async def test_two_who_add_one_url_at_once_leave_one_source(stores: Stores) -> None:
    await asyncio.gather(*(stores.sources.put(source(), passages(), 1) for _ in range(8)))
    assert len(await stores.sources.page("bot_a", 0, 10)) == 1
    assert len(await stores.unsettled.live()) == 1
    assert len(await stores.unsettled.unsettled()) == 7


async def test_removing_everything_is_of_one_chatbot(stores: Stores) -> None:
    mine, _ = await stores.sources.put(source(), passages(), 1)
    theirs, _ = await stores.sources.put(source(bot="bot_b"), passages(), 1)
    asked = await stores.qa_pairs.put(pair())
    removed = await stores.unsettled.remove_all("bot_a", 2)
    assert (removed.sources, removed.qa_pairs, set(removed.versions)) == (1, 1, {mine.version, asked.id})
    assert set(await stores.unsettled.live()) == {theirs.version}
    assert set(await stores.unsettled.unsettled()) == {mine.version, asked.id}


async def test_notes_may_be_many(stores: Stores) -> None:
    names = [f"ver_{number}" for number in range(1500)]
    for name in names[:3]:
        await stores.unsettled.note(name, 1)
    assert await stores.unsettled.settle(dict.fromkeys(names)) == []
    assert await stores.unsettled.unsettled() == []
    assert await stores.unsettled.live(names) == {}


async def test_a_note_stays_when_the_version_has_changed_since(stores: Stores) -> None:
    stored, _ = await stores.sources.put(source(), passages(), 1)
    as_on = (await stores.unsettled.live())[stored.version]
    await stores.sources.set_enabled("bot_a", stored.id, False, 2)
    for stale in (as_on, None):
        assert await stores.unsettled.settle({stored.version: stale, "ver_gone": None}) == [stored.version]
        assert await stores.unsettled.unsettled() == [stored.version]
    assert await stores.unsettled.settle({stored.version: replace(as_on, enabled=False)}) == []
    assert await stores.unsettled.unsettled() == []


async def test_settling_some_leaves_the_notes_of_others(stores: Stores) -> None:
    assert await stores.unsettled.claim("ver_a", 1000, 900)
    assert await stores.unsettled.claim("ver_b", 1000, 900)
    assert await stores.unsettled.settle({"ver_a": None}) == []
    assert await stores.unsettled.unsettled() == ["ver_b"]


async def test_one_of_many_who_claim_a_version_gets_it(stores: Stores) -> None:
    claims = await asyncio.gather(*(stores.unsettled.claim("ver_a", 1000, 900) for _ in range(8)))
    assert sorted(claims) == [False] * 7 + [True]
    assert not await stores.unsettled.claim("ver_a", 1500, 1000)
    assert await stores.unsettled.claim("ver_a", 1500, 1001)
    assert await stores.unsettled.unsettled(1501) == ["ver_a"]


async def test_many_who_note_one_version_at_once_do_not_clash(stores: Stores) -> None:
    await asyncio.gather(*(stores.unsettled.note("ver_a", number) for number in range(20)))
    assert await stores.unsettled.unsettled() == ["ver_a"]


async def test_nul_and_other_odd_characters_are_kept_or_refused_alike(stores: Stores) -> None:
    text = Passage(new_id("psg"), 0, ("h",), "tab\tline\nquote' \u2028 \U0001f600", ((0, 3),))
    await stores.sources.put(source(), [text], 1)
    assert [one.passage for one in await first(stores, [text])] == [text]
