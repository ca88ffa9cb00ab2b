"""Accepted content in the relational store: one worker has it, and its tenant alone."""

import asyncio
from dataclasses import replace
from itertools import product

import pytest

from services.ids import new_id
from services.retrieval.ingest.round_robin import RoundRobin
from services.retrieval.records import Accepted, Passage, Source, Withdrawn
from services.retrieval.store.stores import Stores


def blank(name: str, bot: str = "bot_a", origin: str = "") -> Source:
    version = new_id("ver")
    return Source(new_id("src"), bot, f"file:{name}", name, version, "", True, 0, 0, 1, 1, origin=origin)


async def accept(
    stores: Stores, name: str, bot: str = "bot_a", content: bytes = b"\0\xff", account: str = "acct_1"
) -> Source:
    source = blank(name, bot)
    return await stores.ingests.accept(source, Accepted(new_id("ing"), source.id, account, bot, "{}", content), 1)


async def take(
    stores: Stores, now_ms: int, until_ms: int, turns: RoundRobin | None = None
) -> tuple[Accepted | None, bool]:
    turns = turns or RoundRobin(9)
    taken, more = await stores.ingests.take(now_ms, until_ms, turns)
    if taken is not None:
        turns.begin(taken)
    return taken, more


async def test_each_content_is_taken_once_oldest_first(stores: Stores) -> None:
    accepted = [await accept(stores, f"{number}", content=bytes([number])) for number in range(6)]
    taken = [one for one, _ in await asyncio.gather(*(take(stores, 10, 20) for _ in range(8))) if one is not None]
    assert {one.source_id for one in taken} == {one.id for one in accepted}
    assert len(taken) == 6
    assert await take(stores, 19, 30) == (None, True)
    again, more = await take(stores, 20, 30)
    assert again is not None
    assert more
    assert (again.source_id, again.content) == (accepted[0].id, b"\0")
    await stores.ingests.progress(again.id, 1, 2, 90)
    await stores.ingests.put_back(None, 0)
    assert [(await take(stores, 1, 90))[0] for _ in range(2)] == [again, taken_of(taken, accepted[1])]


async def test_chatbots_take_turns_however_much_one_of_them_brings(stores: Stores) -> None:
    for bot, count in (("bot_m", 5), ("bot_a", 2), ("bot_z", 1)):
        for number in range(count):
            await accept(stores, f"{number}", bot, content=bytes([number]))
    assert await stores.ingests.waiting() == (8, 1)
    taken_up, turns = [], RoundRobin(9)
    for _ in range(8):
        taken, _ = await take(stores, 10, 20, turns)
        assert taken is not None
        taken_up.append(f"{taken.chatbot_id[-1]}{taken.content[0]}")
    assert taken_up == ["a0", "m0", "z0", "a1", "m1", "m2", "m3", "m4"]
    assert await take(stores, 10, 20, turns) == (None, True)


async def test_accounts_take_turns_however_many_chatbots_one_of_them_has(stores: Stores) -> None:
    for account, bots in (("acct_b", "bcdef"), ("acct_a", "xy"), ("acct_c", "a")):
        for bot, number in product(bots, range(2)):
            await accept(stores, f"{number}", f"bot_{bot}", bytes([number]), account)
    taken_up, turns = [], RoundRobin(99)
    while (taken := (await take(stores, 10, 20, turns))[0]) is not None:
        taken_up.append(f"{taken.account[-1]}-{taken.chatbot_id[-1]}{taken.content[0]}")
    order = ["a-x0", "b-b0", "c-a0", "a-y0", "b-c0", "c-a1", "a-x1", "b-d0", "a-y1", "b-e0"]
    assert taken_up == [*order, "b-f0", "b-b1", "b-c1", "b-d1", "b-e1", "b-f1"]


async def test_an_account_has_no_more_under_way_than_it_may(stores: Stores) -> None:
    for account, number in product(("acct_a", "acct_b"), range(3)):
        await accept(stores, f"{account} {number}", f"bot_of_{account}", account=account)
    turns = RoundRobin(2)
    taken = [(await take(stores, 10, 20, turns))[0] for _ in range(4)]
    assert [one.account for one in taken if one is not None] == ["acct_a", "acct_b", "acct_a", "acct_b"]
    assert await take(stores, 10, 20, turns) == (None, True)
    assert taken[1] is not None
    turns.end(taken[1])
    again, _ = await take(stores, 10, 20, turns)
    assert again is not None
    assert again.account == "acct_b"


def taken_of(taken: list[Accepted], source: Source) -> Accepted:
    return next(one for one in taken if one.source_id == source.id)


async def test_who_works_on_one_content_touches_no_other(stores: Stores) -> None:
    for name in "abc":
        await accept(stores, name)
    first, second = [(await take(stores, 1, 20))[0] for _ in range(2)]
    assert first is not None
    assert second is not None
    await stores.ingests.progress(first.id, 3, 4, 50)
    told = [one.under_way for one in await stores.sources.page("bot_a", 0, 9)]
    assert [(one.working, one.passages_done, one.passages_all) for one in told if one is not None] == [
        (True, 3, 4),
        (True, 0, 0),
        (False, 0, 0),
    ]
    await stores.ingests.put_back(second.id, 30)
    assert [one.id for one in (await stores.ingests.left("bot_a", [], 9))[1]] == [first.source_id]
    await stores.ingests.refuse(blank("a"), "broken", first.id)
    assert [one.error for one in await stores.sources.page("bot_a", 0, 9)] == ["broken", "", ""]
    assert (await stores.ingests.left("bot_a", [], 9))[0] == 2


async def test_newer_content_takes_the_place_of_older(stores: Stores) -> None:
    first = await accept(stores, "a", content=b"first")
    old, _ = await take(stores, 1, 9)
    assert old is not None
    second = await accept(stores, "a", content=b"second")
    assert second.id == first.id
    with pytest.raises(Withdrawn):
        await stores.sources.put(
            replace(blank("a"), passages=1), [Passage(new_id("psg"), 0, (), "x", ())], 2, fulfils=old.id
        )
    with pytest.raises(Withdrawn):
        await stores.ingests.refuse(blank("a"), "broken", old.id)
    assert await stores.sources.get("bot_a", first.id) == second
    new, _ = await take(stores, 1, 9)
    assert new is not None
    assert new.content == b"second"
    await stores.ingests.refuse(blank("a", origin="where"), "broken", new.id)
    refused = await stores.sources.get("bot_a", first.id)
    assert refused is not None
    assert (refused.error, refused.under_way, refused.origin) == ("broken", None, "where")
    assert await take(stores, 9, 9) == (None, False)


async def test_many_who_accept_one_url_at_once_leave_one_content(stores: Stores) -> None:
    await asyncio.gather(*(accept(stores, "a") for _ in range(6)))
    (source,) = await stores.sources.page("bot_a", 0, 9)
    assert source.under_way is not None
    assert await stores.ingests.left("bot_a", [], 9) == (1, [])


async def test_content_goes_with_its_source_and_no_other(stores: Stores) -> None:
    own, other = [await accept(stores, name) for name in "ab"], await accept(stores, "a", "bot_b")
    for _ in range(3):
        await take(stores, 1, 9)
    assert (await stores.ingests.left("bot_a", [], 9))[0] == 2
    count, working = await stores.ingests.left("bot_a", [own[1].id, other.id], 9)
    assert (count, [one.id for one in working]) == (1, [own[1].id])
    assert len((await stores.ingests.left("bot_a", [], 1))[1]) == 1
    await stores.sources.remove("bot_a", own[0].id, 2)
    assert (await stores.ingests.left("bot_a", [], 9))[0] == 1
    await stores.unsettled.remove_all("bot_a", 2)
    assert await stores.ingests.left("bot_a", [], 9) == (0, [])
    assert (await stores.ingests.left("bot_b", [], 9))[0] == 1


async def test_what_is_confirmed_is_the_version_that_was_looked_at(stores: Stores) -> None:
    stored, _ = await stores.sources.put(replace(blank("a"), passages=1), [Passage(new_id("psg"), 0, (), "x", ())], 2)
    other = await accept(stores, "b")
    await stores.ingests.refuse(blank("a"), "broken")
    await stores.sources.confirm(replace(stored, version="ver_other"), "here", "")
    assert (await stores.sources.page("bot_a", 0, 9))[0].error == "broken"
    await stores.sources.confirm(replace(stored, chatbot_id="bot_b"), "here", "")
    assert (await stores.sources.page("bot_a", 0, 9))[0].error == "broken"
    assert await stores.sources.confirm(stored, "here", "") == replace(stored, origin="here")
    assert await stores.sources.get("bot_a", other.id) == other


async def test_the_index_has_nothing_to_follow_where_there_was_no_content_before(stores: Stores) -> None:
    await accept(stores, "a")
    taken, _ = await take(stores, 1, 9)
    assert taken is not None
    with_passage = replace(blank("a"), passages=1)
    added, replaced = await stores.sources.put(
        with_passage, [Passage(new_id("psg"), 0, (), "x", ())], 2, fulfils=taken.id
    )
    assert replaced == ""
    assert await stores.unsettled.unsettled() == []
    again = [Passage(new_id("psg"), 0, (), "y", ())]
    assert (await stores.sources.put(replace(blank("a"), passages=1), again, 3))[1] == added.version
    assert await stores.unsettled.unsettled() == [added.version]
